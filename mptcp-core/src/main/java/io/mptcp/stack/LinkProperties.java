package io.mptcp.stack;

/**
 * What the engine has to know of a link.
 *
 * @param mtuBytes              largest IP packet the link carries
 * @param maxSuperSegmentBytes  largest payload of one slot; more than one MSS only when the link cuts it up (GSO); 0 for one MSS
 * @param weight                share given to the path by configuration, 1 by default
 * @param backup                subflows over it are used only when no other is
 * @param cost                  price of a byte, on any scale; on links that cost more than 0 nothing is sent twice for the sake of speed
 * @param probeIntervalNanos    an idle subflow is asked for a sign of life this often, 0 for never
 */
public record LinkProperties(int mtuBytes, int maxSuperSegmentBytes, int weight, boolean backup, int cost, long probeIntervalNanos) {
    /** What one DSS mapping covers (RFC 8684 section 3.3). */
    public static final int MAX_SUPER_SEGMENT_BYTES = 65_535;
    /** Room for the headers of IPv6 and TCP with all options of a data segment, and for some payload. */
    public static final int MIN_MTU_BYTES = 160;

    public LinkProperties {
        if (mtuBytes < MIN_MTU_BYTES) {
            throw new IllegalArgumentException("links must carry packets of at least " + MIN_MTU_BYTES + " bytes, not " + mtuBytes);
        }
        if (maxSuperSegmentBytes < 0 || maxSuperSegmentBytes > MAX_SUPER_SEGMENT_BYTES) {
            throw new IllegalArgumentException("super-segments must be of 0 to " + MAX_SUPER_SEGMENT_BYTES + " bytes, not " + maxSuperSegmentBytes);
        }
    }

    /** Free, and not probed while it is idle. */
    public LinkProperties(int mtuBytes, int maxSuperSegmentBytes, int weight, boolean backup) {
        this(mtuBytes, maxSuperSegmentBytes, weight, backup, 0, 0);
    }

    public static LinkProperties ofMtu(int mtuBytes) {
        return new LinkProperties(mtuBytes, 0, 1, false);
    }

    public boolean isMetered() {
        return cost > 0;
    }

    public LinkProperties withWeight(int weight) {
        return new LinkProperties(mtuBytes, maxSuperSegmentBytes, weight, backup, cost, probeIntervalNanos);
    }

    public LinkProperties withBackup(boolean backup) {
        return new LinkProperties(mtuBytes, maxSuperSegmentBytes, weight, backup, cost, probeIntervalNanos);
    }

    public LinkProperties withCost(int cost) {
        return new LinkProperties(mtuBytes, maxSuperSegmentBytes, weight, backup, cost, probeIntervalNanos);
    }

    public LinkProperties withProbeInterval(long probeIntervalNanos) {
        return new LinkProperties(mtuBytes, maxSuperSegmentBytes, weight, backup, cost, probeIntervalNanos);
    }
}
