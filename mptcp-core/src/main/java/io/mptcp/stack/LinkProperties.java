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

    /**
     * A link that carries packets of so many bytes and no super-segments.
     *
     * @throws IllegalArgumentException below {@link #MIN_MTU_BYTES}
     */
    public static LinkProperties ofMtu(int mtuBytes) {
        return new LinkProperties(mtuBytes, 0, 1, false);
    }

    /** A byte over it costs something: nothing is sent over it twice for the sake of speed. */
    public boolean isMetered() {
        return cost > 0;
    }

    /** The share given to it by configuration. */
    public LinkProperties withWeight(int weight) {
        return new LinkProperties(mtuBytes, maxSuperSegmentBytes, weight, backup, cost, probeIntervalNanos);
    }

    /** Whether subflows over it are used only when no other is. */
    public LinkProperties withBackup(boolean backup) {
        return new LinkProperties(mtuBytes, maxSuperSegmentBytes, weight, backup, cost, probeIntervalNanos);
    }

    /** The price of a byte, on any scale. */
    public LinkProperties withCost(int cost) {
        return new LinkProperties(mtuBytes, maxSuperSegmentBytes, weight, backup, cost, probeIntervalNanos);
    }

    /** How often an idle subflow is asked for a sign of life, in nanoseconds; 0 for never. */
    public LinkProperties withProbeInterval(long probeIntervalNanos) {
        return new LinkProperties(mtuBytes, maxSuperSegmentBytes, weight, backup, cost, probeIntervalNanos);
    }
}
