package io.mptcp.tcp;

import io.mptcp.buffer.SegmentTables;
import io.mptcp.cc.AckSample;
import io.mptcp.wire.OptionWriter;

/** What the connections of one stack share, as only one of them is at work at a time: what they need for the length of a call, and spare tables. */
public final class TcpScratch {
    /** Bound on the out-of-order intervals of each. */
    final int maxRanges;
    final SegmentTables segmentTables = new SegmentTables();
    final RecoveryPool recoveries = new RecoveryPool();
    final Scoreboard scoreboard = new Scoreboard();
    final AckSample ackSample = new AckSample();
    final OptionWriter options = new OptionWriter();

    /** @param maxRanges bound on the out-of-order intervals of each connection */
    public TcpScratch(int maxRanges) {
        this.maxRanges = maxRanges;
    }
}
