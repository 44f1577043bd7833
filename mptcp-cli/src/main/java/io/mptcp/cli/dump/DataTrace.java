package io.mptcp.cli.dump;

import io.mptcp.wire.Checksum;
import io.mptcp.wire.MptcpOptions;
import io.mptcp.wire.Seq;

/** Follows the data sequence through the segments of all subflows of a connection (RFC 8684 section 3.3), and its end as MPTCP (section 3.7). */
final class DataTrace {
    /** RFC 8684 section 3.1: the mapping of MP_CAPABLE is that of the first byte of subflow and connection. */
    static final int MP_CAPABLE_SSN = 1;
    private static final long FIRST_DSN = 1;

    void segment(Segment segment, TracedSubflow subflow, PacketReport report) {
        MptcpOptions options = segment.options.mptcp;
        TracedConnection connection = subflow.connection;
        int side = report.side;
        if (options.has(MptcpOptions.DSS) && options.hasDataAck) {
            dataAck(connection.data[1 - side], options, report);
        }
        TracedMapping mapping = null;
        if (options.hasMpCapableMapping()) {
            mapping = mapped(segment, subflow, true, report);
        } else if (options.has(MptcpOptions.DSS) && options.hasMapping) {
            mapping = options.dataLevelLength == 0 ? infinite(segment, subflow, report) : mapped(segment, subflow, false, report);
        }
        if (segment.payloadLength > 0) {
            payload(segment, subflow, report);
        } else if (mapping != null && mapping.payloadLength == 0) {
            // A DATA_FIN alone: its checksum covers nothing but the mapping.
            verdict(mapping.sum(mapping.ssn, 0, segment, 0), connection, report);
        }
        if (options.has(MptcpOptions.MP_FAIL)) {
            fallBack(connection, "MP_FAIL of the " + TracedConnection.sideName(side), report);
        }
    }

    private static void dataAck(DataDirection acknowledged, MptcpOptions options, PacketReport report) {
        report.dataAck = acknowledged.relative(options.dataAck8, options.dataAck);
        if (acknowledged.isPlausible(report.dataAck)) {
            acknowledged.acknowledged(report.dataAck);
        } else {
            report.mark(Mark.Kind.FAR_DATA_ACK, "");
        }
    }

    /** RFC 8684 section 3.7: from here on the streams of subflow and connection are the same. */
    private static TracedMapping infinite(Segment segment, TracedSubflow subflow, PacketReport report) {
        report.dsn = subflow.connection.data[report.side].relative(segment.options.mptcp.dsn8, segment.options.mptcp.dsn);
        fallBack(subflow.connection, "infinite mapping of the " + TracedConnection.sideName(report.side), report);
        return null;
    }

    private static void fallBack(TracedConnection connection, String reason, PacketReport report) {
        if (connection.fallBack(reason, report.segment.timeNanos)) {
            report.mark(Mark.Kind.FALLBACK, reason);
        }
    }

    private static TracedMapping mapped(Segment segment, TracedSubflow subflow, boolean byCapable, PacketReport report) {
        MptcpOptions options = segment.options.mptcp;
        DataDirection data = subflow.connection.data[report.side];
        SubflowDirection direction = subflow.from(report.side);
        int rawSsn = byCapable ? MP_CAPABLE_SSN : options.ssn;
        long dsn = byCapable ? FIRST_DSN : data.relative(options.dsn8, options.dsn);
        report.dsn = dsn;
        if (!data.isPlausible(dsn)) {
            report.mark(Mark.Kind.FAR_DSN, "");
            return null;
        }
        boolean fin = !byCapable && options.dataFin;
        int length = options.dataLevelLength - (fin ? 1 : 0);
        if (fin) {
            data.fin(dsn + length);
            report.mark(Mark.Kind.DATA_FIN, "at " + (dsn + length));
        }
        long ssn = Seq.extend(rawSsn, report.seq);
        boolean verifiable = options.hasChecksum && data.isWide();
        TracedMapping mapping = new TracedMapping(ssn, dsn, length, verifiable ? options.checksum : -1,
                Checksum.dssPseudoHeader(data.absolute(dsn), rawSsn, options.dataLevelLength));
        if (length == 0) {
            return mapping;
        }
        TracedMapping before = direction.mappingAt(ssn);
        if (before != null && ssn - before.ssn != dsn - before.dsn) {
            report.mark(Mark.Kind.MAPPING_CHANGED, "SSN " + ssn + " stood for DSN " + (before.dsn + ssn - before.ssn));
        }
        return direction.add(mapping);
    }

    private static void payload(Segment segment, TracedSubflow subflow, PacketReport report) {
        TracedConnection connection = subflow.connection;
        SubflowDirection direction = subflow.from(report.side);
        DataDirection data = connection.data[report.side];
        if (segment.isSyn()) {
            // Fast Open: its data is not mapped by the SYN (RFC 8684 appendix B).
            return;
        }
        long at = report.seq;
        long end = report.seq + segment.payloadLength;
        while (at < end) {
            TracedMapping mapping = direction.mappingAt(at);
            if (mapping == null) {
                unmapped(segment, subflow, end - at, report);
                return;
            }
            long to = Math.min(end, mapping.end());
            long from = mapping.dsn + at - mapping.ssn;
            report.addData(from, from + to - at);
            data.carry(from, from + to - at, subflow, at, report.retransmittedBytes > 0, report);
            verdict(mapping.sum(at, (int) (to - at), segment, (int) (at - report.seq)), connection, report);
            at = to;
        }
    }

    private static void unmapped(Segment segment, TracedSubflow subflow, long bytes, PacketReport report) {
        TracedConnection connection = subflow.connection;
        connection.data[report.side].unmappedBytes += report.retransmittedBytes > 0 ? 0 : bytes;
        if (connection.fallback != null || segment.optionsCut) {
            return;
        }
        boolean first = report.seq == 1 && subflow.origin == TracedSubflow.Origin.MP_CAPABLE && subflow.from(report.side).isnKnown;
        if (first && segment.options.mptcp.present == 0 && connection.data[report.side].bytes == 0) {
            fallBack(connection, "first data of the " + TracedConnection.sideName(report.side) + " without DSS", report);
        } else {
            report.mark(Mark.Kind.NO_MAPPING, "for " + Numbers.bytes(bytes));
        }
    }

    private static void verdict(TracedMapping.Verdict verdict, TracedConnection connection, PacketReport report) {
        if (verdict == TracedMapping.Verdict.OK) {
            connection.checksumsOk++;
            report.mark(Mark.Kind.CHECKSUM_OK, "");
        } else if (verdict == TracedMapping.Verdict.BAD) {
            connection.checksumsBad++;
            report.mark(Mark.Kind.CHECKSUM_BAD, "");
        }
    }
}
