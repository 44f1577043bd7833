package io.mptcp.cc;

/**
 * Balanced linked adaptation (draft-walid-mptcp-congestion-control): between friendliness and responsiveness. A path that carries less than the
 * best one grows a little faster than its share, and gives back more at a loss.
 */
final class Balia extends CoupledController {
    static final String NAME = "balia";
    private static final double MAX_DECREASE_ALPHA = 1.5;

    Balia(CoupledGroup group) {
        super(group);
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    double increasePerByte() {
        double sum = group.sumBytesPerNano(this);
        double alpha = alpha();
        return bytesPerNano() / rttNanos() / (sum * sum) * (1 + alpha) / 2 * (4 + alpha) / 5;
    }

    /** By how much the fastest path is faster than this one; 1 for that itself. */
    double alpha() {
        double own = bytesPerNano();
        double fastest = own;
        for (int i = 0; i < group.size(); i++) {
            if (group.counts(i, this)) {
                fastest = Math.max(fastest, group.get(i).bytesPerNano());
            }
        }
        return own == 0 ? 1 : fastest / own;
    }

    @Override
    void reduce(long inFlightBytes) {
        setSsthresh((long) (inFlightBytes - inFlightBytes / 2.0 * Math.min(alpha(), MAX_DECREASE_ALPHA)));
    }

    @Override
    int minSsthreshSegments() {
        return group.hasOthers(this) ? 1 : super.minSsthreshSegments();
    }
}
