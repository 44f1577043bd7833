package io.mptcp.cli.dump;

import io.mptcp.wire.MptcpOptions;
import io.mptcp.wire.Seq;
import io.mptcp.wire.TcpOptions;
import io.mptcp.wire.TcpSegment;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.TreeMap;

/**
 * What one end of a subflow sends: its sequence numbers (relative, the SYN is 0), what was sent more than once and how that may have come, and
 * the mappings in force.
 */
final class SubflowDirection {
    private static final int MAX_MAPPINGS = 128;
    private static final int MAX_UNACKNOWLEDGED = 4096;
    private static final int FINGERPRINTS = 32;
    /** A packet that is captured twice on its way is delayed by no more than this in between. */
    private static final long CAPTURED_TWICE_NANOS = 1_000_000_000L;
    private static final int DUPLICATE_ACKS = 3;

    /** A segment not acknowledged yet. */
    private record Sent(long to, long timeNanos) {
    }

    private final EntryBudget budget;
    private final SeenRanges seen;
    private final TreeMap<Long, Sent> unacknowledged = new TreeMap<>();
    private final ArrayDeque<TracedMapping> mappings = new ArrayDeque<>();
    private final long[] fingerprints = new long[FINGERPRINTS];
    private final long[] fingerprintTimes = new long[FINGERPRINTS];
    private final int[] fingerprintOrigins = new int[FINGERPRINTS];
    private int fingerprintCount;

    boolean isnKnown;
    private boolean isnAssumed;
    private int isn;
    private boolean any;
    /** Behind the highest sequence number seen. */
    private long next;
    /** Highest acknowledgment of the other end. */
    long acknowledged;
    private long highestSack;
    private int duplicateAcks;

    long packets;
    /** Payload, every byte once. */
    long bytes;
    long retransmittedBytes;
    /** Bytes of the data sequence that another subflow had carried before. */
    long reinjectedBytes;
    /** Bytes of the data sequence that nobody had carried before. */
    long firstBytes;
    boolean fin;
    boolean rst;
    /** What the reset's MP_TCPRST said, or null. */
    String resetReason;

    SubflowDirection(EntryBudget budget) {
        this.budget = budget;
        this.seen = new SeenRanges(budget);
    }

    /** The number the SYN had, or must have had. What was noted under another assumption is forgotten. */
    void setIsn(int value, int current) {
        if (isnKnown) {
            return;
        }
        forget();
        any = false;
        isn = value;
        isnKnown = true;
        isnAssumed = true;
        next = Integer.toUnsignedLong(current - value);
        acknowledged = 0;
        highestSack = 0;
    }

    /** Relative numbers have to begin somewhere when the beginning was not captured. */
    void assumeIsn(int value) {
        if (!isnAssumed) {
            isn = value;
            isnAssumed = true;
        }
    }

    int isn() {
        return isn;
    }

    /** The 64-bit relative number of a sequence number or acknowledgment near what was seen last. */
    long relative(int sequenceNumber) {
        return Seq.extend(sequenceNumber - isn, next);
    }

    /**
     * Whether the very same packet came before in this capture, which was taken in more than one place. IPv4 numbers its packets; without such a
     * number the place has to be another one, or else a quick retransmission would pass for it.
     */
    boolean isCapturedTwice(Segment segment) {
        TcpOptions options = segment.options;
        boolean plainAck = segment.payloadLength == 0 && !segment.has(TcpSegment.SYN | TcpSegment.FIN | TcpSegment.RST)
                && (options.mptcp.present & ~MptcpOptions.DSS) == 0;
        if (plainAck) {
            return false;
        }
        long print = segment.identification;
        for (int value : new int[] {segment.sequenceNumber, segment.acknowledgmentNumber, segment.flags, segment.window, segment.payloadLength,
            options.hasTimestamps ? options.tsVal : 0, options.hasTimestamps ? options.tsEcr : 0, options.mptcp.present,
            options.mptcp.has(MptcpOptions.DSS) && options.mptcp.hasDataAck ? (int) options.mptcp.dataAck : 0}) {
            print = print * 0x9e3779b97f4a7c15L + value + 1;
        }
        for (int i = 0; i < Math.min(fingerprintCount, FINGERPRINTS); i++) {
            if (fingerprints[i] == print && Math.abs(segment.timeNanos - fingerprintTimes[i]) <= CAPTURED_TWICE_NANOS
                    && (segment.identification != 0 || segment.origin != fingerprintOrigins[i])) {
                return true;
            }
        }
        int at = fingerprintCount++ % FINGERPRINTS;
        fingerprints[at] = print;
        fingerprintTimes[at] = segment.timeNanos;
        fingerprintOrigins[at] = segment.origin;
        return false;
    }

    /** A segment of this end. SYN and FIN count as bytes of the sequence. */
    void sent(Segment segment, long seq, PacketReport report) {
        packets++;
        boolean syn = segment.has(TcpSegment.SYN);
        int length = segment.payloadLength + (syn ? 1 : 0) + (segment.has(TcpSegment.FIN) ? 1 : 0);
        fin |= segment.has(TcpSegment.FIN);
        if (segment.has(TcpSegment.RST)) {
            rst = true;
            return;
        }
        if (length == 0) {
            if (any && seq == next - 1) {
                report.mark(Mark.Kind.KEEP_ALIVE, "or window probe");
            }
            return;
        }
        if (any && seq > next) {
            report.mark(Mark.Kind.GAP, "of " + Numbers.bytes(seq - next));
        }
        long before = seen.add(seq, seq + length);
        if (before > 0) {
            retransmittedBytes += Math.min(before, segment.payloadLength);
            report.retransmittedBytes = before;
            report.mark(Mark.Kind.RETRANSMISSION, (before < length ? Numbers.bytes(before) + " of it, " : "") + why(seq, segment.timeNanos));
        } else if (any && seq < next) {
            report.mark(Mark.Kind.OUT_OF_ORDER, "");
        }
        bytes += Math.max(0, segment.payloadLength - before);
        remember(seq, seq + length, segment.timeNanos);
        next = Math.max(next, seq + length);
        any = true;
    }

    /** What of a retransmission can be told from the acknowledgments seen here. */
    private String why(long seq, long nowNanos) {
        Map.Entry<Long, Sent> sent = unacknowledged.floorEntry(seq);
        if (seq < acknowledged) {
            return "already acknowledged";
        }
        String reason = highestSack > seq ? "after SACK" : duplicateAcks >= DUPLICATE_ACKS ? "after duplicate ACKs" : "no loss reported";
        return sent == null || sent.getValue().to <= seq ? reason
                : Numbers.duration(nowNanos - sent.getValue().timeNanos) + " later, " + reason;
    }

    private void remember(long from, long to, long timeNanos) {
        if (unacknowledged.put(from, new Sent(to, timeNanos)) != null) {
            return;
        }
        boolean allowed = budget.take();
        if (!allowed || unacknowledged.size() > MAX_UNACKNOWLEDGED) {
            unacknowledged.pollFirstEntry();
            if (allowed) {
                budget.give(1);
            }
        }
    }

    /** The other end acknowledges. @param ack relative to this direction */
    void acknowledgedBy(Segment segment, long ack) {
        if (ack > acknowledged) {
            acknowledged = ack;
            duplicateAcks = 0;
            while (!unacknowledged.isEmpty() && unacknowledged.firstEntry().getValue().to <= ack) {
                unacknowledged.pollFirstEntry();
                budget.give(1);
            }
        } else if (ack == acknowledged && segment.payloadLength == 0 && !segment.has(TcpSegment.SYN | TcpSegment.FIN)) {
            duplicateAcks++;
        }
        TcpOptions options = segment.options;
        for (int i = 0; i < options.sackCount; i++) {
            highestSack = Math.max(highestSack, relative(options.sackRight[i]));
        }
    }

    /** The mapping that covers a relative sequence number, or null; of several the newest. */
    TracedMapping mappingAt(long ssn) {
        for (TracedMapping mapping : mappings) {
            if (mapping.covers(ssn)) {
                return mapping;
            }
        }
        return null;
    }

    /** Takes in a mapping; one that is known already keeps what was summed. @return the one to use */
    TracedMapping add(TracedMapping mapping) {
        for (TracedMapping known : mappings) {
            if (known.isSameAs(mapping)) {
                return known;
            }
        }
        mappings.addFirst(mapping);
        boolean allowed = budget.take();
        if (!allowed || mappings.size() > MAX_MAPPINGS) {
            mappings.removeLast();
            if (allowed) {
                budget.give(1);
            }
        }
        return mapping;
    }

    void release() {
        forget();
    }

    private void forget() {
        seen.release();
        budget.give(unacknowledged.size() + mappings.size());
        unacknowledged.clear();
        mappings.clear();
    }
}
