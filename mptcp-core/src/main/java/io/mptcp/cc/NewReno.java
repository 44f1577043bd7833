package io.mptcp.cc;

/** The standard algorithm (RFC 5681) with byte counting: half of the window at a loss, one segment more per round trip. */
final class NewReno extends LossBasedController {
    static final String NAME = "newreno";

    @Override
    public String name() {
        return NAME;
    }

    @Override
    void avoidCongestion(AckSample sample, long bytes, boolean cwndLimited) {
        if (cwndLimited) {
            growCwnd((double) mssBytes() * Math.min(bytes, cwndBytes()) / cwndBytes());
        }
    }

    @Override
    void reduce(long inFlightBytes) {
        setSsthresh(inFlightBytes / 2);
    }

    @Override
    void reduceAfterTimeout(long inFlightBytes) {
        reduce(inFlightBytes);
    }

    @Override
    void saveAvoidanceState() {
        // There is none beyond cwnd and ssthresh.
    }

    @Override
    void restoreAvoidanceState() {
        // See above.
    }
}
