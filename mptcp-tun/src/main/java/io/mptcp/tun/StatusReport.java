package io.mptcp.tun;

import io.mptcp.netty.JsonWriter;
import io.mptcp.netty.StackStatistics;
import io.mptcp.netty.StatsJson;
import io.mptcp.pm.HostPathManager;
import io.mptcp.pm.PathRole;
import io.mptcp.netty.host.CountingLink;
import io.mptcp.netty.host.Uplinks;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What the daemon is doing, at one moment; taken on the loop, readable anywhere.
 *
 * @param device      the TUN device, null for none
 * @param uptimeNanos since when it has been usable
 * @param scheduler   of new connections
 * @param congestion  control of new connections
 * @param active      connections now
 * @param accepted    connections carried so far
 * @param failed      connections whose destination could not be reached
 * @param rejected    connections turned away by the limit
 * @param paths       in the order of the configuration
 * @param counters    counters of the uplinks' stack that are not zero, under the kernel's MIB names
 * @param blackholes  where SYNs with MP_CAPABLE get lost, so that connections begin as plain TCP for some time
 */
record StatusReport(String device, long uptimeNanos, String scheduler, String congestion, int active, long accepted, long failed, long rejected, List<PathStatus> paths,
                    Map<String, Long> counters, List<StackStatistics.KnownBlackhole> blackholes) {
    private static final double NANOS_PER_SECOND = 1e9;
    private static final double BITS_PER_MEGABIT = 1e6;

    /**
     * One path.
     *
     * @param bytesSent       TCP payload sent over it, retransmissions included
     * @param bytesReceived   TCP payload received over it, duplicates included
     * @param segmentsDropped segments lost on this host
     */
    record PathStatus(String device, boolean up, boolean backup, long bytesSent, long bytesReceived, long segmentsDropped) {
        static PathStatus of(CountingLink link, HostPathManager manager) {
            return new PathStatus(link.name(), link.isUp(), manager.role(link.id()) == PathRole.BACKUP, link.sentBytes(), link.receivedBytes(),
                    link.droppedSegments());
        }
    }

    static StatusReport take(String device, long uptimeNanos, FlowTable flows, Uplinks uplinks) {
        return new StatusReport(device, uptimeNanos, uplinks.scheduler(), uplinks.congestion(), flows.active(), flows.accepted(), flows.failed(),
                flows.rejected(), uplinks.links().stream().map(link -> PathStatus.of(link, uplinks.pathManager())).toList(),
                uplinks.driver().stack().counters().nonZero(), StackStatistics.blackholes(uplinks.driver()));
    }

    /** One JSON object without a line break. */
    String json() {
        JsonWriter json = new JsonWriter();
        json.beginObject()
                .member("device", device)
                .member("uptime_seconds", uptimeNanos / NANOS_PER_SECOND)
                .member("scheduler", scheduler)
                .member("congestion", congestion)
                .name("connections").beginObject()
                .member("active", active)
                .member("accepted", accepted)
                .member("failed", failed)
                .member("rejected", rejected)
                .endObject()
                .name("paths").beginArray();
        for (PathStatus path : paths) {
            json.beginObject()
                    .member("device", path.device())
                    .member("up", path.up())
                    .member("backup", path.backup())
                    .member("bytes_sent", path.bytesSent())
                    .member("bytes_received", path.bytesReceived())
                    .member("segments_dropped", path.segmentsDropped())
                    .endObject();
        }
        json.endArray().name("counters").beginObject();
        counters.forEach(json::member);
        json.endObject().name("blackholes");
        StatsJson.writeBlackholes(blackholes, json);
        return json.endObject().toString();
    }

    /** One line for people: totals, and the rate of every path since {@code before}. */
    String line(StatusReport before) {
        StringBuilder line = new StringBuilder();
        line.append("connections: ").append(active).append(" now, ").append(accepted).append(" so far");
        if (failed > 0) {
            line.append(", ").append(failed).append(" failed");
        }
        if (rejected > 0) {
            line.append(", ").append(rejected).append(" rejected");
        }
        double seconds = Math.max(1e-3, (uptimeNanos - before.uptimeNanos) / NANOS_PER_SECOND);
        for (PathStatus now : paths) {
            // One that was added meanwhile has no before.
            PathStatus then = before.paths.stream().filter(path -> path.device().equals(now.device())).findFirst().orElse(now);
            line.append("; ").append(now.device()).append(now.up() ? "" : " down").append(now.backup() ? " backup" : "")
                    .append(" in ").append(megabits(now.bytesReceived() - then.bytesReceived(), seconds))
                    .append(" out ").append(megabits(now.bytesSent() - then.bytesSent(), seconds)).append(" Mbit/s");
        }
        if (!blackholes.isEmpty()) {
            line.append("; MPTCP is lost on the way to ").append(blackholes.stream().map(known -> known.remote() + " over " + known.link())
                    .collect(Collectors.joining(", ")));
        }
        return line.toString();
    }

    private static String megabits(long bytes, double seconds) {
        return String.format(Locale.ROOT, "%.1f", bytes * 8 / BITS_PER_MEGABIT / seconds);
    }
}
