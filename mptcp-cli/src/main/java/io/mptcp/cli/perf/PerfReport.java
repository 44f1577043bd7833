package io.mptcp.cli.perf;

import io.mptcp.netty.JsonWriter;
import io.mptcp.netty.SegmentLink;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.SubflowInfo;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What a person, or a program with {@code --json}, gets to see: as iperf3 writes it, and what each path carried. */
final class PerfReport {
    private static final String RULE = "- - - - - - - - - - - - - - - - - - - - - - - - -";

    /**
     * One stream in one interval.
     *
     * @param retransmits segments sent again, -1 for a receiver
     */
    record Line(int id, double from, double to, long bytes, long retransmits, long cwndBytes) {
    }

    /** What one path carried for all streams. */
    record PathLine(String name, long bytesSent, long bytesReceived, int subflows) {
    }

    private final PrintWriter out;
    private final boolean json;
    private final double intervalSeconds;
    private final JsonWriter document = new JsonWriter();
    private boolean headed;

    PerfReport(PrintWriter out, boolean json, double intervalSeconds) {
        this.out = out;
        this.json = json;
        this.intervalSeconds = intervalSeconds;
    }

    long intervalMillis() {
        return Math.max(100, Math.round(intervalSeconds * 1000));
    }

    void say(String text) {
        if (!json) {
            out.println(text);
            out.flush();
        }
    }

    void started(Measurement measurement) {
        PerfParameters parameters = measurement.parameters();
        if (json) {
            document.beginObject().name("start").beginObject();
            document.name("connected").beginArray();
            for (DataStream stream : measurement.streams()) {
                MptcpConnection connection = stream.connection();
                document.beginObject().member("socket", stream.id()).member("local_host", connection.local().address().toString())
                        .member("local_port", connection.local().port()).member("remote_host", connection.remote().address().toString())
                        .member("remote_port", connection.remote().port()).member("mptcp", !connection.isFallback()).endObject();
            }
            document.endArray().name("test_start").beginObject().member("protocol", "TCP").member("num_streams", parameters.parallel())
                    .member("blksize", parameters.blockBytes()).member("omit", parameters.omitSeconds()).member("duration", parameters.seconds())
                    .member("bytes", parameters.totalBytes()).member("reverse", parameters.reverse() ? 1 : 0).endObject().endObject();
            document.name("intervals").beginArray();
            return;
        }
        for (DataStream stream : measurement.streams()) {
            MptcpConnection connection = stream.connection();
            say(String.format(Locale.ROOT, "[%3d] local %s port %d connected to %s port %d (%s)", stream.id(), connection.local().address(),
                    connection.local().port(), connection.remote().address(), connection.remote().port(), connection.isFallback() ? "TCP" : "MPTCP"));
        }
    }

    void interval(List<Line> lines, boolean omitted) {
        if (json) {
            document.beginObject().name("streams").beginArray();
            lines.forEach(line -> line(line, omitted));
            document.endArray().name("sum");
            line(sum(lines), omitted);
            document.endObject();
            return;
        }
        boolean sender = lines.getFirst().retransmits() >= 0;
        if (!headed) {
            headed = true;
            say("[ ID] Interval           Transfer     Bitrate" + (sender ? "         Retr  Cwnd" : ""));
        }
        for (Line line : lines) {
            say(text(String.format(Locale.ROOT, "[%3d]", line.id()), line) + (sender ? "   " + size(line.cwndBytes()) : "") + (omitted ? "  (omitted)" : ""));
        }
        if (lines.size() > 1) {
            say(text("[SUM]", sum(lines)) + (omitted ? "  (omitted)" : ""));
            say(RULE);
        }
    }

    private static Line sum(List<Line> lines) {
        Line first = lines.getFirst();
        long retransmits = first.retransmits() < 0 ? -1 : lines.stream().mapToLong(Line::retransmits).sum();
        return new Line(0, first.from(), first.to(), lines.stream().mapToLong(Line::bytes).sum(), retransmits,
                lines.stream().mapToLong(Line::cwndBytes).sum());
    }

    private void line(Line line, boolean omitted) {
        double seconds = line.to() - line.from();
        document.beginObject().member("socket", line.id()).member("start", line.from()).member("end", line.to()).member("seconds", seconds)
                .member("bytes", line.bytes()).member("bits_per_second", seconds > 0 ? line.bytes() * 8 / seconds : 0);
        if (line.retransmits() >= 0) {
            document.member("retransmits", line.retransmits()).member("snd_cwnd", line.cwndBytes());
        }
        document.member("omitted", omitted).endObject();
    }

    /**
     * The last lines.
     *
     * @param other what the other side has counted, or null when it could not say
     */
    void finished(boolean sending, PerfResults own, PerfResults other, List<PathLine> paths) {
        PerfResults sent = sending ? own : other;
        PerfResults received = sending ? other : own;
        if (json) {
            document.endArray().name("end").beginObject().name("streams").beginArray();
            for (PerfResults.Stream stream : own.streams()) {
                document.beginObject();
                part("sender", of(sent, stream.id()));
                part("receiver", of(received, stream.id()));
                document.endObject();
            }
            document.endArray();
            part("sum_sent", sent == null ? null : total(sent));
            part("sum_received", received == null ? null : total(received));
            document.name("cpu_utilization_percent").beginObject().member("host_total", own.cpuPercent())
                    .member("remote_total", other == null ? 0 : other.cpuPercent()).endObject();
            document.name("paths").beginArray();
            paths.forEach(path -> document.beginObject().member("path", path.name()).member("subflows", path.subflows())
                    .member("bytes_sent", path.bytesSent()).member("bytes_received", path.bytesReceived()).endObject());
            document.endArray().endObject().endObject();
            out.println(document);
            out.flush();
            return;
        }
        say(RULE);
        say("[ ID] Interval           Transfer     Bitrate         Retr");
        for (PerfResults.Stream stream : own.streams()) {
            String id = String.format(Locale.ROOT, "[%3d]", stream.id());
            last(id, of(sent, stream.id()), "sender");
            last(id, of(received, stream.id()), "receiver");
        }
        if (own.streams().size() > 1) {
            last("[SUM]", sent == null ? null : total(sent), "sender");
            last("[SUM]", received == null ? null : total(received), "receiver");
        }
        pathLines(sending, paths);
    }

    private void pathLines(boolean sending, List<PathLine> paths) {
        long all = Math.max(1, paths.stream().mapToLong(path -> sending ? path.bytesSent() : path.bytesReceived()).sum());
        for (PathLine path : paths) {
            long bytes = sending ? path.bytesSent() : path.bytesReceived();
            say(String.format(Locale.ROOT, "path %s: %.1f %% (%s), %d subflow%s", path.name(), 100.0 * bytes / all, size(bytes), path.subflows(),
                    path.subflows() == 1 ? "" : "s"));
        }
    }

    private static PerfResults.Stream of(PerfResults results, int id) {
        return results == null ? null : results.streams().stream().filter(stream -> stream.id() == id).findFirst().orElse(null);
    }

    private static PerfResults.Stream total(PerfResults results) {
        double seconds = results.streams().stream().mapToDouble(PerfResults.Stream::seconds).max().orElse(0);
        return new PerfResults.Stream(0, results.bytes(), results.hasRetransmits() ? results.retransmits() : -1, seconds);
    }

    private void part(String name, PerfResults.Stream stream) {
        if (stream == null) {
            return;
        }
        document.name(name).beginObject().member("start", 0).member("end", stream.seconds()).member("seconds", stream.seconds())
                .member("bytes", stream.bytes()).member("bits_per_second", stream.seconds() > 0 ? stream.bytes() * 8 / stream.seconds() : 0);
        if (stream.retransmits() >= 0) {
            document.member("retransmits", stream.retransmits());
        }
        document.endObject();
    }

    private void last(String id, PerfResults.Stream stream, String side) {
        if (stream != null) {
            boolean sender = side.equals("sender");
            Line line = new Line(stream.id(), 0, stream.seconds(), stream.bytes(), sender ? stream.retransmits() : -1, 0);
            say(text(id, line) + (line.retransmits() < 0 ? "     " : "") + "             " + side);
        }
    }

    private static String text(String id, Line line) {
        double seconds = Math.max(1e-9, line.to() - line.from());
        String retransmits = line.retransmits() < 0 ? "" : String.format(Locale.ROOT, " %4d", line.retransmits());
        return String.format(Locale.ROOT, "%s %6.2f-%-6.2f sec  %s  %s%s", id, line.from(), line.to(), padded(size(line.bytes())),
                padded(rate(line.bytes() * 8 / seconds)), retransmits);
    }

    /** Units of 1024, as iperf3 has them. */
    static String size(long bytes) {
        String[] units = {"Bytes", "KBytes", "MBytes", "GBytes", "TBytes"};
        double value = bytes;
        int unit = 0;
        while (value >= 1024 && unit < units.length - 1) {
            value /= 1024;
            unit++;
        }
        return digits(value) + " " + units[unit];
    }

    /** Units of 1000. */
    static String rate(double bitsPerSecond) {
        String[] units = {"bits/sec", "Kbits/sec", "Mbits/sec", "Gbits/sec"};
        double value = bitsPerSecond;
        int unit = 0;
        while (value >= 1000 && unit < units.length - 1) {
            value /= 1000;
            unit++;
        }
        return digits(value) + " " + units[unit];
    }

    /** Numbers of up to four characters stand one below the other. */
    private static String padded(String quantity) {
        return " ".repeat(Math.max(0, 4 - quantity.indexOf(' '))) + quantity;
    }

    private static String digits(double value) {
        return String.format(Locale.ROOT, value < 9.995 ? "%.2f" : value < 99.95 ? "%.1f" : "%.0f", value);
    }

    /** What each link carried for these connections. */
    static List<PathLine> paths(List<SegmentLink> links, List<MptcpConnection> connections) {
        List<PathLine> lines = new ArrayList<>();
        for (SegmentLink link : links) {
            long sent = 0;
            long received = 0;
            int subflows = 0;
            for (MptcpConnection connection : connections) {
                for (SubflowInfo subflow : connection.subflows()) {
                    if (subflow.linkId() == link.id()) {
                        sent += subflow.bytesSent();
                        received += subflow.bytesReceived();
                        subflows++;
                    }
                }
            }
            lines.add(new PathLine(link.name(), sent, received, subflows));
        }
        return lines;
    }
}
