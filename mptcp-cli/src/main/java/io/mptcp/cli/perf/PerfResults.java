package io.mptcp.cli.perf;

import io.mptcp.netty.JsonWriter;
import java.util.ArrayList;
import java.util.List;

/**
 * What one side has counted (EXCHANGE_RESULTS).
 *
 * @param cpuPercent     processor time of the process as a share of the time of the test
 * @param hasRetransmits whether this side sent, and so knows what it sent again
 */
record PerfResults(double cpuPercent, double cpuUserPercent, double cpuSystemPercent, boolean hasRetransmits, List<Stream> streams) {
    /**
     * @param bytes       sent, or received
     * @param retransmits segments sent again, -1 when this side received
     */
    record Stream(int id, long bytes, long retransmits, double seconds) {
    }

    String json() {
        JsonWriter json = new JsonWriter().beginObject().member("cpu_util_total", cpuPercent).member("cpu_util_user", cpuUserPercent)
                .member("cpu_util_system", cpuSystemPercent).member("sender_has_retransmits", hasRetransmits ? 1 : 0);
        json.name("streams").beginArray();
        for (Stream stream : streams) {
            json.beginObject().member("id", stream.id()).member("bytes", stream.bytes()).member("retransmits", stream.retransmits())
                    .member("jitter", 0).member("errors", 0).member("omitted_errors", 0).member("packets", 0).member("omitted_packets", 0)
                    .member("start_time", 0).member("end_time", stream.seconds()).endObject();
        }
        return json.endArray().endObject().toString();
    }

    /** @throws PerfException when it is not JSON */
    static PerfResults parse(String text) {
        PerfJson json = PerfJson.parse(text);
        List<Stream> streams = new ArrayList<>();
        for (PerfJson stream : json.list("streams")) {
            streams.add(new Stream((int) stream.number("id", 0), (long) stream.number("bytes", 0), (long) stream.number("retransmits", -1),
                    stream.number("end_time", 0)));
        }
        return new PerfResults(json.number("cpu_util_total", 0), json.number("cpu_util_user", 0), json.number("cpu_util_system", 0),
                json.number("sender_has_retransmits", 0) == 1, streams);
    }

    long bytes() {
        return streams.stream().mapToLong(Stream::bytes).sum();
    }

    long retransmits() {
        return streams.stream().mapToLong(stream -> Math.max(0, stream.retransmits())).sum();
    }
}
