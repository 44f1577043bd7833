package io.mptcp.cli.dump;

import io.mptcp.wire.MptcpOption;
import io.mptcp.wire.MptcpOptions;
import io.mptcp.wire.TcpOptions;
import io.mptcp.wire.TcpSegment;
import java.io.PrintWriter;
import java.util.HexFormat;
import java.util.StringJoiner;

/** For people: one line a packet, then a summary of each connection. */
final class TextOutput extends DumpOutput {
    private static final int TIME_COLUMNS = 11;

    TextOutput(PrintWriter out, Integer token, boolean summaryOnly) {
        super(out, token, summaryOnly);
    }

    @Override
    String packet(PacketReport report) {
        Segment segment = report.segment;
        StringBuilder line = new StringBuilder(160);
        String time = Numbers.seconds(sinceStart(segment.timeNanos));
        line.append(" ".repeat(Math.max(0, TIME_COLUMNS - time.length()))).append(time).append(' ');
        column(line, report.subflow.connection.number + "." + report.subflow.index, 5);
        line.append(arrow(report.side)).append(' ');
        column(line, flags(segment.flags), 5);
        column(line, "seq " + report.seq, 13);
        column(line, segment.has(TcpSegment.ACK) ? "ack " + report.ack : "", 13);
        column(line, "len " + segment.payloadLength, 10);
        StringJoiner options = new StringJoiner("; ");
        for (PacketReport.DataRange range : report.data) {
            options.add("data " + range.from() + ".." + (range.to() - 1));
        }
        for (MptcpOption option : MptcpOption.of(segment.options.mptcp)) {
            options.add(option instanceof MptcpOption.Dss dss ? dss(dss, report) : option.toString());
        }
        if (segment.options.mptcp.hasMpCapableMapping() && segment.options.mptcp.hasDataAck && !segment.options.mptcp.has(MptcpOptions.DSS)) {
            options.add("DATA_ACK " + report.dataAck);
        }
        tcpOptions(segment, report, options);
        line.append(options);
        for (Mark mark : report.marks) {
            line.append(" [").append(mark).append(']');
        }
        return line.toString().stripTrailing();
    }

    private static void column(StringBuilder line, String text, int width) {
        line.append(text).append(" ".repeat(Math.max(1, width + 1 - text.length())));
    }

    static char arrow(int side) {
        return side == 0 ? '>' : '<';
    }

    /** As tcpdump has them. */
    static String flags(int flags) {
        String names = "FSRP.UEW";
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < names.length(); i++) {
            if ((flags & 1 << i) != 0) {
                text.append(names.charAt(i));
            }
        }
        return text.isEmpty() ? "-" : text.toString();
    }

    private static String dss(MptcpOption.Dss dss, PacketReport report) {
        StringBuilder text = new StringBuilder("DSS");
        if (dss.ack() != null) {
            text.append(" DATA_ACK ").append(report.dataAck);
        }
        MptcpOption.Mapping mapping = dss.mapping();
        if (mapping != null) {
            text.append(" DSN ").append(report.dsn).append(" SSN ").append(Integer.toUnsignedString(mapping.ssn()))
                    .append(" length ").append(mapping.dataLevelLength());
            if (mapping.dataLevelLength() == 0) {
                text.append(" (infinite)");
            }
            if (mapping.checksum() >= 0) {
                text.append(" checksum ").append(HexFormat.of().toHexDigits((short) mapping.checksum()));
            }
        }
        return text.toString();
    }

    private static void tcpOptions(Segment segment, PacketReport report, StringJoiner text) {
        TcpOptions options = segment.options;
        if (options.mss >= 0) {
            text.add("mss " + options.mss);
        }
        if (options.sackCount > 0) {
            StringJoiner blocks = new StringJoiner(" ", "sack ", "");
            SubflowDirection other = report.subflow.from(1 - report.side);
            for (int i = 0; i < options.sackCount; i++) {
                blocks.add(other.relative(options.sackLeft[i]) + ".." + (other.relative(options.sackRight[i]) - 1));
            }
            text.add(blocks.toString());
        }
    }

    @Override
    String connection(TracedConnection connection) {
        return new TextSummary(connection, this).text();
    }

    @Override
    String totals(CaptureTotals totals) {
        StringJoiner text = new StringJoiner(", ");
        text.add(totals.packets() + (totals.packets() == 1 ? " packet" : " packets"));
        text.add(totals.mptcpSegments() + " of " + totals.connections() + " MPTCP connection" + (totals.connections() == 1 ? "" : "s"));
        add(text, totals.plainTcp(), "of other TCP");
        add(text, totals.fragments(), "IP fragments");
        add(text, totals.tooShort(), "with headers not whole");
        add(text, totals.other(), "of something else");
        add(text, totals.unknownLinkType(), "of a link type that is not known (" + totals.linkType() + ")");
        if (totals.finishedEarly() > 0) {
            text.add(totals.finishedEarly() + " connections finished early: more than " + ConnectionTable.MAX_CONNECTIONS + " at a time are not followed");
        }
        return text.toString();
    }

    private static void add(StringJoiner text, long count, String what) {
        if (count > 0) {
            text.add(count + " " + what);
        }
    }
}
