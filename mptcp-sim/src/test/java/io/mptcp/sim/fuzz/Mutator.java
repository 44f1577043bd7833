package io.mptcp.sim.fuzz;

import io.mptcp.sim.IcmpErrors;
import io.mptcp.wire.Checksum;
import io.mptcp.wire.IpHeaders;
import io.mptcp.wire.PacketSlot;
import io.mptcp.wire.TcpSegment;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.IntSupplier;

/** Makes packets nobody should send out of packets somebody has sent. */
final class Mutator {
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final int[] EDGES = {0, 1, -1, 2, -2, 1448, -1448, 65_535, -65_536, 1 << 20, -(1 << 20), Integer.MAX_VALUE, Integer.MIN_VALUE};
    private static final int[] FLAGS = {0, 0x01, 0x02, 0x04, 0x10, 0x11, 0x12, 0x14, 0x18, 0x19, 0x03, 0x06, 0x1f, 0x3f, 0xff, 0xc2, 0x52};
    private static final int MAX_BYTES = 65_535;
    private static final int RECENT = 12;
    /** From a host's address to one that nobody has. */
    private static final int NOWHERE = 100;
    /** Lengths of MPTCP options by subtype, MP_CAPABLE to MP_TCPRST (RFC 8684 section 3). */
    private static final int[][] MPTCP_LENGTHS = {
        {4, 12, 20, 22, 24}, {12, 16, 24}, {8, 12, 18, 20, 22, 24, 26, 28}, {8, 10, 16, 18, 20, 22, 28, 30}, {4, 5, 6, 11}, {3}, {12}, {12}, {4}};
    private static final int KIND_MPTCP = 30;
    private static final int SUBTYPE_MP_CAPABLE = 0;
    private static final int SUBTYPE_MP_JOIN = 1;
    private static final int SUBTYPE_DSS = 2;
    private static final int DSS_ACK = 1;
    private static final int DSS_ACK8 = 2;
    private static final int DSS_MAPPING = 4;
    private static final int DSS_DSN8 = 8;
    private static final int DSS_FIN = 16;

    private final Random random;
    private final List<FuzzPacket> corpus;
    private final IntSupplier newest;
    private final PacketSlot slot = new PacketSlot();
    private final PacketSlot about = new PacketSlot();

    /**
     * @param corpus packets seen on the wire, at least one; more may be added and replaced
     * @param newest index of the last of them
     */
    Mutator(Random random, List<FuzzPacket> corpus, IntSupplier newest) {
        this.random = random;
        this.corpus = corpus;
        this.newest = newest;
        slot.buffer = Arena.ofAuto().allocate(MAX_BYTES + 128, 8);
        about.buffer = Arena.ofAuto().allocate(MAX_BYTES + 128, 8);
    }

    /** A new packet; its checksum is right unless that is what is wrong with it. */
    FuzzPacket next() {
        FuzzPacket packet = any().copy();
        packet.verified = false;
        if (random.nextInt(40) == 0) {
            return icmp(packet);
        }
        if (packet.protocol != IpHeaders.PROTOCOL_TCP) {
            return packet;
        }
        if (random.nextInt(15) == 0) {
            reflect(packet);
        }
        for (int mutations = random.nextInt(4); mutations > 0; mutations--) {
            mutate(packet);
        }
        packet.ecn = random.nextInt(4);
        packet.segmentSize = random.nextInt(4) == 0 ? random.nextInt(3000) : 0;
        if (random.nextInt(30) == 0) {
            packet.verified = true;
        } else if (random.nextInt(30) != 0 && packet.bytes.length >= TcpSegment.MIN_HEADER_LENGTH) {
            fixChecksum(packet);
        }
        return packet;
    }

    /** Mostly one of the last: those fit the state of a connection. */
    private FuzzPacket any() {
        int age = random.nextInt(3) == 0 ? random.nextInt(corpus.size()) : random.nextInt(Math.min(corpus.size(), RECENT));
        return corpus.get(Math.floorMod(newest.getAsInt() - age, corpus.size()));
    }

    private void mutate(FuzzPacket packet) {
        if (packet.bytes.length < TcpSegment.MIN_HEADER_LENGTH) {
            packet.bytes = any().bytes.clone();
            return;
        }
        switch (random.nextInt(20)) {
            case 16 -> newClient(packet);
            case 0 -> flipBits(packet, packet.bytes.length);
            case 1 -> flipBits(packet, headerLength(packet));
            case 2 -> packet.bytes[13] = (byte) FLAGS[random.nextInt(FLAGS.length)];
            case 3, 4 -> add(packet.bytes, 4);
            case 5, 6 -> add(packet.bytes, 8);
            case 7 -> setWindowAndUrgentPointer(packet);
            case 8 -> packet.bytes[12] = (byte) random.nextInt(256);
            case 9 -> packet.bytes = Arrays.copyOf(packet.bytes, random.nextInt(Math.min(2 * packet.bytes.length, MAX_BYTES)));
            case 10, 11, 12 -> operateOnOptions(packet);
            case 17, 18, 19 -> operateOnMptcp(packet);
            case 13 -> splice(packet);
            case 14 -> otherPayload(packet);
            default -> otherPort(packet);
        }
    }

    private void flipBits(FuzzPacket packet, int within) {
        for (int flips = 1 + random.nextInt(6); flips > 0; flips--) {
            packet.bytes[random.nextInt(within)] ^= (byte) (1 << random.nextInt(8));
        }
    }

    /** Moves a number near another edge of what it may be. */
    private void add(byte[] bytes, int at) {
        MemorySegment memory = MemorySegment.ofArray(bytes);
        int change = EDGES[random.nextInt(EDGES.length)] + (random.nextBoolean() ? random.nextInt(3000) - 1500 : 0);
        memory.set(INT, at, memory.get(INT, at) + change);
    }

    private void setWindowAndUrgentPointer(FuzzPacket packet) {
        int window = random.nextInt(3) == 0 ? 0 : random.nextInt(65_536);
        packet.bytes[14] = (byte) (window >> 8);
        packet.bytes[15] = (byte) window;
        if (random.nextInt(4) == 0) {
            packet.bytes[13] |= 0x20;
            packet.bytes[18] = (byte) random.nextInt(256);
            packet.bytes[19] = (byte) random.nextInt(256);
        }
    }

    // ---- options ----

    private void operateOnOptions(FuzzPacket packet) {
        List<byte[]> options = options(packet);
        List<byte[]> others = options(any());
        switch (random.nextInt(8)) {
            case 0 -> options.remove(random.nextInt(options.size() + 1) % Math.max(1, options.size()));
            case 1 -> options.add(random.nextInt(options.size() + 1), randomOption());
            case 2 -> options.addAll(others);
            case 3 -> options.add(options.get(random.nextInt(options.size())).clone());
            case 4 -> Collections.shuffle(options, random);
            case 5 -> changeLength(options.get(random.nextInt(options.size())));
            default -> changeContent(options.get(random.nextInt(options.size())));
        }
        setOptions(packet, options);
    }

    // ---- MPTCP options, field by field: what is left whole keeps them plausible ----

    private void operateOnMptcp(FuzzPacket packet) {
        List<byte[]> options = options(packet);
        byte[] option = options.stream().filter(Mutator::isMptcp).findFirst().orElse(null);
        if (option == null) {
            return;
        }
        switch (option[2] >> 4 & 0xf) {
            case SUBTYPE_DSS -> changeDss(options, option);
            case SUBTYPE_MP_JOIN, SUBTYPE_MP_CAPABLE -> add(option, option.length >= 8 ? 4 * random.nextInt(option.length / 4 - 1) + 4 : 0);
            default -> option[3 % option.length] = (byte) random.nextInt(4); // address id, flags
        }
        setOptions(packet, options);
    }

    private static boolean isMptcp(byte[] option) {
        return option[0] == KIND_MPTCP && option.length >= 4;
    }

    private void changeDss(List<byte[]> options, byte[] option) {
        int flags = option[3];
        int ackBytes = (flags & DSS_ACK) == 0 ? 0 : (flags & DSS_ACK8) == 0 ? 4 : 8;
        int dsnBytes = (flags & DSS_MAPPING) == 0 ? 0 : (flags & DSS_DSN8) == 0 ? 4 : 8;
        int mapping = 4 + ackBytes;
        boolean maps = dsnBytes > 0 && option.length >= mapping + dsnBytes + 6;
        if (4 + ackBytes > option.length) {
            return;
        }
        switch (random.nextInt(maps ? 8 : 3)) {
            case 0 -> option[3] ^= (byte) (1 << random.nextInt(5));
            case 1 -> add(option, ackBytes > 0 ? ackBytes : 0); // the low half of the DATA_ACK
            case 2 -> options.add(options(any()).getLast()); // beside another's
            case 3 -> add(option, mapping + dsnBytes - 4);
            case 4 -> add(option, mapping + dsnBytes);
            case 5 -> option[mapping + random.nextInt(4)] += (byte) (random.nextInt(3) - 1); // other 2^32, with 8 octets
            case 6 -> setLength(option, mapping + dsnBytes + 4);
            default -> option[3] |= DSS_FIN;
        }
    }

    /** Of a mapping: infinite, of one byte, all there can be, or a little more or less. */
    private void setLength(byte[] option, int at) {
        int now = (option[at] & 0xff) << 8 | option[at + 1] & 0xff;
        int length = switch (random.nextInt(4)) {
            case 0 -> 0;
            case 1 -> 1;
            case 2 -> 65_535;
            default -> now + random.nextInt(5) - 2;
        };
        option[at] = (byte) (length >> 8);
        option[at + 1] = (byte) length;
    }

    private byte[] randomOption() {
        if (random.nextInt(3) == 0) {
            byte[] option = new byte[2 + random.nextInt(30)];
            random.nextBytes(option);
            option[1] = (byte) (random.nextInt(6) == 0 ? random.nextInt(256) : option.length);
            return option;
        }
        int subtype = random.nextInt(MPTCP_LENGTHS.length);
        byte[] option = new byte[MPTCP_LENGTHS[subtype][random.nextInt(MPTCP_LENGTHS[subtype].length)]];
        random.nextBytes(option);
        option[0] = KIND_MPTCP;
        option[1] = (byte) option.length;
        option[2] = (byte) (subtype << 4 | random.nextInt(16) & (random.nextBoolean() ? 0xf : 1));
        if (option.length > 3 && random.nextBoolean()) {
            option[3] = (byte) random.nextInt(4); // an address id in use, or flags of a DSS
        }
        return option;
    }

    private void changeLength(byte[] option) {
        if (option.length > 1) {
            option[1] += (byte) (random.nextInt(9) - 4);
        }
    }

    private void changeContent(byte[] option) {
        if (option.length >= 7 && random.nextBoolean()) {
            add(option, 2 + random.nextInt(option.length - 5));
        } else if (option.length > 2 && random.nextInt(3) == 0) {
            option[2] = (byte) (random.nextInt(256)); // subtype and flags
        } else {
            option[random.nextInt(option.length)] ^= (byte) (1 << random.nextInt(8));
        }
    }

    /** At least one, possibly of a single NOP. */
    private static List<byte[]> options(FuzzPacket packet) {
        List<byte[]> options = new ArrayList<>();
        int end = headerLength(packet);
        int at = TcpSegment.MIN_HEADER_LENGTH;
        while (at < end) {
            int kind = packet.bytes[at];
            int length = kind <= 1 && kind >= 0 || at + 1 >= end ? 1 : Math.clamp(packet.bytes[at + 1] & 0xff, 1, end - at);
            options.add(Arrays.copyOfRange(packet.bytes, at, at + length));
            at += length;
        }
        if (options.isEmpty()) {
            options.add(new byte[] {1});
        }
        return options;
    }

    private void setOptions(FuzzPacket packet, List<byte[]> options) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (byte[] option : options) {
            if (bytes.size() + option.length <= TcpSegment.MAX_HEADER_LENGTH - TcpSegment.MIN_HEADER_LENGTH) {
                bytes.writeBytes(option);
            }
        }
        while (bytes.size() % 4 != 0) {
            bytes.write(random.nextInt(2));
        }
        byte[] payload = Arrays.copyOfRange(packet.bytes, headerLength(packet), packet.bytes.length);
        packet.bytes = join(Arrays.copyOf(packet.bytes, TcpSegment.MIN_HEADER_LENGTH), bytes.toByteArray(), payload);
        packet.bytes[12] = (byte) (TcpSegment.MIN_HEADER_LENGTH + bytes.size() << 2);
    }

    // ---- whole packets ----

    /** The fixed header of one, the options of another, the payload of a third. */
    private void splice(FuzzPacket packet) {
        setOptions(packet, options(any()));
        otherPayload(packet);
    }

    private void otherPayload(FuzzPacket packet) {
        FuzzPacket other = any();
        byte[] header = Arrays.copyOf(packet.bytes, headerLength(packet));
        byte[] payload = Arrays.copyOfRange(other.bytes, Math.min(headerLength(other), other.bytes.length), other.bytes.length);
        if (random.nextInt(20) == 0) {
            payload = new byte[random.nextInt(MAX_BYTES - header.length)];
        }
        packet.bytes = join(header, payload);
    }

    /** To and from somewhere else: the other end's ports, a new client of the listener, a port where nobody listens. */
    private void otherPort(FuzzPacket packet) {
        int at = random.nextInt(3) == 0 ? 2 : 0;
        packet.bytes[at] = (byte) (0xc0 + random.nextInt(2));
        packet.bytes[at + 1] = (byte) random.nextInt(256);
        if (random.nextInt(4) == 0) {
            FuzzPacket other = any();
            packet.sourceHi = other.sourceHi;
            packet.sourceLo = other.sourceLo;
        }
    }

    /** A SYN nobody has sent yet; half of them from where no answer comes. */
    private void newClient(FuzzPacket packet) {
        packet.bytes[0] = (byte) random.nextInt(256);
        packet.bytes[13] = TcpSegment.SYN;
        if (random.nextBoolean()) {
            packet.sourceLo += NOWHERE;
        }
    }

    /** What its receiver might have sent: ports and addresses change sides, so do the numbers. */
    private void reflect(FuzzPacket packet) {
        long hi = packet.sourceHi;
        long lo = packet.sourceLo;
        packet.sourceHi = packet.destinationHi;
        packet.sourceLo = packet.destinationLo;
        packet.destinationHi = hi;
        packet.destinationLo = lo;
        if (packet.bytes.length < TcpSegment.MIN_HEADER_LENGTH) {
            return;
        }
        MemorySegment memory = MemorySegment.ofArray(packet.bytes);
        memory.set(INT, 0, Integer.rotateLeft(memory.get(INT, 0), 16));
        if (random.nextInt(4) != 0) {
            int seq = memory.get(INT, 4);
            memory.set(INT, 4, memory.get(INT, 8));
            memory.set(INT, 8, seq);
        }
    }

    /** An ICMP error about this packet, to its sender; most have bits flipped, in the message or in what it quotes. */
    private FuzzPacket icmp(FuzzPacket packet) {
        if (packet.protocol != IpHeaders.PROTOCOL_TCP || packet.bytes.length < TcpSegment.MIN_HEADER_LENGTH
                || headerLength(packet) > packet.bytes.length) {
            return packet;
        }
        packet.to(about);
        boolean tooBig = random.nextBoolean();
        if (tooBig) {
            IcmpErrors.packetTooBig(about, random.nextInt(2000), slot);
        } else {
            IcmpErrors.write(about, random.nextInt(20), random.nextInt(16), random.nextInt(3) == 0 ? random.nextInt() : 0, slot);
        }
        FuzzPacket message = FuzzPacket.of(slot);
        if (random.nextInt(3) == 0) {
            flipBits(message, message.bytes.length);
        }
        if (random.nextInt(10) == 0) {
            message.bytes = Arrays.copyOf(message.bytes, random.nextInt(message.bytes.length + 1));
        }
        message.verified = random.nextInt(3) != 0;
        return message;
    }

    // ---- helpers ----

    /** As the data offset says, as far as there are bytes. */
    private static int headerLength(FuzzPacket packet) {
        return Math.min(packet.bytes.length, Math.max(TcpSegment.MIN_HEADER_LENGTH, (packet.bytes[12] >> 4 & 0xf) * 4));
    }

    private static byte[] join(byte[]... parts) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            bytes.writeBytes(part);
        }
        return bytes.size() <= MAX_BYTES ? bytes.toByteArray() : Arrays.copyOf(bytes.toByteArray(), MAX_BYTES);
    }

    private void fixChecksum(FuzzPacket packet) {
        packet.to(slot);
        Checksum.fillTcp(slot);
        MemorySegment.copy(slot.buffer, ValueLayout.JAVA_BYTE, slot.offset, packet.bytes, 0, packet.bytes.length);
    }
}
