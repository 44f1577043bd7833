package io.mptcp.cli.dump;

import io.mptcp.netty.JsonWriter;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.MptcpOption;
import io.mptcp.wire.TcpSegment;
import java.io.PrintWriter;
import java.util.HexFormat;
import java.util.Locale;

/** For programs: one JSON object a line, told apart by their {@code type}: {@code packet}, {@code connection}, and {@code capture} at the end. */
final class JsonOutput extends DumpOutput {
    JsonOutput(PrintWriter out, Integer token, boolean summaryOnly) {
        super(out, token, summaryOnly);
    }

    @Override
    String packet(PacketReport report) {
        Segment segment = report.segment;
        JsonWriter json = new JsonWriter().beginObject().member("type", "packet").member("number", segment.number)
                .member("time_nanos", sinceStart(segment.timeNanos)).member("connection", report.subflow.connection.number)
                .member("subflow", report.subflow.index).member("from", TracedConnection.sideName(report.side))
                .member("flags", TextOutput.flags(segment.flags)).member("seq", report.seq);
        if (segment.has(TcpSegment.ACK)) {
            json.member("ack", report.ack);
        }
        json.member("length", segment.payloadLength);
        if (!report.data.isEmpty()) {
            json.name("data").beginArray();
            for (PacketReport.DataRange range : report.data) {
                json.beginObject().member("first_dsn", range.from()).member("last_dsn", range.to() - 1).endObject();
            }
            json.endArray();
        }
        json.name("options").beginArray();
        for (MptcpOption option : MptcpOption.of(segment.options.mptcp)) {
            json.beginObject();
            option(json, option, report);
            json.endObject();
        }
        json.endArray();
        json.name("marks").beginArray();
        for (Mark mark : report.marks) {
            json.beginObject().member("mark", mark.kind().name().toLowerCase(Locale.ROOT));
            if (!mark.detail().isEmpty()) {
                json.member("detail", mark.detail());
            }
            json.endObject();
        }
        return json.endArray().endObject().toString();
    }

    private static void option(JsonWriter json, MptcpOption option, PacketReport report) {
        switch (option) {
            case MptcpOption.MpCapableSyn o -> capable(json, o.version(), o.flags());
            case MptcpOption.MpCapableSynAck o -> capable(json, o.version(), o.flags()).member("sender_key", hex(o.senderKey()));
            case MptcpOption.MpCapableAck o -> capable(json, o.version(), o.flags()).member("sender_key", hex(o.senderKey()))
                    .member("receiver_key", hex(o.receiverKey()));
            case MptcpOption.MpCapableData o -> {
                capable(json, o.version(), o.flags()).member("sender_key", hex(o.senderKey())).member("receiver_key", hex(o.receiverKey()))
                        .member("data_level_length", o.dataLevelLength());
                checksum(json, o.checksum());
            }
            case MptcpOption.MpJoinSyn o -> json.member("option", "MP_JOIN").member("backup", o.backup()).member("address_id", o.addressId())
                    .member("token", hex(o.token())).member("nonce", hex(o.nonce()));
            case MptcpOption.MpJoinSynAck o -> json.member("option", "MP_JOIN").member("backup", o.backup()).member("address_id", o.addressId())
                    .member("hmac", hex(o.truncatedHmac())).member("nonce", hex(o.nonce()));
            case MptcpOption.MpJoinAck o -> json.member("option", "MP_JOIN").member("hmac", hex(o.hmac0()) + hex(o.hmac1()) + hex(o.hmac2()));
            case MptcpOption.Dss o -> dss(json, o, report);
            case MptcpOption.AddAddr o -> address(json, o.addressId(), o.address(), o.port(), false).member("hmac", hex(o.hmac()));
            case MptcpOption.AddAddrEcho o -> address(json, o.addressId(), o.address(), o.port(), true);
            case MptcpOption.RemoveAddr o -> {
                json.member("option", "REMOVE_ADDR").name("address_ids").beginArray();
                o.addressIds().forEach(json::value);
                json.endArray();
            }
            case MptcpOption.MpPrio o -> json.member("option", "MP_PRIO").member("backup", o.backup());
            case MptcpOption.MpFail o -> json.member("option", "MP_FAIL").member("dsn_raw", Long.toUnsignedString(o.dsn()));
            case MptcpOption.MpFastclose o -> json.member("option", "MP_FASTCLOSE").member("receiver_key", hex(o.receiverKey()));
            case MptcpOption.MpTcpRst o -> json.member("option", "MP_TCPRST").member("reason", o.reason()).member("transient", o.isTransient());
        }
    }

    private static JsonWriter capable(JsonWriter json, int version, int flags) {
        return json.member("option", "MP_CAPABLE").member("version", version).member("flags", flags);
    }

    private static JsonWriter address(JsonWriter json, int id, IpAddress address, int port, boolean echo) {
        json.member("option", "ADD_ADDR").member("echo", echo).member("address_id", id).member("address", address.toString());
        return port == 0 ? json : json.member("port", port);
    }

    /** Relative numbers, and those on the wire as strings: 64 bits are more than many a reader of JSON takes as a number. */
    private static void dss(JsonWriter json, MptcpOption.Dss dss, PacketReport report) {
        json.member("option", "DSS");
        if (dss.ack() != null) {
            json.member("data_ack", report.dataAck).member("data_ack_raw", Long.toUnsignedString(dss.ack().dataAck()))
                    .member("data_ack_bits", dss.ack().wide() ? 64 : 32);
        }
        MptcpOption.Mapping mapping = dss.mapping();
        if (mapping != null) {
            json.member("dsn", report.dsn).member("dsn_raw", Long.toUnsignedString(mapping.dsn())).member("dsn_bits", mapping.wide() ? 64 : 32)
                    .member("ssn", Integer.toUnsignedLong(mapping.ssn())).member("data_level_length", mapping.dataLevelLength())
                    .member("data_fin", mapping.dataFin());
            checksum(json, mapping.checksum());
        }
    }

    private static void checksum(JsonWriter json, int checksum) {
        if (checksum >= 0) {
            json.member("checksum", checksum);
        }
    }

    private static String hex(long value) {
        return HexFormat.of().toHexDigits(value);
    }

    private static String hex(int value) {
        return HexFormat.of().toHexDigits(value);
    }

    @Override
    String connection(TracedConnection connection) {
        return JsonSummary.of(connection, this);
    }

    @Override
    String totals(CaptureTotals totals) {
        return new JsonWriter().beginObject().member("type", "capture").member("start_nanos", Math.max(0, startNanos()))
                .member("packets", totals.packets()).member("connections", totals.connections()).member("mptcp_segments", totals.mptcpSegments())
                .member("plain_tcp_segments", totals.plainTcp()).member("fragments", totals.fragments()).member("too_short", totals.tooShort())
                .member("other", totals.other()).member("unknown_link_type", totals.unknownLinkType())
                .member("connections_finished_early", totals.finishedEarly()).endObject().toString();
    }
}
