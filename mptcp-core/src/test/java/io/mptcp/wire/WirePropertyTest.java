package io.mptcp.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.wire.MptcpOption.AddAddr;
import io.mptcp.wire.MptcpOption.AddAddrEcho;
import io.mptcp.wire.MptcpOption.DataAck;
import io.mptcp.wire.MptcpOption.Dss;
import io.mptcp.wire.MptcpOption.Mapping;
import io.mptcp.wire.MptcpOption.MpCapableAck;
import io.mptcp.wire.MptcpOption.MpCapableData;
import io.mptcp.wire.MptcpOption.MpCapableSyn;
import io.mptcp.wire.MptcpOption.MpCapableSynAck;
import io.mptcp.wire.MptcpOption.MpFail;
import io.mptcp.wire.MptcpOption.MpFastclose;
import io.mptcp.wire.MptcpOption.MpJoinAck;
import io.mptcp.wire.MptcpOption.MpJoinSyn;
import io.mptcp.wire.MptcpOption.MpJoinSynAck;
import io.mptcp.wire.MptcpOption.MpPrio;
import io.mptcp.wire.MptcpOption.MpTcpRst;
import io.mptcp.wire.MptcpOption.RemoveAddr;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.random.RandomGenerator;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** What holds for all field values and for all bytes. */
class WirePropertyTest {
    private static final int SYN = TcpSegment.SYN;
    private static final int SYN_ACK = TcpSegment.SYN | TcpSegment.ACK;
    private static final int ACK = TcpSegment.ACK;
    private static final int RST = TcpSegment.RST | TcpSegment.ACK;

    /** One option on the kind of segment where it belongs. */
    record Case(int flags, int payloadLength, MptcpOption option) {
    }

    @Provide
    Arbitrary<Case> cases() {
        return Arbitraries.randomValue(random -> switch (random.nextInt(17)) {
            case 0 -> new Case(SYN, random.nextInt(2000), new MpCapableSyn(random.nextInt(16), random.nextInt(256)));
            case 1 -> new Case(SYN_ACK, random.nextInt(2000),
                    new MpCapableSynAck(random.nextInt(16), random.nextInt(256), random.nextLong()));
            case 2 -> new Case(ACK, 0, new MpCapableAck(random.nextInt(16), random.nextInt(256), random.nextLong(), random.nextLong()));
            case 3 -> new Case(ACK, 1 + random.nextInt(2000), new MpCapableData(random.nextInt(16), random.nextInt(256),
                    random.nextLong(), random.nextLong(), random.nextInt(0x10000), checksum(random)));
            case 4 -> new Case(SYN, 0, new MpJoinSyn(random.nextBoolean(), random.nextInt(256), random.nextInt(), random.nextInt()));
            case 5 -> new Case(SYN_ACK, 0,
                    new MpJoinSynAck(random.nextBoolean(), random.nextInt(256), random.nextLong(), random.nextInt()));
            case 6 -> new Case(ACK, 0, new MpJoinAck(random.nextLong(), random.nextLong(), random.nextInt()));
            case 7 -> new Case(ACK, 0, new Dss(dataAck(random), null));
            case 8 -> new Case(ACK, random.nextInt(2000), new Dss(null, mapping(random)));
            case 9 -> new Case(ACK, random.nextInt(2000), new Dss(dataAck(random), mapping(random)));
            case 10 -> new Case(ACK, 0, new AddAddr(random.nextInt(256), address(random), port(random), random.nextLong()));
            case 11 -> new Case(ACK, 0, new AddAddrEcho(random.nextInt(256), address(random), port(random)));
            case 12 -> new Case(ACK, 0, new RemoveAddr(random.ints(1 + random.nextInt(8), 0, 256).boxed().toList()));
            case 13 -> new Case(ACK, 0, new MpPrio(random.nextBoolean()));
            case 14 -> new Case(ACK, 0, new MpFail(random.nextLong()));
            case 15 -> new Case(ACK, 0, new MpFastclose(random.nextLong()));
            default -> new Case(RST, 0, new MpTcpRst(random.nextInt(256), random.nextBoolean()));
        });
    }

    private static int checksum(RandomGenerator random) {
        return random.nextInt(4) == 0 ? MptcpOption.NO_CHECKSUM : random.nextInt(0x10000);
    }

    private static DataAck dataAck(RandomGenerator random) {
        boolean wide = random.nextBoolean();
        return new DataAck(wide, wide ? random.nextLong() : random.nextLong() & 0xffffffffL);
    }

    private static Mapping mapping(RandomGenerator random) {
        boolean wide = random.nextBoolean();
        return new Mapping(wide, wide ? random.nextLong() : random.nextLong() & 0xffffffffL, random.nextInt(), random.nextInt(0x10000),
                random.nextBoolean(), checksum(random));
    }

    private static IpAddress address(RandomGenerator random) {
        return random.nextBoolean() ? IpAddress.ofIpv4(random.nextInt()) : new IpAddress(random.nextLong() | 1, random.nextLong());
    }

    private static int port(RandomGenerator random) {
        return random.nextBoolean() ? 0 : 1 + random.nextInt(0xffff);
    }

    @Property(tries = 20_000, seed = "1")
    void everyOptionComesBackAsItWasWritten(@ForAll("cases") Case value) {
        byte[] bytes = MptcpOption.encode(List.of(value.option));
        List<MptcpOption> decoded = MptcpOption.decode(Segments.header(value.flags, bytes), 0, value.payloadLength);
        assertEquals(List.of(value.option), decoded);
        assertTrue(value.option.toString().length() > 4);
    }

    /** Random options by a random priority: whatever the writer takes is valid, in at most 40 bytes, and all of it is read back. */
    @Property(tries = 20_000, seed = "2")
    void everySetTheWriterTakesIsReadBackWhole(@ForAll("cases") Case first, @ForAll("cases") Case second, @ForAll("cases") Case third,
                                               @ForAll boolean timestamps, @ForAll @IntRange(min = 0, max = 4) int sackCount) {
        MemorySegment buffer = MemorySegment.ofArray(new byte[OptionWriter.MAX_LENGTH]);
        OptionWriter writer = new OptionWriter();
        writer.begin(buffer, 0);
        boolean timestampsWritten = timestamps && writer.timestamps(1, 2);
        List<MptcpOption> written = new ArrayList<>();
        for (Case value : List.of(first, second, third)) {
            if (value.flags == first.flags && (value.payloadLength == 0) == (first.payloadLength == 0) && value.option.writeTo(writer)) {
                written.add(value.option);
            }
        }
        int sackWritten = first.flags == SYN || first.flags == SYN_ACK ? 0 : writer.sack(new int[4], new int[4], sackCount, 0);
        int length = writer.finish();
        assertTrue(length <= 40 && length % 4 == 0);

        TcpOptions parsed = Segments.parse(first.flags, first.payloadLength, buffer.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE));
        written.sort(Comparator.comparingInt(option -> subtype(option)));
        assertEquals(written, MptcpOption.of(parsed.mptcp));
        assertEquals(timestampsWritten, parsed.hasTimestamps);
        assertEquals(sackWritten, parsed.sackCount);
    }

    private static int subtype(MptcpOption option) {
        return (MptcpOption.encode(List.of(option))[2] & 0xff) >> 4;
    }

    @Property(tries = 50_000, seed = "3")
    void anyOptionBytesAreReadWithoutFailing(@ForAll int flags, @ForAll @Size(max = 40) byte[] options) {
        checkedParse(flags, options);
    }

    /** Bytes that look like options nearly everywhere reach further into the parser than noise does. */
    @Property(tries = 50_000, seed = "4")
    void damagedOptionsAreReadWithoutFailing(@ForAll("cases") Case one, @ForAll("cases") Case two, @ForAll int flags,
                                             @ForAll @IntRange(max = 39) int position, @ForAll byte damage) {
        byte[] bytes = Arrays.copyOf(Segments.unpadded(one.option), 40);
        byte[] more = Segments.unpadded(two.option);
        int firstLength = bytes[1];
        System.arraycopy(more, 0, bytes, firstLength, Math.min(more.length, 40 - firstLength));
        bytes[position] = damage;
        checkedParse(flags, bytes);
    }

    /** The memory ends with the header, so that reading outside throws; what is found obeys the table of where it may stand. */
    private static void checkedParse(int flags, byte[] bytes) {
        MemorySegment header = Segments.header(flags, bytes);
        TcpOptions options = new TcpOptions();
        for (int payloadLength : new int[] {0, 1}) {
            options.parse(header, 0, payloadLength);
            assertEquals(0, options.mptcp.present & ~Coexistence.allowedOn(flags & 0xff));
            assertTrue(options.sackCount >= 0 && options.sackCount <= TcpOptions.MAX_SACK_BLOCKS);
            assertTrue(options.mss >= -1 && options.mss <= 0xffff);
            assertTrue(options.windowScale >= -1 && options.windowScale <= 14);
            MptcpOption.of(options.mptcp).forEach(option -> assertTrue(option.toString().length() > 2));
        }
    }

    @Property(tries = 50_000, seed = "5")
    void anyBytesAreAnIpPacketOrRefused(@ForAll @Size(max = 120) byte[] bytes, @ForAll boolean ipv6) {
        if (bytes.length > 0) {
            bytes[0] = (byte) (ipv6 ? 0x60 | bytes[0] & 0x0f : 0x45 + bytes[0] % 3);
        }
        MemorySegment buffer = MemorySegment.ofArray(bytes);
        if (!ipv6 && bytes.length >= Ipv4Packet.MAX_HEADER_LENGTH) {
            // Noise would nearly always stop at the checksum.
            bytes[2] = 0;
            Ipv4Packet.fillHeaderChecksum(buffer, 0);
        }
        PacketSlot slot = new PacketSlot();
        if (IpHeaders.toSlot(buffer, 0, bytes.length, slot)) {
            assertTrue(slot.offset >= 20 && slot.length >= 0 && slot.offset + slot.length <= bytes.length);
            TcpSegment.validate(slot.buffer, slot.offset, slot.length);
        }
        if (Ipv6Packet.validate(buffer, 0, bytes.length)) {
            assertTrue(Ipv6Packet.headerLength(buffer, 0) <= Ipv6Packet.totalLength(buffer, 0));
        }
    }

    /** Extension headers of plausible next-header values and lengths. */
    @Property(tries = 20_000, seed = "6")
    void anyChainOfExtensionHeadersEndsInsideThePacket(@ForAll @Size(max = 80) byte[] payload) {
        int[] nextHeaders = {0, 60, 6, 44, 43, 0, 60};
        for (int i = 0; i + 1 < payload.length; i += 8) {
            payload[i] = (byte) nextHeaders[(payload[i] & 0xff) % nextHeaders.length];
            payload[i + 1] &= 1;
        }
        byte[] packet = new byte[Ipv6Packet.HEADER_LENGTH + payload.length];
        MemorySegment buffer = MemorySegment.ofArray(packet);
        Ipv6Packet.encode(buffer, 0, payload.length, 0, 64, 0, 1L << 61, 1, 1L << 61, 2);
        System.arraycopy(payload, 0, packet, Ipv6Packet.HEADER_LENGTH, payload.length);
        PacketSlot slot = new PacketSlot();
        if (IpHeaders.toSlot(buffer, 0, packet.length, slot)) {
            assertEquals(packet.length, slot.offset + slot.length);
            assertTrue(slot.length >= 0);
            assertEquals(IpHeaders.PROTOCOL_TCP, Ipv6Packet.protocol(buffer, 0));
        }
    }

    @Property(tries = 2_000, seed = "7")
    void tcpHeadersComeBackAsTheyWereWritten(@ForAll @IntRange(max = 0xffff) int source, @ForAll @IntRange(max = 0xffff) int destination,
                                             @ForAll int sequence, @ForAll int acknowledgment,
                                             @ForAll @IntRange(min = 5, max = 15) int words,
                                             @ForAll @IntRange(max = 0xff) int flags, @ForAll @IntRange(max = 0xffff) int window) {
        MemorySegment buffer = MemorySegment.ofArray(new byte[63]);
        TcpSegment.encode(buffer, 3, source, destination, sequence, acknowledgment, words * 4, flags, window);
        assertTrue(TcpSegment.validate(buffer, 3, 60));
        assertEquals(source, TcpSegment.sourcePort(buffer, 3));
        assertEquals(destination, TcpSegment.destinationPort(buffer, 3));
        assertEquals(sequence, TcpSegment.sequenceNumber(buffer, 3));
        assertEquals(acknowledgment, TcpSegment.acknowledgmentNumber(buffer, 3));
        assertEquals(words * 4, TcpSegment.headerLength(buffer, 3));
        assertEquals(flags, TcpSegment.flags(buffer, 3));
        assertEquals(window, TcpSegment.window(buffer, 3));
    }
}
