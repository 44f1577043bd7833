package io.mptcp.cc;

/**
 * Opportunistic linked increases (draft-khalili-mptcp-congestion-control): as {@link Lia}, but growth is shared out by windows, which
 * takes nothing from others without gain, and a term beside it moves windows from the largest to paths that are as good or better and have less.
 * How good a path is, is estimated by what it carried between losses: {@code l / rtt^2}.
 */
final class Olia extends CoupledController {
    static final String NAME = "olia";

    /** Bytes acknowledged since the last loss, and between the last two. */
    private long sinceLossBytes;
    private long betweenLossesBytes;
    private long undoSinceLossBytes;
    private long undoBetweenLossesBytes;

    Olia(CoupledGroup group) {
        super(group);
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public void onAck(AckSample sample) {
        sinceLossBytes += sample.ackedBytes;
        super.onAck(sample);
    }

    @Override
    double increasePerByte() {
        double sum = group.sumBytesPerNano(this);
        return bytesPerNano() / rttNanos() / (sum * sum) + epsilon() / cwndBytes();
    }

    /** Above 0 for good paths with small windows, below 0 for those with the largest window while there are such, else 0. */
    double epsilon() {
        double bestQuality = 0;
        double largestBytes = 0;
        int paths = 0;
        for (int i = 0; i < group.size(); i++) {
            Olia member = member(i);
            if (member != null) {
                bestQuality = Math.max(bestQuality, member.quality());
                largestBytes = Math.max(largestBytes, member.windowBytes());
                paths++;
            }
        }
        int collected = 0;
        int largest = 0;
        for (int i = 0; i < group.size(); i++) {
            Olia member = member(i);
            if (member != null) {
                largest += member.windowBytes() == largestBytes ? 1 : 0;
                collected += member.isCollected(bestQuality, largestBytes) ? 1 : 0;
            }
        }
        if (collected == 0) {
            return 0;
        }
        if (isCollected(bestQuality, largestBytes)) {
            return 1.0 / paths / collected;
        }
        return windowBytes() == largestBytes ? -1.0 / paths / largest : 0;
    }

    /** Null for one that does not count. */
    private Olia member(int index) {
        return group.counts(index, this) && group.get(index) instanceof Olia olia ? olia : null;
    }

    private boolean isCollected(double bestQuality, double largestBytes) {
        return quality() == bestQuality && windowBytes() < largestBytes;
    }

    private double quality() {
        return Math.max(sinceLossBytes, betweenLossesBytes) / (rttNanos() * rttNanos());
    }

    @Override
    void reduce(long inFlightBytes) {
        noteLoss();
        super.reduce(inFlightBytes);
    }

    @Override
    void reduceAfterTimeout(long inFlightBytes) {
        noteLoss();
        super.reduceAfterTimeout(inFlightBytes);
    }

    private void noteLoss() {
        betweenLossesBytes = sinceLossBytes;
        sinceLossBytes = 0;
    }

    @Override
    int minSsthreshSegments() {
        return group.hasOthers(this) ? 1 : super.minSsthreshSegments();
    }

    @Override
    void saveAvoidanceState() {
        undoSinceLossBytes = sinceLossBytes;
        undoBetweenLossesBytes = betweenLossesBytes;
    }

    @Override
    void restoreAvoidanceState() {
        sinceLossBytes += undoSinceLossBytes;
        betweenLossesBytes = undoBetweenLossesBytes;
    }
}
