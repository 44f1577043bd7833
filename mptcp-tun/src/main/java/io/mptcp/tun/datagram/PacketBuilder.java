package io.mptcp.tun.datagram;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.mptcp.wire.Checksum;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import io.mptcp.wire.IpHeaders;
import io.mptcp.wire.PacketSlot;
import io.netty.buffer.ByteBuf;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Makes IP packets of UDP datagrams and ICMP messages. For one thread. */
public final class PacketBuilder {
    /** Takes a packet with all its checksums. */
    @FunctionalInterface
    public interface Sink {
        /** @param buffer to be used during the call only, with {@link #HEADROOM_BYTES} before the packet. @return whether it was taken */
        boolean packet(MemorySegment buffer, int offset, int length);
    }

    /** Free for the sink before a packet. */
    public static final int HEADROOM_BYTES = 64;
    static final int UDP_HEADER_BYTES = 8;
    private static final int PROTOCOL_UDP = 17;
    private static final int MAX_BYTES = 0xffff;
    private static final int START = HEADROOM_BYTES + 40;
    private static final int HOP_LIMIT = 64;
    /** RFC 1812 section 4.3.2.3 and RFC 4443 section 2.4 (c): as much of the packet as fits the smallest MTU. */
    private static final int MAX_QUOTE_V4 = 576 - 28;
    private static final int MAX_QUOTE_V6 = 1280 - 48;
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    private final Sink sink;
    private final PacketSlot slot = new PacketSlot();
    private final MemorySegment buffer = Arena.ofAuto().allocate(START + MAX_BYTES);
    private int identification;

    public PacketBuilder(Sink sink) {
        this.sink = sink;
    }

    /** @return whether it was taken: a payload that has no room in a packet is not */
    public boolean udp(IpEndpoint source, IpEndpoint destination, ByteBuf payload) {
        int length = UDP_HEADER_BYTES + payload.readableBytes();
        if (length > MAX_BYTES - 20) {
            return false;
        }
        buffer.set(SHORT, START, (short) source.port());
        buffer.set(SHORT, START + 2, (short) destination.port());
        buffer.set(SHORT, START + 4, (short) length);
        payload.getBytes(payload.readerIndex(), buffer.asSlice(START + UDP_HEADER_BYTES, payload.readableBytes()).asByteBuffer());
        setChecksum(PROTOCOL_UDP, source.address(), destination.address(), START + 6, length, true);
        return write(PROTOCOL_UDP, source.address(), destination.address(), length);
    }

    /** @param message of ICMP, its checksum to be computed. @return whether it was taken: one that has no room in a packet is not */
    boolean icmp(IpAddress source, IpAddress destination, ByteBuf message) {
        int length = message.readableBytes();
        if (length > MAX_BYTES - 20) {
            return false;
        }
        message.getBytes(message.readerIndex(), buffer.asSlice(START, length).asByteBuffer());
        int protocol = source.isIpv4() ? IpHeaders.PROTOCOL_ICMP : IpHeaders.PROTOCOL_ICMPV6;
        setChecksum(protocol, source, destination, START + 2, length, !source.isIpv4());
        return write(protocol, source, destination, length);
    }

    /**
     * Tells the sender of a packet that it goes nowhere: destination unreachable, administratively prohibited (RFC 1812 section 5.2.7.1, RFC 4443 section 3.1),
     * or without a route.
     */
    public void unreachable(MemorySegment packet, int offset, int packetBytes, IpAddress source, IpAddress destination, boolean noRoute) {
        boolean ipv4 = source.isIpv4();
        int quoted = Math.min(packetBytes, ipv4 ? MAX_QUOTE_V4 : MAX_QUOTE_V6);
        buffer.set(JAVA_BYTE, START, (byte) (ipv4 ? 3 : 1));
        buffer.set(JAVA_BYTE, START + 1, (byte) (noRoute ? 0 : ipv4 ? 13 : 1));
        buffer.asSlice(START + 4, 4).fill((byte) 0);
        MemorySegment.copy(packet, offset, buffer, START + UDP_HEADER_BYTES, quoted);
        int protocol = ipv4 ? IpHeaders.PROTOCOL_ICMP : IpHeaders.PROTOCOL_ICMPV6;
        setChecksum(protocol, destination, source, START + 2, UDP_HEADER_BYTES + quoted, !ipv4);
        write(protocol, destination, source, UDP_HEADER_BYTES + quoted);
    }

    private void setChecksum(int protocol, IpAddress source, IpAddress destination, int at, int length, boolean pseudoHeader) {
        buffer.set(SHORT, at, (short) 0);
        long sum = Checksum.sum(buffer, START, length)
                + (pseudoHeader ? Checksum.pseudoHeader(protocol, source.hi(), source.lo(), destination.hi(), destination.lo(), length) : 0);
        int checksum = Checksum.complement(sum);
        buffer.set(SHORT, at, (short) (checksum == 0 && protocol == PROTOCOL_UDP ? 0xffff : checksum)); // RFC 768: 0 is for none
    }

    private boolean write(int protocol, IpAddress source, IpAddress destination, int length) {
        slot.buffer = buffer;
        slot.offset = START;
        slot.length = length;
        slot.protocol = protocol;
        slot.sourceHi = source.hi();
        slot.sourceLo = source.lo();
        slot.destinationHi = destination.hi();
        slot.destinationLo = destination.lo();
        slot.hopLimit = HOP_LIMIT;
        slot.clearPayloadReference();
        identification = identification + 1 & 0xffff;
        int headerBytes = IpHeaders.encodeHeader(slot, identification);
        return sink.packet(buffer, START - headerBytes, headerBytes + length);
    }
}
