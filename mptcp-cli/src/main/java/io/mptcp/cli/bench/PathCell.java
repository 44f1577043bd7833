package io.mptcp.cli.bench;

import io.mptcp.cli.lab.LinkProfile;
import java.util.Locale;

/**
 * One path to measure on; the same both ways.
 *
 * @param rateMbit       rate of the bottleneck in Mbit/s, counted over whole Ethernet frames
 * @param rttMillis      round-trip time without queueing
 * @param lossPercent    random loss of frames, each way
 * @param reorderPercent frames that are late, each way
 * @param lateMillis     how much later these are
 * @param queueMillis    what the drop-tail queue before the bottleneck holds
 */
public record PathCell(double rateMbit, double rttMillis, double lossPercent, double reorderPercent, double lateMillis, double queueMillis) {
    /** Payload of a full frame of 1514 bytes with TCP timestamps. */
    static final double PAYLOAD_SHARE = 1448.0 / 1514.0;
    private static final double SEGMENT_BITS = 1448 * 8;

    /** One direction of the path. */
    public LinkProfile profile() {
        return LinkProfile.of(rateMbit, rttMillis / 2, queueMillis).withLoss(lossPercent / 100).withReordering(reorderPercent / 100, lateMillis);
    }

    boolean hasRandomLoss() {
        return lossPercent > 0;
    }

    /** Payload that the path can carry at most, in Mbit/s. */
    double capacityMbit() {
        return rateMbit * PAYLOAD_SHARE;
    }

    /**
     * What one CUBIC connection can be expected to reach at most, in Mbit/s: the larger of CUBIC's response function (RFC 9438 section 5.1,
     * with C = 0.4 and beta = 0.7) and Reno's, doubled because both are averages.
     */
    double expectedMbit() {
        if (!hasRandomLoss()) {
            return rateMbit;
        }
        double loss = lossPercent / 100;
        double rttSeconds = rttMillis / 1000;
        double cubicSegments = 1.054 * Math.pow(rttSeconds / loss, 0.75);
        double renoSegments = 1.22 / Math.sqrt(loss);
        return Math.min(rateMbit, 2 * Math.max(cubicSegments, renoSegments) * SEGMENT_BITS / rttSeconds / 1e6);
    }

    /** Queue and round trip in milliseconds: after that nothing of an ended transfer is on the way. */
    public long drainMillis() {
        return Math.round(2 * rttMillis + 2 * queueMillis + 2 * lateMillis) + 50;
    }

    @Override
    public String toString() {
        return String.format(Locale.ROOT, "%s Mbit/s, %s ms, loss %s %%, reordering %s %%", plain(rateMbit), plain(rttMillis),
                plain(lossPercent), plain(reorderPercent));
    }

    /** A number without superfluous zeros. */
    public static String plain(double value) {
        return value == Math.rint(value) ? Long.toString((long) value) : Double.toString(value);
    }
}
