package io.mptcp.sim.script;

import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import io.mptcp.wire.MptcpOption;
import io.mptcp.wire.PacketSlot;
import io.mptcp.wire.TcpOptions;
import io.mptcp.wire.TcpSegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;

/**
 * One segment the stack has sent, taken apart, with assertions that can be chained. {@link FakePeer} makes its numbers relative: SYN = 0,
 * first byte = 1, in both directions.
 */
public final class Segment {
    public final long atNanos;
    public final int linkId;
    public final IpEndpoint source;
    public final IpEndpoint destination;
    public final int flagBits;
    public final int rawSeq;
    public final int rawAck;
    public final int window;
    /** The urgent pointer field, -1 without URG. */
    public final int urgentPointer;
    public final TcpOptions options = new TcpOptions();
    public final List<MptcpOption> mptcp;
    public final byte[] payload;
    public final int segmentSize;
    public final int ecn;
    public final int trafficClass;
    public final int hopLimit;
    public final int optionBytes;
    /** Relative numbers, set by the peer that takes the segment. */
    public long seq;
    public long ack;
    /** SACK edges, relative: left, right, left, right, ... */
    public long[] sack = {};
    /** Relative data sequence numbers where a DSS has them, else -1. */
    public long dataAck = -1;
    public long dsn = -1;

    private final Script script;

    Segment(Script script, long atNanos, PacketSlot slot) {
        this.script = script;
        this.atNanos = atNanos;
        ecn = slot.ecn;
        trafficClass = slot.trafficClass;
        hopLimit = slot.hopLimit;
        linkId = slot.linkId;
        source = new IpEndpoint(new IpAddress(slot.sourceHi, slot.sourceLo), TcpSegment.sourcePort(slot.buffer, slot.offset));
        destination = new IpEndpoint(new IpAddress(slot.destinationHi, slot.destinationLo), TcpSegment.destinationPort(slot.buffer, slot.offset));
        flagBits = TcpSegment.flags(slot.buffer, slot.offset);
        rawSeq = TcpSegment.sequenceNumber(slot.buffer, slot.offset);
        rawAck = TcpSegment.acknowledgmentNumber(slot.buffer, slot.offset);
        window = TcpSegment.window(slot.buffer, slot.offset);
        urgentPointer = (flagBits & TcpSegment.URG) != 0 ? TcpSegment.urgentPointer(slot.buffer, slot.offset) : -1;
        int headerLength = TcpSegment.headerLength(slot.buffer, slot.offset);
        optionBytes = headerLength - TcpSegment.MIN_HEADER_LENGTH;
        payload = slot.buffer.asSlice(slot.offset + headerLength, slot.length - headerLength).toArray(ValueLayout.JAVA_BYTE);
        options.parse(slot.buffer, slot.offset, payload.length);
        mptcp = MptcpOption.of(options.mptcp);
        segmentSize = slot.segmentSize;
    }

    public boolean has(int bits) {
        return (flagBits & bits) != 0;
    }

    /** Letters as packetdrill prints them, PSH left aside: {@code S}, {@code S.}, {@code .}, {@code F.}, {@code R}, {@code R.} */
    public String flagLetters() {
        return Trace.flagLetters(flagBits & ~TcpSegment.PSH);
    }

    public Segment flags(String letters) {
        assertEquals(letters, flagLetters(), this::toString);
        return this;
    }

    /** Sent at so many milliseconds since the script began, to the millisecond. */
    public Segment at(long millis) {
        assertEquals(millis, script.millisAt(atNanos), () -> "time of " + this);
        return this;
    }

    public Segment ecn(int expected) {
        assertEquals(expected, ecn, () -> "ECN bits of " + this);
        return this;
    }

    public Segment trafficClass(int expected) {
        assertEquals(expected, trafficClass, () -> "traffic class of " + this);
        return this;
    }

    public Segment hopLimit(int expected) {
        assertEquals(expected, hopLimit, () -> "hop limit of " + this);
        return this;
    }

    public Segment window(int expectedField) {
        assertEquals(expectedField, window, () -> "window field of " + this);
        return this;
    }

    /** Everything that {@code expected} says, and the flags but for PSH. */
    public Segment matches(Packet expected) {
        flags(expected.flags.replace("P", ""));
        if (expected.seq != null) {
            seq(expected.seq);
        }
        if (expected.ack != null) {
            ack(expected.ack);
        }
        if (expected.window != null) {
            window(expected.window);
        }
        if (expected.payloadSaid) {
            assertTrue(Arrays.equals(expected.payload, payload), () -> "expected other payload ("
                    + Script.text(expected.payload) + ") than " + Script.text(payload) + ": " + this);
        }
        if (expected.sack.length > 0) {
            sack(expected.sack);
        }
        matchesOptions(expected);
        return this;
    }

    private void matchesOptions(Packet expected) {
        if (expected.mss >= 0) {
            assertEquals(expected.mss, options.mss, () -> "MSS option of " + this);
        }
        if (expected.windowScale >= 0) {
            assertEquals(expected.windowScale, options.windowScale, () -> "window scale option of " + this);
        }
        if (expected.sackPermitted) {
            assertTrue(options.sackPermitted, () -> "expected SACK-permitted in " + this);
        }
        if (expected.withoutTimestamps) {
            assertTrue(!options.hasTimestamps, () -> "expected no timestamps in " + this);
        }
        if (expected.tsVal != null) {
            assertEquals(expected.tsVal, options.tsVal, () -> "TSval of " + this);
        }
        if (expected.tsEcr != null) {
            assertEquals(expected.tsEcr, options.tsEcr, () -> "TSecr of " + this);
        }
        if (!expected.mptcp.isEmpty()) {
            assertEquals(expected.mptcp, mptcp, () -> "MPTCP options of " + this);
        }
        if (expected.ecn != 0) {
            ecn(expected.ecn);
        }
    }

    public Segment seq(long expected) {
        assertEquals(expected, seq, () -> "sequence number of " + this);
        return this;
    }

    public Segment ack(long expected) {
        assertEquals(expected, ack, () -> "acknowledgment number of " + this);
        return this;
    }

    /** Sequence number and payload. */
    public Segment data(long expectedSeq, String text) {
        seq(expectedSeq);
        assertEquals(text, new String(payload, java.nio.charset.StandardCharsets.ISO_8859_1), this::toString);
        return this;
    }

    /** Sequence number and payload length. */
    public Segment data(long expectedSeq, int length) {
        seq(expectedSeq);
        assertEquals(length, payload.length, () -> "payload length of " + this);
        return this;
    }

    public Segment noData() {
        assertEquals(0, payload.length, () -> "payload length of " + this);
        return this;
    }

    public Segment sack(long... edges) {
        assertTrue(Arrays.equals(edges, sack), () -> "SACK " + Arrays.toString(edges) + " expected in " + this);
        return this;
    }

    public Segment dataAck(long expected) {
        assertEquals(expected, dataAck, () -> "DATA_ACK of " + this);
        return this;
    }

    /** A DSS mapping: relative DSN, SSN, length as on the wire. */
    public Segment mapping(long expectedDsn, int ssn, int length) {
        MptcpOption.Mapping mapping = mapping();
        assertEquals("dsn " + expectedDsn + " ssn " + ssn + " length " + length,
                "dsn " + dsn + " ssn " + mapping.ssn() + " length " + mapping.dataLevelLength(), this::toString);
        return this;
    }

    public MptcpOption.Mapping mapping() {
        MptcpOption.Mapping mapping = option(MptcpOption.Dss.class).mapping();
        assertTrue(mapping != null, () -> "no mapping in " + this);
        return mapping;
    }

    /** A DATA_FIN alone, at this relative DSN. */
    public Segment dataFin(long expectedDsn) {
        mapping(expectedDsn, 0, 1);
        assertTrue(mapping().dataFin(), this::toString);
        return this;
    }

    public boolean hasDataFin() {
        return mptcp.stream().anyMatch(o -> o instanceof MptcpOption.Dss dss && dss.mapping() != null && dss.mapping().dataFin());
    }

    public Segment noMptcp() {
        assertEquals(List.of(), mptcp, this::toString);
        return this;
    }

    public Segment onlyMptcp(MptcpOption expected) {
        assertEquals(List.of(expected), mptcp, this::toString);
        return this;
    }

    public boolean has(Class<? extends MptcpOption> type) {
        return mptcp.stream().anyMatch(type::isInstance);
    }

    public <T extends MptcpOption> T option(Class<T> type) {
        return mptcp.stream().filter(type::isInstance).map(type::cast).findFirst()
                .orElseThrow(() -> new AssertionError("no " + type.getSimpleName() + " in " + this));
    }

    private void assertEquals(Object expected, Object actual, Supplier<String> what) {
        if (!Objects.equals(expected, actual)) {
            throw script.failure("expected " + expected + ", but it is " + actual + ": " + what.get());
        }
    }

    private void assertTrue(boolean condition, Supplier<String> what) {
        if (!condition) {
            throw script.failure(what.get());
        }
    }

    @Override
    public String toString() {
        return "[" + flagLetters() + " seq " + seq + " ack " + ack + " win " + window + " len " + payload.length
                + (sack.length > 0 ? " sack " + Arrays.toString(sack) : "") + (dsn >= 0 ? " dsn " + dsn : "")
                + (dataAck >= 0 ? " dack " + dataAck : "") + " " + mptcp + " link " + linkId + "]";
    }
}
