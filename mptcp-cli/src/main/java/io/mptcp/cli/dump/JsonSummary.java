package io.mptcp.cli.dump;

import io.mptcp.netty.JsonWriter;
import java.util.HexFormat;
import java.util.Locale;

/** The summary of one connection, for programs. Members that are unknown are left out. */
final class JsonSummary {
    private JsonSummary() {
    }

    static String of(TracedConnection connection, DumpOutput output) {
        JsonWriter json = new JsonWriter().beginObject().member("type", "connection").member("connection", connection.number)
                .member("time_nanos", output.sinceStart(connection.firstTimeNanos))
                .member("duration_nanos", connection.lastTimeNanos - connection.firstTimeNanos).member("packets", connection.packets);
        if (connection.version >= 0) {
            json.member("version", connection.version);
        }
        for (int side = 0; side < 2; side++) {
            side(json, connection, side);
        }
        json.name("subflows").beginArray();
        for (TracedSubflow subflow : connection.subflows()) {
            subflow(json, subflow, output);
        }
        json.endArray().member("subflows_left_out", connection.subflowsLeftOut);
        json.name("signals").beginArray();
        for (TracedConnection.Signal signal : connection.signals) {
            json.beginObject().member("time_nanos", output.sinceStart(signal.timeNanos())).member("from", TracedConnection.sideName(signal.side()))
                    .member("text", signal.text()).endObject();
        }
        json.endArray().member("signals_left_out", connection.signalsLeftOut);
        json.member("checksums_ok", connection.checksumsOk).member("checksums_bad", connection.checksumsBad)
                .member("malformed_options", connection.malformedOptions);
        json.member("fallback", connection.fallback);
        if (connection.fallback != null) {
            json.member("fallback_time_nanos", output.sinceStart(connection.fallbackTimeNanos));
        }
        return json.member("end", connection.end()).endObject().toString();
    }

    /** An end of the connection, and the data it sends. */
    private static void side(JsonWriter json, TracedConnection connection, int side) {
        DataDirection data = connection.data[side];
        json.name(TracedConnection.sideName(side)).beginObject();
        if (connection.isTokenKnown(side)) {
            json.member("token", HexFormat.of().toHexDigits(connection.token(side)));
        }
        if (connection.isKeyKnown(side)) {
            json.member("key", HexFormat.of().toHexDigits(connection.key(side))).member("idsn", Long.toUnsignedString(data.absolute(0)));
        }
        if (connection.flags[side] >= 0) {
            json.member("flags", connection.flags[side]);
        }
        json.member("bytes", data.bytes).member("reinjected_bytes", data.reinjectedBytes).member("unmapped_bytes", data.unmappedBytes)
                .member("data_ack", data.dataAck);
        if (data.dataFin >= 0) {
            json.member("data_fin", data.dataFin);
        }
        json.name("reinjected_because").beginObject();
        data.reinjected.forEach((reason, bytes) -> json.member(reason.name().toLowerCase(Locale.ROOT), bytes));
        json.endObject();
        json.member("column_bytes", data.map.columnBytes()).name("first_bytes_by_column").beginArray();
        for (int subflow = 0; subflow < data.map.subflows(); subflow++) {
            json.beginArray();
            for (long bytes : data.map.bytes(subflow)) {
                json.value(bytes);
            }
            json.endArray();
        }
        json.endArray().endObject();
    }

    private static void subflow(JsonWriter json, TracedSubflow subflow, DumpOutput output) {
        json.beginObject().member("subflow", subflow.index).member("opened_by", TracedConnection.sideName(subflow.openerSide))
                .member("origin", subflow.origin.name().toLowerCase(Locale.ROOT)).member("udp", subflow.encapsulated)
                .member("time_nanos", output.sinceStart(subflow.firstTimeNanos)).member("last_time_nanos", output.sinceStart(subflow.lastTimeNanos));
        if (subflow.synAckTimeNanos >= 0) {
            json.member("syn_ack_time_nanos", output.sinceStart(subflow.synAckTimeNanos));
        }
        if (subflow.establishedTimeNanos >= 0) {
            json.member("established_time_nanos", output.sinceStart(subflow.establishedTimeNanos));
        }
        json.member("refused", subflow.refused).member("closed", subflow.isClosed());
        for (int side = 0; side < 2; side++) {
            SubflowDirection direction = subflow.from(side);
            json.name(TracedConnection.sideName(side)).beginObject().member("endpoint", subflow.endpoint(side).toString());
            if (subflow.addressIds[side] >= 0) {
                json.member("address_id", subflow.addressIds[side]);
            }
            json.member("backup", subflow.backup[side]).member("packets", direction.packets).member("bytes", direction.bytes)
                    .member("first_bytes", direction.firstBytes).member("retransmitted_bytes", direction.retransmittedBytes)
                    .member("reinjected_bytes", direction.reinjectedBytes).member("fin", direction.fin).member("rst", direction.rst);
            if (direction.resetReason != null) {
                json.member("reset_reason", direction.resetReason);
            }
            json.endObject();
        }
        json.endObject();
    }
}
