package io.mptcp.sim;

import io.mptcp.wire.Checksum;
import io.mptcp.wire.PacketSlot;
import io.mptcp.wire.TcpSegment;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** What middleboxes need to read and write in the TCP segments of packets. */
final class Segments {
    static final int KIND_END = 0;
    static final int KIND_NOP = 1;
    static final int KIND_SACK = 5;
    static final int KIND_TIMESTAMPS = 8;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final int SOURCE_PORT = 0;
    private static final int DESTINATION_PORT = 2;
    private static final int SEQUENCE_NUMBER = 4;
    private static final int ACKNOWLEDGMENT_NUMBER = 8;
    private static final int DATA_OFFSET = 12;
    private static final int FLAGS = 13;
    private static final int WINDOW = 14;
    private static final int MAX_OPTION_BYTES = 40;

    private Segments() {
    }

    static boolean has(PacketSlot packet, int flag) {
        return (TcpSegment.flags(packet.buffer, packet.offset) & flag) != 0;
    }

    static int payloadLength(PacketSlot packet) {
        return packet.length - TcpSegment.headerLength(packet.buffer, packet.offset);
    }

    static byte[] payload(PacketSlot packet) {
        int headerLength = TcpSegment.headerLength(packet.buffer, packet.offset);
        return packet.buffer.asSlice(packet.offset + headerLength, packet.length - headerLength).toArray(ValueLayout.JAVA_BYTE);
    }

    static int sequenceNumber(PacketSlot packet) {
        return TcpSegment.sequenceNumber(packet.buffer, packet.offset);
    }

    static int acknowledgmentNumber(PacketSlot packet) {
        return TcpSegment.acknowledgmentNumber(packet.buffer, packet.offset);
    }

    static void setSequenceNumber(PacketSlot packet, int value) {
        packet.buffer.set(INT, packet.offset + SEQUENCE_NUMBER, value);
    }

    static void setAcknowledgmentNumber(PacketSlot packet, int value) {
        packet.buffer.set(INT, packet.offset + ACKNOWLEDGMENT_NUMBER, value);
    }

    static void setFlags(PacketSlot packet, int value) {
        packet.buffer.set(ValueLayout.JAVA_BYTE, packet.offset + FLAGS, (byte) value);
    }

    static void setWindow(PacketSlot packet, int field) {
        packet.buffer.set(SHORT, packet.offset + WINDOW, (short) field);
    }

    static int sourcePort(PacketSlot packet) {
        return packet.buffer.get(SHORT, packet.offset + SOURCE_PORT) & 0xffff;
    }

    static int destinationPort(PacketSlot packet) {
        return packet.buffer.get(SHORT, packet.offset + DESTINATION_PORT) & 0xffff;
    }

    static void setSourcePort(PacketSlot packet, int port) {
        packet.buffer.set(SHORT, packet.offset + SOURCE_PORT, (short) port);
    }

    static void setDestinationPort(PacketSlot packet, int port) {
        packet.buffer.set(SHORT, packet.offset + DESTINATION_PORT, (short) port);
    }

    /** Options without padding, kind and length octets included. */
    static List<byte[]> options(PacketSlot packet) {
        List<byte[]> options = new ArrayList<>();
        long at = packet.offset + TcpSegment.MIN_HEADER_LENGTH;
        long end = packet.offset + TcpSegment.headerLength(packet.buffer, packet.offset);
        while (at < end) {
            int kind = packet.buffer.get(ValueLayout.JAVA_BYTE, at) & 0xff;
            if (kind == KIND_NOP) {
                at++;
                continue;
            }
            if (kind == KIND_END) {
                break;
            }
            int length = packet.buffer.get(ValueLayout.JAVA_BYTE, at + 1) & 0xff;
            options.add(packet.buffer.asSlice(at, length).toArray(ValueLayout.JAVA_BYTE));
            at += length;
        }
        return options;
    }

    /**
     * A copy of the packet with other options and another payload.
     *
     * @return null when the options do not fit
     */
    static PacketSlot copy(PacketSlot packet, List<byte[]> options, byte[] payload) {
        int bytes = 0;
        for (byte[] option : options) {
            bytes += option.length;
        }
        int padded = (bytes + 3) & ~3;
        if (padded > MAX_OPTION_BYTES) {
            return null;
        }
        int headerLength = TcpSegment.MIN_HEADER_LENGTH + padded;
        PacketSlot copy = new PacketSlot();
        copy.copyIpFields(packet);
        copy.linkId = packet.linkId;
        copy.checksumState = packet.checksumState;
        copy.buffer = MemorySegment.ofArray(new byte[headerLength + payload.length]);
        copy.length = headerLength + payload.length;
        MemorySegment.copy(packet.buffer, packet.offset, copy.buffer, 0, TcpSegment.MIN_HEADER_LENGTH);
        long at = TcpSegment.MIN_HEADER_LENGTH;
        for (byte[] option : options) {
            MemorySegment.copy(option, 0, copy.buffer, ValueLayout.JAVA_BYTE, at, option.length);
            at += option.length;
        }
        copy.buffer.asSlice(at, headerLength - at).fill((byte) KIND_NOP);
        MemorySegment.copy(payload, 0, copy.buffer, ValueLayout.JAVA_BYTE, headerLength, payload.length);
        copy.buffer.set(ValueLayout.JAVA_BYTE, DATA_OFFSET, (byte) (headerLength / 4 << 4));
        Checksum.fillTcp(copy);
        return copy;
    }

    /** Adds to the edges of SACK blocks, in place. */
    static void shiftSack(PacketSlot packet, int delta) {
        long at = packet.offset + TcpSegment.MIN_HEADER_LENGTH;
        long end = packet.offset + TcpSegment.headerLength(packet.buffer, packet.offset);
        while (at < end) {
            int kind = packet.buffer.get(ValueLayout.JAVA_BYTE, at) & 0xff;
            if (kind == KIND_END) {
                return;
            }
            int length = kind == KIND_NOP ? 1 : packet.buffer.get(ValueLayout.JAVA_BYTE, at + 1) & 0xff;
            if (kind == KIND_SACK) {
                for (long edge = at + 2; edge + 4 <= at + length; edge += 4) {
                    packet.buffer.set(INT, edge, packet.buffer.get(INT, edge) + delta);
                }
            }
            at += length;
        }
    }
}
