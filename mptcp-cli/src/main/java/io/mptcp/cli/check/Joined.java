package io.mptcp.cli.check;

/**
 * What became of a subflow that was to join a connection.
 *
 * @param pathIndex    the path of the subflow
 * @param fromIndex    the path the connection began over
 * @param outcome      what happened
 * @param resetReason  reason code of MP_TCPRST, -1 when there was none
 * @param pmtuBytes    path MTU found, 0 when no full segment was acknowledged
 * @param flow         what was seen of it
 */
record Joined(int pathIndex, int fromIndex, Outcome outcome, int resetReason, int pmtuBytes, FlowRecord flow) {
    enum Outcome {
        /** Data went over it and was acknowledged with a DSS. */
        WORKS,
        /** The server takes no joins at its address (flag C) and announced no other. */
        DENIED,
        /** The server ended the connection before. */
        SERVER_ENDED,
        /** It could not be opened here. */
        NOT_OPENED,
        NO_ANSWER,
        /** The SYN/ACK came without MP_JOIN. */
        NOT_IN_SYN_ACK,
        /** The SYN was answered with a reset. */
        REFUSED,
        /** The SYN/ACK came, and then nothing, or a reset. */
        LOST_AFTER_SYN_ACK,
        /** It was established, and data over it got lost, or came without DSS. */
        NO_DATA;

        String key() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    boolean works() {
        return outcome == Outcome.WORKS;
    }

    /** Whether it says anything about the path. */
    boolean isConclusive() {
        return outcome != Outcome.DENIED && outcome != Outcome.SERVER_ENDED;
    }
}
