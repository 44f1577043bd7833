package io.mptcp.netty;

import io.mptcp.spi.PathStatus;
import io.mptcp.stack.MptcpInfo;
import io.mptcp.stack.SubflowInfo;
import java.util.List;
import java.util.Map;

/** The machine-readable form of {@link StackStatistics}: one line of JSON. Names follow {@code tcp_info} and {@code nstat} where these have one. */
public final class StatsJson {
    private static final double NANOS_PER_SECOND = 1e9;
    private static final double NANOS_PER_MILLI = 1e6;

    private StatsJson() {
    }

    /** One JSON object, without a line break. */
    public static String line(StackStatistics statistics) {
        JsonWriter json = new JsonWriter();
        write(statistics, json);
        return json.toString();
    }

    /** Writes the object into a larger document. */
    public static void write(StackStatistics statistics, JsonWriter json) {
        json.beginObject()
                .member("bytes_sent", statistics.bytesSent())
                .member("bytes_received", statistics.bytesReceived())
                .member("duration_seconds", statistics.durationNanos() / NANOS_PER_SECOND)
                .member("fallback", statistics.fallback())
                .member("fallback_reason", statistics.fallbackReason())
                .member("close_reason", statistics.closeReason());
        writeMptcpInfo(statistics.mptcp(), json);
        json.name("subflows").beginArray();
        for (StackStatistics.Subflow subflow : statistics.subflows()) {
            writeSubflow(subflow.link(), subflow.info(), json);
        }
        json.endArray().name("counters").beginObject();
        for (Map.Entry<String, Long> counter : statistics.counters().entrySet()) {
            json.member(counter.getKey(), counter.getValue());
        }
        json.endObject().name("blackholes");
        writeBlackholes(statistics.blackholes(), json);
        json.name("paths").beginArray();
        for (StackStatistics.Path path : statistics.paths()) {
            writePath(path.link(), path.status(), json);
        }
        json.endArray().endObject();
    }

    /** What a connection makes of a path: USED, BACKUP, JOINING, STALE, WAITING or UNUSED, and why. */
    public static void writePath(String link, PathStatus status, JsonWriter json) {
        json.beginObject()
                .member("link", link)
                .member("endpoint", status.endpointId())
                .member("local", status.local() == null ? null : status.local().toString())
                .member("state", status.state().toString())
                .member("reason", status.reason());
        if (status.subflowId() >= 0) {
            json.member("subflow", status.subflowId());
        }
        json.endObject();
    }

    /** A member {@code mptcp_info}, as the struct, times in milliseconds as there. */
    public static void writeMptcpInfo(MptcpInfo info, JsonWriter json) {
        json.name("mptcp_info").beginObject()
                .member("mptcpi_subflows", info.subflows())
                .member("mptcpi_add_addr_signal", info.addAddrSignal())
                .member("mptcpi_add_addr_accepted", info.addAddrAccepted())
                .member("mptcpi_subflows_max", info.subflowsMax())
                .member("mptcpi_add_addr_signal_max", info.addAddrSignalMax())
                .member("mptcpi_add_addr_accepted_max", info.addAddrAcceptedMax())
                .member("mptcpi_flags", info.flags())
                .member("mptcpi_token", Integer.toUnsignedLong(info.token()))
                .member("mptcpi_write_seq", Long.toUnsignedString(info.writeSeq())) // more than a JSON reader's numbers may hold
                .member("mptcpi_snd_una", Long.toUnsignedString(info.sndUna()))
                .member("mptcpi_rcv_nxt", Long.toUnsignedString(info.rcvNxt()))
                .member("mptcpi_local_addr_used", info.localAddrUsed())
                .member("mptcpi_local_addr_max", info.localAddrMax())
                .member("mptcpi_csum_enabled", info.csumEnabled() ? 1 : 0)
                .member("mptcpi_retransmits", info.retransmits())
                .member("mptcpi_bytes_retrans", info.bytesRetrans())
                .member("mptcpi_bytes_sent", info.bytesSent())
                .member("mptcpi_bytes_received", info.bytesReceived())
                .member("mptcpi_bytes_acked", info.bytesAcked())
                .member("mptcpi_subflows_total", info.subflowsTotal())
                .member("mptcpi_last_data_sent", Math.round(info.sinceLastDataSentNanos() / NANOS_PER_MILLI))
                .member("mptcpi_last_data_recv", Math.round(info.sinceLastDataReceivedNanos() / NANOS_PER_MILLI))
                .member("mptcpi_last_ack_recv", Math.round(info.sinceLastAckReceivedNanos() / NANOS_PER_MILLI))
                .endObject();
    }

    /** An array: where SYNs with MP_CAPABLE get lost, over which link, how often in a row that was found, and how long MPTCP is not tried there. */
    public static void writeBlackholes(List<StackStatistics.KnownBlackhole> blackholes, JsonWriter json) {
        json.beginArray();
        for (StackStatistics.KnownBlackhole blackhole : blackholes) {
            json.beginObject()
                    .member("link", blackhole.link())
                    .member("remote", blackhole.remote().toString())
                    .member("times", blackhole.times())
                    .member("seconds_left", blackhole.leftNanos() / NANOS_PER_SECOND)
                    .endObject();
        }
        json.endArray();
    }

    private static void writeSubflow(String link, SubflowInfo info, JsonWriter json) {
        json.beginObject();
        writeSubflowMembers(link, info, json);
        json.endObject();
    }

    /** A subflow as members of an object that may have more. */
    public static void writeSubflowMembers(String link, SubflowInfo info, JsonWriter json) {
        json.member("id", info.id())
                .member("link", link)
                .member("local", info.local().toString())
                .member("remote", info.remote().toString())
                .member("state", info.state())
                .member("backup", info.backup())
                .member("initial", info.initial())
                .member("bytes_sent", info.bytesSent())
                .member("bytes_received", info.bytesReceived())
                .member("bytes_acked", info.bytesAcked())
                .member("retransmits", info.retransmits())
                .member("bytes_retrans", info.bytesRetrans())
                .member("srtt_ms", info.srttNanos() / NANOS_PER_MILLI)
                .member("rttvar_ms", info.rttVarNanos() / NANOS_PER_MILLI)
                .member("rto_ms", info.rtoNanos() / NANOS_PER_MILLI)
                .member("cwnd_bytes", info.cwndBytes())
                .member("ssthresh_bytes", info.ssthreshBytes())
                .member("in_flight_bytes", info.inFlightBytes())
                .member("mss", info.mssBytes())
                .member("pmtu", info.pmtuBytes());
    }
}
