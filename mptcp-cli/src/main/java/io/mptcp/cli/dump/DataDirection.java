package io.mptcp.cli.dump;

import io.mptcp.wire.Seq;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * One direction of the data sequence of a connection. Relative numbers count from the initial data sequence number (RFC 8684 section 3.1), so
 * that the first byte is 1, as in TCP; where the keys are not in the capture they count from the first number that is.
 */
final class DataDirection {
    /** Numbers further than this from all that was seen are no part of the stream. */
    private static final long PLAUSIBLE_DISTANCE = 1L << 32;

    /** Why data went over a second subflow, as far as the capture tells. */
    enum Reason {
        ORIGIN_CLOSED("that subflow is closed"),
        NOT_ACKNOWLEDGED("not acknowledged there"),
        NOT_DATA_ACKED("acknowledged there, but without DATA_ACK"),
        DATA_ACKED("needless, DATA_ACKed before"),
        FORGOTTEN("of a subflow long past");

        final String text;

        Reason(String text) {
            this.text = text;
        }
    }

    private final CarriedRanges carried;
    private final List<CarriedRanges.Overlap> overlaps = new ArrayList<>();
    final StreamMap map = new StreamMap();
    final Map<Reason, Long> reinjected = new EnumMap<>(Reason.class);

    private boolean baseKnown;
    private boolean baseWide;
    private long base;
    /** The base is the IDSN that follows from the key. */
    boolean fromKey;
    /** Behind the highest data sequence number seen, DATA_FIN included. */
    private long next = 1;
    private boolean any;
    /** Highest DATA_ACK of the other side; 0 for none yet. */
    long dataAck;
    /** Data sequence number of the DATA_FIN, -1 while there is none. */
    long dataFin = -1;
    /** Bytes of the stream, each once. */
    long bytes;
    long reinjectedBytes;
    /** Payload that no mapping covered. */
    long unmappedBytes;

    DataDirection(EntryBudget budget) {
        carried = new CarriedRanges(budget);
    }

    void setIdsn(long idsn) {
        if (!fromKey && !any) {
            base = idsn;
            baseKnown = true;
            baseWide = true;
            fromKey = true;
        }
    }

    /** The absolute number, or {@code fallback} when the upper half is unknown. */
    boolean isWide() {
        return baseWide;
    }

    long absolute(long relative) {
        return base + relative;
    }

    /** @param wide whether all 64 bits were on the wire */
    long relative(boolean wide, long number) {
        if (!baseKnown) {
            base = number - 1;
            baseKnown = true;
            baseWide = wide;
        }
        long reference = Math.max(next, dataAck);
        if (!wide) {
            return Seq.extend((int) number - (int) base, reference);
        }
        if (!baseWide) {
            base = number - Seq.extend((int) number - (int) base, reference);
            baseWide = true;
        }
        return number - base;
    }

    boolean isPlausible(long relative) {
        return Math.abs(relative - Math.max(next, dataAck)) <= PLAUSIBLE_DISTANCE;
    }

    /** Payload of a subflow at a place of the data sequence. */
    void carry(long from, long to, TracedSubflow subflow, long ssn, boolean againOnSubflow, PacketReport report) {
        if (any && from > next) {
            report.mark(Mark.Kind.DATA_GAP, "of " + Numbers.bytes(from - next));
        }
        overlaps.clear();
        long now = report.segment.timeNanos;
        long fresh = carried.carry(from, to, subflow.index, ssn, now, overlaps);
        if (fresh > 0 && any && from < next && to <= next) {
            report.mark(Mark.Kind.DATA_OUT_OF_ORDER, "");
        }
        SubflowDirection direction = subflow.from(report.side);
        direction.firstBytes += fresh;
        bytes += fresh;
        long at = from;
        for (CarriedRanges.Overlap overlap : overlaps) {
            map.carried(subflow.index, at - 1, Math.max(at, overlap.from()) - 1);
            at = overlap.to();
            again(overlap, subflow, againOnSubflow, report);
        }
        map.carried(subflow.index, at - 1, Math.max(at, to) - 1);
        next = Math.max(next, to);
        any = true;
    }

    private void again(CarriedRanges.Overlap overlap, TracedSubflow subflow, boolean againOnSubflow, PacketReport report) {
        CarriedRanges.Piece first = overlap.first();
        if (first != null && first.subflow == subflow.index || first == null && againOnSubflow) {
            if (!againOnSubflow) {
                report.mark(Mark.Kind.DUPLICATE, "of DSN " + overlap.from() + ".." + (overlap.to() - 1)
                        + " on this subflow, under other sequence numbers" + (overlap.bytes() == 1 ? ": a window probe" : ""));
            }
            return;
        }
        Reason reason = reason(overlap, subflow.connection, report.side);
        if (againOnSubflow) {
            // A reinjection that is retransmitted is a retransmission: it has been counted when it came first.
            return;
        }
        report.reinjectedBytes += overlap.bytes();
        reinjectedBytes += overlap.bytes();
        subflow.from(report.side).reinjectedBytes += overlap.bytes();
        reinjected.merge(reason, overlap.bytes(), Long::sum);
        map.reinjected(overlap.from() - 1, overlap.to() - 1);
        report.mark(Mark.Kind.REINJECTION, "of DSN " + overlap.from() + ".." + (overlap.to() - 1) + (first == null ? "" : " from subflow "
                + first.subflow + " after " + Numbers.duration(report.segment.timeNanos - first.timeNanos)) + ": " + reason.text);
    }

    private Reason reason(CarriedRanges.Overlap overlap, TracedConnection connection, int side) {
        CarriedRanges.Piece first = overlap.first();
        if (overlap.to() <= dataAck) {
            return Reason.DATA_ACKED;
        }
        TracedSubflow origin = first == null ? null : connection.subflow(first.subflow);
        if (origin == null) {
            return Reason.FORGOTTEN;
        }
        if (origin.isClosed()) {
            return Reason.ORIGIN_CLOSED;
        }
        long end = first.ssn + overlap.to() - first.from;
        return origin.from(side).acknowledged >= end ? Reason.NOT_DATA_ACKED : Reason.NOT_ACKNOWLEDGED;
    }

    /** @param dsn of the DATA_FIN itself */
    void fin(long dsn) {
        dataFin = dsn;
        next = Math.max(next, dsn + 1);
    }

    void acknowledged(long ack) {
        if (ack > dataAck) {
            dataAck = ack;
            carried.acknowledged(ack);
        }
    }

    boolean isFinAcknowledged() {
        return dataFin >= 0 && dataAck > dataFin;
    }

    /** Behind the highest data sequence number seen. */
    long next() {
        return next;
    }

    void release() {
        carried.release();
    }
}
