package io.mptcp.cli.dump;

import io.mptcp.stack.Keys;
import io.mptcp.wire.MptcpOptions;
import io.mptcp.wire.TcpSegment;
import java.util.function.Consumer;

/** Finds the connection of every segment and brings what is known about it up to date. Memory is bounded whatever comes. */
final class Tracker {
    private final ConnectionTable table;
    private final Consumer<PacketReport> reports;
    private final HandshakeTrace handshakes;
    private final SignalTrace signals;
    private final DataTrace data = new DataTrace();
    private final PacketReport report = new PacketReport();
    /** TCP segments of connections without MPTCP. */
    long plainTcp;
    /** Datagrams with something else than encapsulated segments. */
    long otherDatagrams;
    long followed;

    /**
     * @param reports  hears of every segment of a connection; the report is reused
     * @param finished hears of every connection at its end
     */
    Tracker(int maxConnections, int maxEntries, Consumer<PacketReport> reports, Consumer<TracedConnection> finished) {
        this.reports = reports;
        table = new ConnectionTable(maxConnections, new EntryBudget(maxEntries), finished);
        Keys keys = new Keys();
        handshakes = new HandshakeTrace(keys, table);
        signals = new SignalTrace(keys);
    }

    ConnectionTable table() {
        return table;
    }

    void segment(Segment segment) {
        report.marks.clear();
        TracedSubflow subflow = table.find(segment);
        if (subflow != null && begins(segment, subflow)) {
            table.unlink(subflow);
            subflow = null;
        }
        if (subflow == null) {
            subflow = open(segment);
        }
        if (subflow == null) {
            if (segment.encapsulated) {
                otherDatagrams++;
            } else {
                plainTcp++;
            }
            return;
        }
        followed++;
        follow(segment, subflow);
        reports.accept(report);
    }

    /** Whether addresses and ports are used once more. */
    private static boolean begins(Segment segment, TracedSubflow subflow) {
        SubflowDirection direction = subflow.from(subflow.side(segment));
        return segment.isSyn() && direction.isnKnown && direction.isn() != segment.sequenceNumber;
    }

    private TracedSubflow open(Segment segment) {
        MptcpOptions options = segment.options.mptcp;
        boolean opening = segment.isSyn() && options.has(MptcpOptions.MP_CAPABLE | MptcpOptions.MP_JOIN);
        if (!segment.hasMptcp() || segment.encapsulated && !opening) {
            return null;
        }
        if (segment.isSyn() && options.has(MptcpOptions.MP_JOIN)) {
            return join(segment, options.joinToken);
        }
        boolean handshake = options.has(MptcpOptions.MP_CAPABLE);
        boolean ofOpener = segment.isSyn() || !segment.isSynAck()
                && (options.has(MptcpOptions.MP_CAPABLE | MptcpOptions.MP_JOIN) || segment.destination.port() <= segment.source.port());
        TracedConnection connection = table.create(segment.timeNanos);
        TracedSubflow subflow = table.open(connection, handshake ? TracedSubflow.Origin.MP_CAPABLE : TracedSubflow.Origin.UNSEEN, 0, segment, ofOpener);
        report.mark(Mark.Kind.NEW_CONNECTION, subflow.opener + " > " + subflow.other + (handshake ? "" : ", its beginning is not in the capture"));
        return subflow;
    }

    /** RFC 8684 section 3.2: the token names the connection by its receiver's key. */
    private TracedSubflow join(Segment segment, int token) {
        TracedConnection connection = table.byToken(token);
        boolean known = connection != null;
        if (!known) {
            connection = table.create(segment.timeNanos);
            connection.setToken(1, token);
            table.named(connection, token);
            report.mark(Mark.Kind.NEW_CONNECTION, "its beginning is not in the capture");
        }
        int receiver = connection.isTokenKnown(1) && connection.token(1) == token ? 1 : 0;
        TracedSubflow subflow = table.open(connection, TracedSubflow.Origin.MP_JOIN, 1 - receiver, segment, true);
        if (subflow != null) {
            report.mark(Mark.Kind.NEW_SUBFLOW, subflow.opener + " > " + subflow.other + ", opened by the " + TracedConnection.sideName(1 - receiver));
        }
        return subflow;
    }

    private void follow(Segment segment, TracedSubflow subflow) {
        TracedConnection connection = subflow.connection;
        table.touch(connection);
        connection.packets++;
        connection.lastTimeNanos = segment.timeNanos;
        subflow.lastTimeNanos = segment.timeNanos;
        report.begin(segment, subflow);
        SubflowDirection from = subflow.from(report.side);
        SubflowDirection to = subflow.from(1 - report.side);
        place(segment, from, to);
        report.seq = from.relative(segment.sequenceNumber);
        report.ack = segment.has(TcpSegment.ACK) ? to.relative(segment.acknowledgmentNumber) : 0;
        for (String fault : segment.faults) {
            connection.malformedOptions++;
            report.mark(Mark.Kind.MALFORMED, fault);
        }
        if (segment.optionsCut) {
            report.mark(Mark.Kind.OPTIONS_CUT, "");
        }
        if (from.isCapturedTwice(segment)) {
            report.mark(Mark.Kind.CAPTURED_TWICE, "");
            return;
        }
        if (segment.has(TcpSegment.ACK)) {
            to.acknowledgedBy(segment, report.ack);
        }
        from.sent(segment, report.seq, report);
        handshakes.segment(segment, subflow, report);
        signals.segment(segment, subflow, report);
        data.segment(segment, subflow, report);
    }

    /** Finds out where the sequence numbers of both ends begin, as soon as a segment tells. */
    private static void place(Segment segment, SubflowDirection from, SubflowDirection to) {
        MptcpOptions options = segment.options.mptcp;
        int seq = segment.sequenceNumber;
        int ack = segment.acknowledgmentNumber;
        boolean handshake = options.has(MptcpOptions.MP_CAPABLE | MptcpOptions.MP_JOIN);
        if (segment.has(TcpSegment.SYN)) {
            from.setIsn(seq, seq);
        } else if (handshake) {
            from.setIsn(seq - 1, seq);
        } else if (options.has(MptcpOptions.DSS) && options.hasMapping && options.ssn != 0 && segment.payloadLength > 0) {
            from.setIsn(seq - options.ssn, seq);
        }
        from.assumeIsn(seq - 1);
        if (segment.has(TcpSegment.ACK)) {
            if (segment.isSynAck() || handshake) {
                to.setIsn(ack - 1, ack);
            }
            to.assumeIsn(ack - 1);
        }
    }
}
