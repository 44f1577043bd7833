package io.mptcp.tun;

import io.mptcp.netty.JsonWriter;
import io.mptcp.netty.StackStatistics;
import io.mptcp.netty.StatsJson;
import io.mptcp.pm.HostPathManager;
import io.mptcp.pm.PathManagerException;
import io.mptcp.pm.PathRole;
import io.mptcp.pm.QuotaMeter;
import io.mptcp.tun.datagram.UdpNat;
import io.mptcp.netty.host.CountingLink;
import io.mptcp.netty.host.Uplinks;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
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
 * @param udp         what became of datagrams, null without a device
 */
record StatusReport(String device, long uptimeNanos, String scheduler, String congestion, int active, long accepted, long failed, long rejected, List<PathStatus> paths,
                    Map<String, Long> counters, List<StackStatistics.KnownBlackhole> blackholes, UdpNat.Counts udp) {
    private static final double NANOS_PER_SECOND = 1e9;
    private static final double BITS_PER_MEGABIT = 1e6;
    /** Times differ from connection to connection: without them equal reasons can be counted. */
    private static final Pattern REMAINING = Pattern.compile("(, the next comes in|for) [0-9.]+ s$");

    /**
     * One path.
     *
     * @param id              its number in the stack: two may be over one device
     * @param bytesSent       TCP payload sent over it, retransmissions included
     * @param bytesReceived   TCP payload received over it, duplicates included
     * @param segmentsDropped segments lost on this host
     * @param role            what it is used for now
     * @param packetBytes     IP packets sent and received, headers included: what a quota counts
     * @param quotaBytes      bytes it may carry in a period, 0 for any number
     * @param quotaUsedBytes  what of them is used
     * @param reasons         what connections make of it, and why: how many of each
     */
    record PathStatus(int id, String device, boolean up, boolean backup, long bytesSent, long bytesReceived, long segmentsDropped, PathRole role,
                      long packetBytes, long quotaBytes, long quotaUsedBytes, Map<String, Integer> reasons) {
        static PathStatus of(CountingLink link, Uplinks uplinks, Map<String, Integer> reasons) {
            PathRole role = uplinks.pathManager().role(link.id());
            QuotaMeter quota = uplinks.quotas().meter(link.id());
            return new PathStatus(link.id(), link.name(), link.isUp(), role == PathRole.BACKUP, link.sentBytes(), link.receivedBytes(), link.droppedSegments(),
                    role, link.sentPacketBytes() + link.receivedPacketBytes(), quota == null ? 0 : quota.quota().bytes(),
                    quota == null ? 0 : quota.usedBytes(), reasons);
        }
    }

    static StatusReport take(String device, long uptimeNanos, FlowTable flows, Uplinks uplinks, UdpBypass udp) {
        return new StatusReport(device, uptimeNanos, uplinks.scheduler(), uplinks.congestion(), flows.active(), flows.accepted(), flows.failed(),
                flows.rejected(), paths(uplinks),
                uplinks.driver().stack().counters().nonZero(), StackStatistics.blackholes(uplinks.driver()),
                udp == null ? null : udp.counts());
    }

    private static List<PathStatus> paths(Uplinks uplinks) {
        HostPathManager manager = uplinks.pathManager();
        Map<Integer, Map<String, Integer>> reasons = new HashMap<>();
        for (int token : manager.tokens()) {
            try {
                for (io.mptcp.spi.PathStatus path : manager.paths(token)) {
                    reasons.computeIfAbsent(path.linkId(), link -> new TreeMap<>()).merge(REMAINING.matcher(path.reason()).replaceAll(""), 1, Integer::sum);
                }
            } catch (PathManagerException e) {
                throw new IllegalStateException(e); // it was there a moment ago, on this thread
            }
        }
        return uplinks.links().stream().map(link -> PathStatus.of(link, uplinks, reasons.getOrDefault(link.id(), Map.of()))).toList();
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
                    .member("role", path.role().toString())
                    .member("packet_bytes", path.packetBytes())
                    .member("quota_bytes", path.quotaBytes())
                    .member("quota_used_bytes", path.quotaUsedBytes())
                    .name("reasons").beginObject();
            path.reasons().forEach(json::member);
            json.endObject().endObject();
        }
        json.endArray();
        if (udp != null) {
            json.name("udp").beginObject().member("flows", udp.flows()).member("sent", udp.sent()).member("received", udp.received())
                    .member("refused", udp.refused()).member("dropped", udp.dropped()).endObject();
        }
        json.name("counters").beginObject();
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
            PathStatus then = before.paths.stream().filter(path -> path.id() == now.id()).findFirst().orElse(now);
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
