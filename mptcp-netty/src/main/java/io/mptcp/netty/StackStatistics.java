package io.mptcp.netty;

import io.mptcp.spi.PathStatus;
import io.mptcp.stack.Blackhole;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.MptcpInfo;
import io.mptcp.stack.SubflowInfo;
import io.mptcp.wire.IpAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * One connection and the stack around it at one moment: taken on the event loop, readable on any thread.
 *
 * @param bytesSent      payload bytes the peer has acknowledged at data level
 * @param bytesReceived  payload bytes received in order
 * @param durationNanos  how long the caller has had the connection
 * @param fallback       whether it runs, or ran, as plain TCP
 * @param fallbackReason kernel counter that names the reason, or null
 * @param closeReason    why the connection is over, {@code "open"} while it is not
 * @param mptcp          the connection as {@code struct mptcp_info} has it
 * @param subflows       all subflows, closed ones included, in order of creation
 * @param counters       the stack's counters that are not zero, under the kernel's MIB names
 * @param blackholes     where MPTCP is not tried for some time
 * @param paths          what the connection makes of each path, and why
 */
public record StackStatistics(long bytesSent, long bytesReceived, long durationNanos, boolean fallback, String fallbackReason,
                              String closeReason, MptcpInfo mptcp, List<Subflow> subflows, Map<String, Long> counters, List<KnownBlackhole> blackholes,
                              List<Path> paths) {

    /** A path, the name of its link, and what the connection makes of it. */
    public record Path(String link, PathStatus status) {
    }

    /** A subflow and the name of the link it runs over. */
    public record Subflow(String link, SubflowInfo info) {
    }

    /**
     * A destination that SYNs with MP_CAPABLE do not reach over a link (RFC 8684 section 3.9.3).
     *
     * @param times     how often in a row that was found
     * @param leftNanos for how long connections there still begin as plain TCP
     */
    public record KnownBlackhole(String link, IpAddress remote, int times, long leftNanos) {
    }

    public StackStatistics {
        subflows = List.copyOf(subflows);
        blackholes = List.copyOf(blackholes);
        paths = List.copyOf(paths);
    }

    /** To be called on the driver's loop. */
    public static StackStatistics capture(MptcpDriver driver, MptcpConnection connection, long durationNanos) {
        List<Subflow> subflows = new ArrayList<>();
        for (SubflowInfo info : connection.subflows()) {
            subflows.add(new Subflow(linkName(driver, info.linkId()), info));
        }
        return new StackStatistics(connection.bytesAcked(), connection.bytesReceived(), durationNanos, connection.isFallback(),
                connection.fallbackReason(), connection.closeReason().toString(),
                connection.mptcpInfo(driver.loop().ticker().nanoTime()), subflows, driver.stack().counters().nonZero(),
                blackholes(driver), paths(driver, connection));
    }

    /** What a connection makes of each path, and why. On the driver's loop. */
    public static List<Path> paths(MptcpDriver driver, MptcpConnection connection) {
        return connection.paths().stream().map(status -> new Path(linkName(driver, status.linkId()), status)).toList();
    }

    /** The stack's memory of paths that lose SYNs with MP_CAPABLE. On the driver's loop. */
    public static List<KnownBlackhole> blackholes(MptcpDriver driver) {
        List<KnownBlackhole> known = new ArrayList<>();
        long nowNanos = driver.loop().ticker().nanoTime();
        for (Blackhole blackhole : driver.stack().blackholes()) {
            if (nowNanos < blackhole.untilNanos()) {
                known.add(new KnownBlackhole(linkName(driver, blackhole.linkId()), blackhole.remote(), blackhole.times(),
                        blackhole.untilNanos() - nowNanos));
            }
        }
        return known;
    }

    private static String linkName(MptcpDriver driver, int linkId) {
        SegmentLink link = driver.link(linkId);
        return link == null ? Integer.toString(linkId) : link.name();
    }
}
