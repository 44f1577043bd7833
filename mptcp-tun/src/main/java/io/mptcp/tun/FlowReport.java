package io.mptcp.tun;

import io.mptcp.netty.JsonWriter;
import io.mptcp.netty.StatsJson;
import io.mptcp.netty.host.Uplinks;
import io.mptcp.spi.PathStatus;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.MptcpInfo;
import io.mptcp.stack.SubflowInfo;
import java.util.ArrayList;
import java.util.List;

/**
 * A carried connection at one moment: what {@code ss -Mti} shows, and why a path is not used. Taken on the loop, readable anywhere.
 *
 * @param relay    name of the relay by way of which, null for straight there
 * @param mptcp    null while the connection is being opened
 * @param paths    what becomes of each path, in the order of the endpoints
 */
record FlowReport(String origin, String source, String destination, String relay, long ageNanos, String state, boolean fallback, String fallbackReason,
                  String scheduler, long unsentBytes, long unacknowledgedBytes, MptcpInfo mptcp, List<PathPart> paths) {
    private static final double NANOS_PER_SECOND = 1e9;

    /**
     * A path's part in a connection.
     *
     * @param info         the subflow, null when there is none
     * @param sharePercent of the bytes of all subflows, both directions
     * @param notUsed      why it carries nothing, null when it does
     */
    record PathPart(String device, SubflowInfo info, double sharePercent, String notUsed) {
    }

    static FlowReport take(CarriedFlow flow, Uplinks uplinks) {
        long nowNanos = uplinks.loop().ticker().nanoTime();
        MptcpConnection outer = flow.outer();
        if (outer == null) {
            return new FlowReport(flow.origin(), flow.source().toString(), flow.destination(), flow.relay(), nowNanos - flow.openedNanos(), "opening",
                    false, null, uplinks.scheduler(), 0, 0, null, List.of());
        }
        return new FlowReport(flow.origin(), flow.source().toString(), flow.destination(), flow.relay(), nowNanos - flow.openedNanos(),
                outer.closeReason().toString(), outer.isFallback(), outer.fallbackReason(), outer.scheduler().name(), outer.unsentBytes(),
                outer.unacknowledgedBytes(), outer.mptcpInfo(nowNanos), paths(outer, uplinks));
    }

    private static List<PathPart> paths(MptcpConnection outer, Uplinks uplinks) {
        List<SubflowInfo> subflows = outer.subflows().stream().filter(info -> !info.state().equals("CLOSED")).toList();
        long total = outer.subflows().stream().mapToLong(info -> info.bytesSent() + info.bytesReceived()).sum();
        List<PathPart> parts = new ArrayList<>();
        for (PathStatus path : outer.paths()) {
            SubflowInfo info = subflows.stream().filter(subflow -> subflow.id() == path.subflowId()).findFirst().orElse(null);
            double share = info == null || total == 0 ? 0 : 100.0 * (info.bytesSent() + info.bytesReceived()) / total;
            String device = path.linkId() >= 0 ? uplinks.name(path.linkId()) : String.valueOf(path.local());
            parts.add(new PathPart(device, info, share, PathUse.reason(path, info, subflows, total, outer.scheduler().name())));
        }
        return parts;
    }

    void write(JsonWriter json) {
        json.beginObject()
                .member("token", mptcp == null || mptcp.token() == 0 ? null : String.format("%08x", mptcp.token()))
                .member("origin", origin)
                .member("source", source)
                .member("destination", destination)
                .member("relay", relay)
                .member("age_seconds", ageNanos / NANOS_PER_SECOND)
                .member("state", state)
                .member("fallback", fallback)
                .member("fallback_reason", fallbackReason)
                .member("scheduler", scheduler)
                .member("unsent_bytes", unsentBytes)
                .member("unacked_bytes", unacknowledgedBytes);
        if (mptcp != null) {
            StatsJson.writeMptcpInfo(mptcp, json);
        }
        json.name("subflows").beginArray();
        for (PathPart part : paths) {
            if (part.info() != null) {
                json.beginObject();
                StatsJson.writeSubflowMembers(part.device(), part.info(), json);
                json.member("share_percent", part.sharePercent()).member("not_used", part.notUsed()).endObject();
            }
        }
        json.endArray().name("unused_paths").beginArray();
        for (PathPart part : paths) {
            if (part.info() == null) {
                json.beginObject().member("device", part.device()).member("not_used", part.notUsed()).endObject();
            }
        }
        json.endArray().endObject();
    }
}
