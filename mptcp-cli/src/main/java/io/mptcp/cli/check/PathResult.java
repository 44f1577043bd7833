package io.mptcp.cli.check;

import java.util.List;

/**
 * What is known of a path after connections have begun over it.
 *
 * @param first          what became of them
 * @param fallbackReason the engine's word for why it was plain TCP in the end (a kernel counter's name), null when it was not
 * @param flow           what was seen of the first subflow
 * @param rttNanos       round-trip time, -1 when unknown
 * @param pmtuBytes      path MTU found, 0 when no full segment was acknowledged
 * @param answered       the server answered the request, or there was none
 * @param announced      addresses the server announced over it (ADD_ADDR)
 * @param joins          subflows over other paths that were to join
 */
record PathResult(CheckedPath path, First first, String fallbackReason, FlowRecord flow, long rttNanos, int pmtuBytes, boolean answered,
                  List<String> announced, List<Joined> joins) {
    PathResult {
        announced = List.copyOf(announced);
        joins = List.copyOf(joins);
    }

    /** The answer to the SYN, null when there was none. */
    SynAck synAck() {
        return flow.synAck();
    }
}
