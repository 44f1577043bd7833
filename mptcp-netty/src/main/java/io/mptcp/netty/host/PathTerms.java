package io.mptcp.netty.host;

import io.mptcp.pm.PathQuota;
import io.mptcp.pm.PathRole;

/**
 * On what terms a path is used.
 *
 * @param role         what it is for when the program starts
 * @param cost         price of a byte, on any scale; nothing is sent twice over a path that costs more than 0
 * @param quota        bytes it may carry in a period, null for any number
 * @param probeSeconds how often it is asked for a sign of life while it is idle, 0 for never
 */
public record PathTerms(PathRole role, int cost, PathQuota quota, int probeSeconds) {
    public static final PathTerms DEFAULT = new PathTerms(PathRole.USE, 0, null, 0);
    public static final int MAX_COST = 1000;
    public static final int MAX_PROBE_SECONDS = 3600;

    public PathTerms {
        if (cost < 0 || cost > MAX_COST) {
            throw new IllegalArgumentException("cost " + cost + " is not in 0.." + MAX_COST);
        }
        if (probeSeconds < 0 || probeSeconds > MAX_PROBE_SECONDS) {
            throw new IllegalArgumentException("probe interval " + probeSeconds + " is not in 0.." + MAX_PROBE_SECONDS + " seconds");
        }
    }

    /** The same with another role. */
    public PathTerms withRole(PathRole role) {
        return new PathTerms(role, cost, quota, probeSeconds);
    }

    /** The same with another cost; over a path with a cost nothing is sent twice. */
    public PathTerms withCost(int cost) {
        return new PathTerms(role, cost, quota, probeSeconds);
    }

    /** The same with another quota, in bytes for each period; null for none. */
    public PathTerms withQuota(PathQuota quota) {
        return new PathTerms(role, cost, quota, probeSeconds);
    }

    /** The same with another time, in seconds, after which an idle path is probed. */
    public PathTerms withProbeSeconds(int probeSeconds) {
        return new PathTerms(role, cost, quota, probeSeconds);
    }
}
