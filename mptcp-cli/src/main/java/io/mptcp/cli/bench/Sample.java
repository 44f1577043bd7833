package io.mptcp.cli.bench;

import java.util.List;

/**
 * One transfer.
 *
 * @param parts      of each tenth of the window
 * @param retransmits segments that the sender sent again
 * @param timeouts    retransmission timeouts of the sender
 * @param queueDrops  frames of the sender that found the queue full
 * @param statistics  what this stack says of its connection, as JSON; empty where both ends were the kernel's
 */
record Sample(Goodput goodput, List<Goodput> parts, long retransmits, long timeouts, long queueDrops, String statistics) {
    double mbit() {
        return goodput.mbit();
    }
}
