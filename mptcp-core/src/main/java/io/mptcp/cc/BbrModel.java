package io.mptcp.cc;

/**
 * What BBR believes of the path: how fast it delivers, and how much may be in flight. The long-term model comes from probing, the short-term model from what
 * got through while something was lost. Names as in the draft; sizes in bytes, rates in bytes per second.
 */
final class BbrModel {
    static final double INFINITE = Double.POSITIVE_INFINITY;
    static final double BETA = 0.7;
    private static final double LOSS_THRESH = 0.02;

    /** The highest rate of this cycle of probing, of the last, and of both. */
    private double cycleMaxBw;
    private double lastCycleMaxBw;
    private double maxBw;
    double bw;
    double bwShortterm = INFINITE;
    double inflightShortterm = INFINITE;
    double inflightLongterm = INFINITE;

    // What the current round trip tells.
    private double bwLatest;
    private double inflightLatest;
    private boolean lossInRound;
    private boolean lossRoundStart;
    private long lossRoundDeliveredBytes;
    private int lossRangesInRound;
    private long lastLostEndSsn = -1;

    // Before the last loss, for when that proves spurious.
    private double undoBwShortterm;
    private double undoInflightShortterm;
    private double undoInflightLongterm;

    double maxBw() {
        return maxBw;
    }

    /** BBR.inflight_latest. */
    double inflightLatest() {
        return inflightLatest;
    }

    /** UpdateLatestDeliverySignals and UpdateMaxBw. */
    void beginAck(RateSample rate) {
        lossRoundStart = false;
        if (!rate.hasData) {
            return;
        }
        bwLatest = Math.max(bwLatest, rate.bytesPerSecond);
        inflightLatest = Math.max(inflightLatest, rate.deliveredBytes);
        if (rate.priorDeliveredBytes >= lossRoundDeliveredBytes) {
            lossRoundDeliveredBytes = rate.totalDeliveredBytes;
            lossRoundStart = true;
        }
        if (rate.bytesPerSecond > 0 && (rate.bytesPerSecond >= maxBw || !rate.appLimited)) {
            cycleMaxBw = Math.max(cycleMaxBw, rate.bytesPerSecond);
            maxBw = Math.max(cycleMaxBw, lastCycleMaxBw);
        }
    }

    /** AdvanceLatestDeliverySignals and BoundBWForModel. */
    void finishAck(RateSample rate) {
        if (lossRoundStart) {
            bwLatest = rate.bytesPerSecond;
            inflightLatest = rate.deliveredBytes;
        }
        bw = Math.min(maxBw, bwShortterm);
    }

    /** AdvanceMaxBwFilter: a cycle of probing is over. */
    void advanceMaxBwFilter() {
        lastCycleMaxBw = cycleMaxBw;
        cycleMaxBw = 0;
        maxBw = lastCycleMaxBw;
    }

    /** This ACK ends a round trip in which losses are counted. */
    boolean isLossRoundStart() {
        return lossRoundStart;
    }

    /** In how many places something was lost in it. */
    int lossRangesInRound() {
        return lossRangesInRound;
    }

    /**
     * The round trip in which losses are counted is over: the short-term model follows what got through, once a round trip.
     *
     * @param probing more is being tried on purpose, and losses are no reason
     */
    void endLossRound(boolean probing, double cwndBytes) {
        if (lossInRound && !probing) {
            bwShortterm = Math.max(bwLatest, BETA * (bwShortterm == INFINITE ? maxBw : bwShortterm));
            inflightShortterm = Math.max(inflightLatest, BETA * (inflightShortterm == INFINITE ? cwndBytes : inflightShortterm));
        }
        lossInRound = false;
        lossRangesInRound = 0;
        lastLostEndSsn = -1;
    }

    void resetShortTermModel() {
        bwShortterm = INFINITE;
        inflightShortterm = INFINITE;
    }

    void resetCongestionSignals() {
        lossInRound = false;
        bwLatest = 0;
        inflightLatest = 0;
    }

    /** NoteLoss. @return whether it is the first of this round trip */
    boolean noteLoss(long totalDeliveredBytes) {
        boolean first = !lossInRound;
        if (first) {
            lossRoundDeliveredBytes = totalDeliveredBytes;
            undoBwShortterm = bwShortterm;
            undoInflightShortterm = inflightShortterm;
            undoInflightLongterm = inflightLongterm;
        }
        lossInRound = true;
        return first;
    }

    void noteLostRange(long startSsn, long endSsn) {
        lossRangesInRound += startSsn == lastLostEndSsn ? 0 : 1;
        lastLostEndSsn = endSsn;
    }

    void undoLoss() {
        lossInRound = false;
        bwShortterm = Math.max(bwShortterm, undoBwShortterm);
        inflightShortterm = Math.max(inflightShortterm, undoInflightShortterm);
        inflightLongterm = Math.max(inflightLongterm, undoInflightLongterm);
    }

    static boolean isInflightTooHigh(long lostBytes, long inFlightAtSendBytes, boolean selectiveAcks) {
        return lostBytes > inFlightAtSendBytes * LOSS_THRESH || lostBytes > 0 && !selectiveAcks;
    }

    /** How much was in flight when 2 % of it were lost, somewhere within what was sent at once. */
    static double inflightAtLoss(LostSegment lost) {
        double inflightBefore = lost.inFlightAtSendBytes - lost.bytes;
        double lostBefore = lost.lostBytes - lost.bytes;
        return inflightBefore + (LOSS_THRESH * inflightBefore - lostBefore) / (1 - LOSS_THRESH);
    }
}
