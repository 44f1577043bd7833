package io.mptcp.cli.check;

import io.mptcp.cli.ExitCodes;
import io.mptcp.cli.TextTable;
import io.mptcp.netty.JsonWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/** All paths to a server: a table and a sentence each for people, JSON and an exit code for programs. */
record CheckReport(CheckSettings settings, List<PathResult> results) {
    private static final double NANOS_PER_MILLI = 1e6;

    CheckReport {
        results = List.copyOf(results);
    }

    private List<Verdict> verdicts() {
        return IntStream.range(0, results.size()).mapToObj(i -> new Verdict(results, i)).toList();
    }

    /** 0 when MPTCP works over every path, 1 when it does not over some or all, 2 when the server could not be reached over any. */
    int exitCode() {
        if (results.stream().noneMatch(result -> result.first().isTcp())) {
            return ExitCodes.USAGE;
        }
        return verdicts().stream().allMatch(Verdict::isMptcp) ? ExitCodes.OK : ExitCodes.FAILURE;
    }

    // ---- for people ----

    String text() {
        TextTable table = new TextTable("path", "from", "first subflow", "joins", "round trip", "MSS", "path MTU", "checksums", "ADD_ADDR", "TCP options");
        List<Verdict> verdicts = verdicts();
        for (int i = 0; i < results.size(); i++) {
            addRow(table, results.get(i), verdicts.get(i));
        }
        boolean named = !settings.host().equals(settings.remote().address().toString());
        StringBuilder text = new StringBuilder(named ? settings.host() + " " : "").append(settings.remote()).append("\n\n")
                .append(table.leftAligned()).append('\n');
        verdicts.forEach(verdict -> text.append(verdict.sentence()).append('\n'));
        return text.toString();
    }

    private void addRow(TextTable table, PathResult result, Verdict verdict) {
        SynAck answer = verdict.synAck();
        String from = result.path().local() == null ? "-" : result.path().local().toString();
        if (answer == null) {
            table.add(result.path().name(), from, summary(result), joins(verdict), "-", "-", "-", "-", "-", "-");
            return;
        }
        boolean mptcp = result.synAck() != null && result.synAck().mpCapable();
        table.add(result.path().name(), from, summary(result), joins(verdict),
                result.rttNanos() < 0 ? "-" : String.format(Locale.ROOT, "%.1f ms", result.rttNanos() / NANOS_PER_MILLI),
                answer.mssBytes() < 0 ? "-" : Integer.toString(answer.mssBytes()),
                verdict.pmtuBytes() == 0 ? "-" : Integer.toString(verdict.pmtuBytes()),
                !mptcp ? "-" : result.synAck().checksum() ? "on" : "off",
                result.announced().isEmpty() ? "-" : String.join(" ", result.announced()),
                String.join(" ", options(answer)));
    }

    private static String summary(PathResult result) {
        return switch (result.first()) {
            case MPTCP -> "MPTCP";
            case LOST_ON_FIRST_DATA, LOST_LATER, PAYLOAD_CHANGED -> "falls back";
            case SYN_RESET, DATA_DROPPED, UNMAPPED, RESET_LATER -> "plain TCP only";
            case NOT_IN_SYN_ACK, OTHER_VERSION, SYN_DROPPED -> "plain TCP";
            case NO_DATA -> "no data";
            case REFUSED -> "refused";
            case SILENT -> "no answer";
            case UNREACHABLE -> "unreachable";
            case NO_ROUTE -> "no route";
            case DOWN -> "down";
        };
    }

    private static String joins(Verdict verdict) {
        List<Joined> joins = verdict.joins();
        long tried = joins.stream().filter(Joined::isConclusive).count();
        long works = joins.stream().filter(Joined::works).count();
        if (tried == 0) {
            return "-";
        }
        return works == tried ? "yes" : works > 0 ? works + " of " + tried : "no";
    }

    private static List<String> options(SynAck answer) {
        List<String> options = new ArrayList<>();
        addIf(options, answer.sackPermitted(), "SACK");
        addIf(options, answer.timestamps(), "TS");
        addIf(options, answer.windowScale(), "WS");
        addIf(options, answer.ecn(), "ECN");
        addIf(options, options.isEmpty(), "none");
        return options;
    }

    private static void addIf(List<String> list, boolean condition, String text) {
        if (condition) {
            list.add(text);
        }
    }

    // ---- for programs ----

    /** One JSON object without a line break. */
    String json() {
        JsonWriter json = new JsonWriter();
        List<Verdict> verdicts = verdicts();
        json.beginObject()
                .member("host", settings.host())
                .member("remote", settings.remote().toString())
                .member("exit_code", exitCode())
                .name("paths").beginArray();
        for (int i = 0; i < results.size(); i++) {
            write(json, results.get(i), verdicts.get(i));
        }
        return json.endArray().endObject().toString();
    }

    private void write(JsonWriter json, PathResult result, Verdict verdict) {
        json.beginObject()
                .member("path", result.path().name())
                .member("local", result.path().local() == null ? null : result.path().local().toString())
                .member("mptcp", verdict.isMptcp())
                .member("tcp", result.first().isTcp())
                .member("first_subflow", result.first().key())
                .member("fallback_reason", result.fallbackReason())
                .name("joins").beginArray();
        for (Joined join : verdict.joins()) {
            json.beginObject().member("from", results.get(join.fromIndex()).path().name()).member("outcome", join.outcome().key());
            numberOrNull(json, "reset_reason", join.resetReason(), -1).endObject();
        }
        json.endArray();
        json.name("rtt_ms");
        if (result.rttNanos() < 0) {
            json.value((String) null);
        } else {
            json.value(result.rttNanos() / NANOS_PER_MILLI);
        }
        json.member("interface_mtu", result.path().mtuBytes());
        numberOrNull(json, "pmtu", verdict.pmtuBytes(), 0);
        writeSynAck(json, verdict.synAck());
        writeChanges(json, result, verdict);
        json.member("data_segments_received", result.flow().dataSegments())
                .member("data_segments_received_without_dss", result.flow().unmappedDataSegments())
                .name("add_addr").beginArray();
        result.announced().forEach(json::value);
        json.endArray().member("verdict", verdict.sentence()).endObject();
    }

    private static JsonWriter numberOrNull(JsonWriter json, String name, long value, long unknown) {
        return value == unknown ? json.member(name, null) : json.member(name, value);
    }

    private static void writeSynAck(JsonWriter json, SynAck answer) {
        json.name("syn_ack");
        if (answer == null) {
            json.value((String) null);
            return;
        }
        json.beginObject().member("mp_capable", answer.mpCapable());
        numberOrNull(json, "version", answer.version(), -1);
        json.member("checksum", answer.checksum()).member("denies_join", answer.deniesJoin());
        numberOrNull(json, "mss", answer.mssBytes(), -1);
        json.member("sack", answer.sackPermitted()).member("timestamps", answer.timestamps()).member("window_scale", answer.windowScale())
                .member("ecn", answer.ecn()).endObject();
    }

    /** What this side can see of changes. New initial sequence numbers are not among it: MPTCP works with relative ones, for that very reason. */
    private static void writeChanges(JsonWriter json, PathResult result, Verdict verdict) {
        json.name("changed").beginObject().name("options_removed").beginArray();
        verdict.removedOptions().forEach(json::value);
        json.endArray().member("mss_clamped", verdict.largerMssBytes() > 0)
                .member("ecn_cleared", verdict.isEcnCleared())
                .member("timestamps_removed_later", result.flow().isMissingTimestamps())
                .member("payload", result.first() == First.PAYLOAD_CHANGED)
                .member("isn", null)
                .endObject();
    }
}
