package io.mptcp.tun;

import io.mptcp.netty.JsonWriter;
import io.mptcp.netty.host.CountingLink;
import io.mptcp.netty.host.Uplinks;
import io.mptcp.pm.PathRole;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.SubflowInfo;
import java.util.ArrayList;
import java.util.List;

/**
 * A path at one moment. Taken on the loop, readable anywhere.
 *
 * @param state            up, backup, down (its interface) or off (switched off)
 * @param sentBits         bits per second, second by second, the last one last
 * @param sentBytes        TCP payload since the start, retransmissions included
 * @param droppedSegments  lost on this host
 * @param subflows         established now
 * @param srttNanos        lowest of them, 0 without
 * @param retransPercent   of the bytes these have sent, those sent again
 */
record PathReport(int id, String device, String kind, String state, boolean backup, int weight, long[] sentBits, long[] receivedBits,
                  long sentBytes, long receivedBytes, long droppedSegments, int subflows, long srttNanos, double retransPercent) {
    private static final double NANOS_PER_MILLI = 1e6;

    /** @param seconds of rates */
    static List<PathReport> take(Uplinks uplinks, PathRates rates, int seconds) {
        int linkCount = uplinks.links().stream().mapToInt(CountingLink::id).max().orElse(-1) + 1;
        int[] subflows = new int[linkCount];
        long[] srttNanos = new long[linkCount];
        long[] sent = new long[linkCount];
        long[] resent = new long[linkCount];
        for (MptcpConnection connection : uplinks.driver().stack().connections()) {
            for (SubflowInfo info : connection.subflows()) {
                int link = info.linkId();
                if (link >= linkCount) {
                    continue;
                }
                sent[link] += info.bytesSent();
                resent[link] += info.bytesRetrans();
                if (info.state().equals("ESTABLISHED")) {
                    subflows[link]++;
                    if (info.srttNanos() > 0 && (srttNanos[link] == 0 || info.srttNanos() < srttNanos[link])) {
                        srttNanos[link] = info.srttNanos();
                    }
                }
            }
        }
        List<PathReport> reports = new ArrayList<>();
        for (CountingLink link : uplinks.links()) {
            int id = link.id();
            PathRole role = uplinks.pathManager().role(id);
            boolean backup = role == PathRole.BACKUP;
            String state = role == PathRole.OFF ? "off" : !link.isUp() ? "down" : backup ? "backup" : "up";
            reports.add(new PathReport(id, link.name(), uplinks.kind(id), state, backup, link.properties().weight(),
                    rates.sent(link, seconds), rates.received(link, seconds), link.sentBytes(), link.receivedBytes(), link.droppedSegments(),
                    subflows[id], srttNanos[id], sent[id] == 0 ? 0 : 100.0 * resent[id] / sent[id]));
        }
        return reports;
    }

    long lastSentBits() {
        return sentBits.length == 0 ? 0 : sentBits[sentBits.length - 1];
    }

    long lastReceivedBits() {
        return receivedBits.length == 0 ? 0 : receivedBits[receivedBits.length - 1];
    }

    boolean isUp() {
        return state.equals("up") || state.equals("backup");
    }

    void write(JsonWriter json) {
        json.beginObject()
                .member("device", device)
                .member("link", kind)
                .member("state", state)
                .member("backup", backup)
                .member("weight", weight)
                .member("subflows", subflows)
                .member("srtt_ms", srttNanos / NANOS_PER_MILLI)
                .member("tx_bps", lastSentBits())
                .member("rx_bps", lastReceivedBits())
                .member("retrans_percent", retransPercent)
                .member("bytes_sent", sentBytes)
                .member("bytes_received", receivedBytes)
                .member("segments_dropped", droppedSegments);
        if (sentBits.length > 1) {
            writeRates("tx_history_bps", sentBits, json);
            writeRates("rx_history_bps", receivedBits, json);
        }
        json.endObject();
    }

    private static void writeRates(String name, long[] rates, JsonWriter json) {
        json.name(name).beginArray();
        for (long rate : rates) {
            json.value(rate);
        }
        json.endArray();
    }
}
