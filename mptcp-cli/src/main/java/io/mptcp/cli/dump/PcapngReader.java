package io.mptcp.cli.dump;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** pcapng (draft-ietf-opsawg-pcapng): sections of either byte order, several interfaces; blocks without packets are passed over. */
final class PcapngReader extends CaptureReader {
    static final int SECTION_HEADER_BLOCK = 0x0a0d0d0a;

    private static final int INTERFACE_DESCRIPTION_BLOCK = 1;
    private static final int PACKET_BLOCK = 2;
    private static final int SIMPLE_PACKET_BLOCK = 3;
    private static final int ENHANCED_PACKET_BLOCK = 6;
    private static final int BYTE_ORDER_MAGIC = 0x1a2b3c4d;
    private static final int OPTION_IF_TSRESOL = 9;
    private static final int OPTION_IF_TSOFFSET = 14;
    private static final int BLOCK_OVERHEAD_BYTES = 12;
    private static final int MAX_INTERFACES = 1 << 14;
    /** Interface descriptions carry options for people; longer ones than this nobody writes. */
    private static final int MAX_INTERFACE_BLOCK_BYTES = 1 << 20;
    private static final long NANOS_PER_SECOND = 1_000_000_000L;
    private static final int DEFAULT_RESOLUTION = 6;
    private static final int NANOSECONDS = 9;

    /** @param resolution as if_tsresol has it: negative powers of 10, of 2 with the high bit set */
    private record Interface(int linkType, int snapshotBytes, int resolution, long offsetSeconds) {
        long nanos(long ticks) {
            return offsetSeconds * NANOS_PER_SECOND + ((resolution & 0x80) == 0 ? decimal(ticks, resolution) : binary(ticks, resolution & 0x7f));
        }

        private static long decimal(long ticks, int power) {
            long nanos = ticks;
            for (int i = power; i < NANOSECONDS; i++) {
                nanos *= 10;
            }
            for (int i = NANOSECONDS; i < power && nanos != 0; i++) {
                nanos = Long.divideUnsigned(nanos, 10);
            }
            return nanos;
        }

        private static long binary(long ticks, int power) {
            if (power == 0) {
                return ticks * NANOS_PER_SECOND;
            }
            if (power >= Long.SIZE) {
                return 0;
            }
            return (ticks >>> power) * NANOS_PER_SECOND + Math.unsignedMultiplyHigh(ticks << Long.SIZE - power, NANOS_PER_SECOND);
        }
    }

    private final List<Interface> interfaces = new ArrayList<>();
    private final ByteBuffer blockHeader = ByteBuffer.allocate(8);
    private final ByteBuffer packetHeader = ByteBuffer.allocate(20);
    private final ByteBuffer trailer = ByteBuffer.allocate(4);
    private ByteOrder order = ByteOrder.BIG_ENDIAN;
    private long timeOfLastPacketNanos;

    /** The type of the first block has been read. */
    PcapngReader(InputStream in) throws IOException {
        super(in, 4);
        ByteBuffer length = ByteBuffer.allocate(4);
        read(length);
        beginSection(length.getInt(0));
    }

    @Override
    boolean next(CapturedPacket packet) throws IOException {
        while (readOrEnd(blockHeader)) {
            int type = blockHeader.order(order).getInt(0);
            if (type == SECTION_HEADER_BLOCK) {
                beginSection(blockHeader.order(ByteOrder.BIG_ENDIAN).getInt(4));
                continue;
            }
            int length = blockHeader.getInt(4);
            long body = Integer.toUnsignedLong(length) - BLOCK_OVERHEAD_BYTES;
            if (body < 0 || (length & 3) != 0) {
                throw damaged("a block of " + Integer.toUnsignedString(length) + " bytes");
            }
            boolean isPacket = false;
            switch (type) {
                case INTERFACE_DESCRIPTION_BLOCK -> readInterface(body);
                case ENHANCED_PACKET_BLOCK, PACKET_BLOCK -> {
                    readPacket(packet, body, type == PACKET_BLOCK);
                    isPacket = true;
                }
                case SIMPLE_PACKET_BLOCK -> {
                    readSimplePacket(packet, body);
                    isPacket = true;
                }
                default -> skip(body);
            }
            endBlock(length);
            if (isPacket) {
                return true;
            }
        }
        return false;
    }

    /** @param bigEndianLength total length of the block as it reads in network order: the byte order is told only behind it */
    private void beginSection(int bigEndianLength) throws IOException {
        read(packetHeader.limit(4));
        int magic = packetHeader.order(ByteOrder.BIG_ENDIAN).getInt(0);
        if (magic != BYTE_ORDER_MAGIC && magic != Integer.reverseBytes(BYTE_ORDER_MAGIC)) {
            throw damaged("a section without byte-order magic");
        }
        order = magic == BYTE_ORDER_MAGIC ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
        int length = order == ByteOrder.BIG_ENDIAN ? bigEndianLength : Integer.reverseBytes(bigEndianLength);
        long rest = Integer.toUnsignedLong(length) - BLOCK_OVERHEAD_BYTES - 4;
        if (rest < 12 || (length & 3) != 0) {
            throw damaged("a section header of " + Integer.toUnsignedString(length) + " bytes");
        }
        interfaces.clear();
        skip(rest);
        endBlock(length);
    }

    private void endBlock(int length) throws IOException {
        read(trailer);
        if (trailer.order(order).getInt(0) != length) {
            throw damaged("a block that ends otherwise than it began");
        }
    }

    private void readInterface(long body) throws IOException {
        if (body < 8 || body > MAX_INTERFACE_BLOCK_BYTES || interfaces.size() == MAX_INTERFACES) {
            throw damaged("an interface description of " + body + " bytes, after " + interfaces.size() + " others");
        }
        ByteBuffer description = ByteBuffer.allocate((int) body).order(order);
        read(description);
        int resolution = DEFAULT_RESOLUTION;
        long offsetSeconds = 0;
        int at = 8;
        while (at + 4 <= body) {
            int code = description.getShort(at) & 0xffff;
            int length = description.getShort(at + 2) & 0xffff;
            if (code == 0 || at + 4 + length > body) {
                break;
            }
            if (code == OPTION_IF_TSRESOL && length == 1) {
                resolution = description.get(at + 4) & 0xff;
            } else if (code == OPTION_IF_TSOFFSET && length == 8) {
                offsetSeconds = description.getLong(at + 4);
            }
            at += 4 + (length + 3 & ~3);
        }
        interfaces.add(new Interface(description.getShort(0) & 0xffff, description.getInt(4), resolution, offsetSeconds));
    }

    /** Both kinds have 20 bytes before the packet, and differ in how they name the interface. */
    private void readPacket(CapturedPacket packet, long body, boolean obsolete) throws IOException {
        if (body < 20) {
            throw damaged("a packet block of " + body + " bytes");
        }
        read(packetHeader.limit(20));
        packetHeader.order(order);
        Interface from = describedBy(obsolete ? packetHeader.getShort(0) & 0xffff : packetHeader.getInt(0));
        long ticks = (long) packetHeader.getInt(4) << 32 | Integer.toUnsignedLong(packetHeader.getInt(8));
        int captured = packetHeader.getInt(12);
        checkPacketLength(captured);
        timeOfLastPacketNanos = from.nanos(ticks);
        packet.interfaceNumber = obsolete ? packetHeader.getShort(0) & 0xffff : packetHeader.getInt(0);
        readBytes(packet, from, captured, packetHeader.getInt(16), body - 20);
    }

    /** It has no time: that of the packet before has to do. */
    private void readSimplePacket(CapturedPacket packet, long body) throws IOException {
        if (body < 4) {
            throw damaged("a packet block of " + body + " bytes");
        }
        read(packetHeader.limit(4));
        int original = packetHeader.order(order).getInt(0);
        Interface from = describedBy(0);
        long captured = Math.min(Integer.toUnsignedLong(original), body - 4);
        if (from.snapshotBytes > 0) {
            captured = Math.min(captured, from.snapshotBytes);
        }
        checkPacketLength(captured);
        packet.interfaceNumber = 0;
        readBytes(packet, from, (int) captured, original, body - 4);
    }

    private void readBytes(CapturedPacket packet, Interface from, int captured, int original, long room) throws IOException {
        if (captured > room) {
            throw damaged("a packet of " + captured + " bytes in a block with room for " + room);
        }
        packet.timeNanos = timeOfLastPacketNanos;
        packet.linkType = from.linkType;
        packet.length = captured;
        packet.originalLength = Math.max(captured, original);
        readExactly(packet.bytes, captured);
        skip(room - captured);
    }

    private Interface describedBy(int number) throws CaptureException {
        if (number < 0 || number >= interfaces.size()) {
            throw damaged("a packet of interface " + Integer.toUnsignedString(number) + ", of which there is no description");
        }
        return interfaces.get(number);
    }
}
