package io.mptcp.cc;

/**
 * Linked increases (RFC 6356): all subflows together grow as fast as one TCP on the best of the paths would, and none faster than a TCP on its
 * own path. {@code alpha}, which sets how fast, is computed anew for every ACK, in floating point, instead of once a round trip (section 4.1).
 */
final class Lia extends CoupledController {
    static final String NAME = "lia";

    Lia(CoupledGroup group) {
        super(group);
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    double increasePerByte() {
        return Math.min(alpha() / totalBytes(), 1.0 / cwndBytes());
    }

    /** RFC 6356 section 3: how aggressive the whole is; 1 for one subflow alone. */
    double alpha() {
        double sum = group.sumBytesPerNano(this);
        return totalBytes() * bestPath() / (sum * sum);
    }

    /** cwnd_total. */
    private double totalBytes() {
        double total = 0;
        for (int i = 0; i < group.size(); i++) {
            total += group.counts(i, this) ? group.get(i).windowBytes() : 0;
        }
        return total;
    }

    /** MAX (cwnd_i / rtt_i^2). */
    private double bestPath() {
        double best = 0;
        for (int i = 0; i < group.size(); i++) {
            if (group.counts(i, this)) {
                best = Math.max(best, group.get(i).bytesPerNano() / group.get(i).rttNanos());
            }
        }
        return best;
    }
}
