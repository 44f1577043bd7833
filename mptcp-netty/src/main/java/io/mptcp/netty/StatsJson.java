package io.mptcp.netty;

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
                .member("close_reason", statistics.closeReason())
                .name("subflows").beginArray();
        for (StackStatistics.Subflow subflow : statistics.subflows()) {
            writeSubflow(subflow.link(), subflow.info(), json);
        }
        json.endArray().name("counters").beginObject();
        for (Map.Entry<String, Long> counter : statistics.counters().entrySet()) {
            json.member(counter.getKey(), counter.getValue());
        }
        json.endObject().name("blackholes");
        writeBlackholes(statistics.blackholes(), json);
        json.endObject();
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
        json.beginObject()
                .member("id", info.id())
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
                .member("pmtu", info.pmtuBytes())
                .endObject();
    }
}
