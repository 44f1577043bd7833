package io.mptcp.cli.interop;

/**
 * What one side of a connection does: a byte of greeting as soon as it is connected, the rest when it is told to go on, then its ending.
 *
 * @param sendBytes   length of its stream, the greeting included
 * @param expectBytes length of the peer's; what is read before it aborts, for one that does
 * @param answers     it sends when the peer has ended its stream, not before
 */
record StreamPlan(int sendBytes, int expectBytes, boolean answers, End end) {
    /** How a side ends its connection. */
    enum End {
        /** Closes when it has sent and received everything. */
        CLOSE_FIRST,
        /** Closes when it has sent everything and the peer has ended its stream. */
        CLOSE_SECOND,
        /** Ends its stream when that is sent, and closes when the peer has ended its own. */
        SHUT_DOWN,
        /** Aborts when it has read so much, with more to come. */
        ABORT,
        /** Waits to be aborted. */
        BE_ABORTED
    }

    /** How a connection ends: the plans of its client and its server. */
    enum Ending {
        SERVER_CLOSES_FIRST(plan(End.CLOSE_SECOND), plan(End.CLOSE_FIRST)),
        CLIENT_CLOSES_FIRST(plan(End.CLOSE_FIRST), plan(End.CLOSE_SECOND)),
        HALF_CLOSE(plan(End.SHUT_DOWN), new StreamPlan(BODY_BYTES, BODY_BYTES, true, End.CLOSE_SECOND)),
        ABORT(new StreamPlan(1, BODY_BYTES / 2, false, End.ABORT), new StreamPlan(BODY_BYTES, 1, false, End.BE_ABORTED));

        final StreamPlan client;
        final StreamPlan server;

        Ending(StreamPlan client, StreamPlan server) {
            this.client = client;
            this.server = server;
        }

        private static StreamPlan plan(End end) {
            return new StreamPlan(BODY_BYTES, BODY_BYTES, false, end);
        }
    }

    /** Each way: a megabyte a connection. */
    static final int BODY_BYTES = 500_000;
}
