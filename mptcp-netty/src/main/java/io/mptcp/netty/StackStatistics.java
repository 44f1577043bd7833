package io.mptcp.netty;

import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.SubflowInfo;
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
 * @param subflows       all subflows, closed ones included, in order of creation
 * @param counters       the stack's counters that are not zero, under the kernel's MIB names
 */
public record StackStatistics(long bytesSent, long bytesReceived, long durationNanos, boolean fallback, String fallbackReason,
                              String closeReason, List<Subflow> subflows, Map<String, Long> counters) {

    /** A subflow and the name of the link it runs over. */
    public record Subflow(String link, SubflowInfo info) {
    }

    public StackStatistics {
        subflows = List.copyOf(subflows);
    }

    /** To be called on the driver's loop. */
    public static StackStatistics capture(MptcpDriver driver, MptcpConnection connection, long durationNanos) {
        List<Subflow> subflows = new ArrayList<>();
        for (SubflowInfo info : connection.subflows()) {
            SegmentLink link = driver.link(info.linkId());
            subflows.add(new Subflow(link == null ? Integer.toString(info.linkId()) : link.name(), info));
        }
        return new StackStatistics(connection.bytesAcked(), connection.bytesReceived(), durationNanos, connection.isFallback(),
                connection.fallbackReason(), connection.closeReason().toString(), subflows, driver.stack().counters().nonZero());
    }
}
