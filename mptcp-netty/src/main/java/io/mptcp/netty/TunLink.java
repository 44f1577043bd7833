package io.mptcp.netty;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.mptcp.netty.linux.Errno;
import io.mptcp.netty.linux.TunDevice;
import io.mptcp.netty.linux.VirtioNetHeader;
import io.mptcp.stack.LinkProperties;
import io.mptcp.wire.Checksum;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpHeaders;
import io.mptcp.wire.PacketSlot;
import io.mptcp.wire.TcpSegment;
import io.netty.channel.IoEventLoop;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A TUN device as a link. As a gateway it takes the connections that the host routes into the device, whatever their addresses; as an
 * uplink the stack has addresses of its own behind it, and the host routes and forwards.
 *
 * <p>With the virtio header, super-segments pass in both directions and nobody computes checksums for packets that never leave the host;
 * without it segments are cut and their checksums computed here. Packets that are no TCP over IP, and fragments, are counted, and dropped unless there is a
 * {@link PacketHandler} for them.
 */
public final class TunLink implements SegmentLink {
    private static final int MAX_PACKET_BYTES = 0xffff;
    private static final int READ_BUDGET = 32;
    private static final int MAX_PIECES = 1 + PacketSlot.MAX_PIECES;
    private static final int MAX_SUPER_SEGMENT_BYTES = MAX_PACKET_BYTES - IpHeaders.MAX_ENCODED_LENGTH - TcpSegment.MAX_HEADER_LENGTH;

    private final int id;
    private final TunDevice device;
    private final LinkProperties properties;
    private final IpAddress ipv4;
    private final IpAddress ipv6;
    private final int virtioBytes;
    private final PacketSlot in = new PacketSlot();
    private final PacketSlot piece = new PacketSlot();
    private final MemorySegment readBuffer;
    private final MemorySegment pieces = Arena.ofAuto().allocate(16L * MAX_PIECES, 8);
    private boolean kernelSegments;
    private int identification;
    private long ignoredPackets;
    private PacketHandler packetHandler;
    private Receiver receiver;
    private FdPoll poll;

    /**
     * A link over an open device, which it closes.
     *
     * @param ipv4     own IPv4 address behind the device, null for none (gateway)
     * @param ipv6     own IPv6 address behind the device, null for none (gateway)
     * @param mtuBytes as configured on the device
     */
    public TunLink(int id, TunDevice device, IpAddress ipv4, IpAddress ipv6, int mtuBytes, int weight, boolean backup) {
        this.id = id;
        this.device = device;
        this.ipv4 = ipv4;
        this.ipv6 = ipv6;
        this.kernelSegments = device.hasVirtioHeader();
        this.virtioBytes = device.hasVirtioHeader() ? VirtioNetHeader.LENGTH : 0;
        this.properties = new LinkProperties(mtuBytes, MAX_SUPER_SEGMENT_BYTES, weight, backup);
        this.readBuffer = Arena.ofAuto().allocate(virtioBytes + MAX_PACKET_BYTES);
        piece.buffer = Arena.ofAuto().allocate(headroomBytes() + MptcpDriver.MAX_SEGMENT_BYTES);
        piece.offset = headroomBytes();
    }

    @Override
    public int id() {
        return id;
    }

    @Override
    public String name() {
        return device.name();
    }

    @Override
    public LinkProperties properties() {
        return properties;
    }

    /** Gets what comes by the device and is no TCP, as it is: it may be anything. */
    @FunctionalInterface
    public interface PacketHandler {
        /** @param buffer to be used during the call only */
        void packet(MemorySegment buffer, int offset, int length);
    }

    /** On the loop. @param handler null for nobody */
    public void setPacketHandler(PacketHandler handler) {
        packetHandler = handler;
    }

    /**
     * Puts an IP packet, which has all its checksums, into the device: the host receives it. On the loop.
     *
     * @param offset with {@link #headroomBytes} less an IP header before it, which are overwritten
     * @return whether the device took it
     */
    public boolean inject(MemorySegment buffer, int offset, int length) {
        int start = offset - virtioBytes;
        buffer.asSlice(start, virtioBytes).fill((byte) 0);
        return device.writev(pieces, addPiece(0, buffer, start, virtioBytes + length)) >= 0;
    }

    /** Packets read so far that were no TCP over IP, or fragments. */
    public long ignoredPackets() {
        return ignoredPackets;
    }

    @Override
    public IpAddress localAddressFor(IpAddress remote) {
        return remote.isIpv4() ? ipv4 : ipv6;
    }

    @Override
    public int headroomBytes() {
        return VirtioNetHeader.LENGTH + IpHeaders.MAX_ENCODED_LENGTH;
    }

    @Override
    public boolean gathers() {
        return true;
    }

    @Override
    public void start(IoEventLoop loop, Receiver receiver) {
        this.receiver = receiver;
        this.poll = FdPoll.on(loop, device.fd(), this::readable, this::writable);
    }

    @Override
    public SendResult send(PacketSlot slot) {
        int count = SoftwareSegmenter.count(slot);
        if (kernelSegments || virtioBytes > 0 && count == 1) {
            int error = writeUnfinished(slot, count > 1 ? slot.segmentSize : 0);
            if (error != Errno.EINVAL || count == 1) {
                return result(error);
            }
            kernelSegments = false;
        }
        return sendFinished(slot, count);
    }

    /** Nothing is held back. */
    @Override
    public void flush() {
    }

    @Override
    public boolean isUp() {
        return true;
    }

    @Override
    public void close() {
        if (poll != null) {
            poll.close();
        }
        device.close();
    }

    /** Leaves checksum and segmentation to the kernel. @return 0 or the error number */
    private int writeUnfinished(PacketSlot slot, int segmentSize) {
        int tcpOffset = IpHeaders.encodeHeader(slot, nextIdentification());
        int headerLength = TcpSegment.headerLength(slot.buffer, slot.offset);
        boolean cwr = (TcpSegment.flags(slot.buffer, slot.offset) & TcpSegment.CWR) != 0;
        long pseudoHeader = Checksum.pseudoHeader(slot.sourceHi, slot.sourceLo, slot.destinationHi, slot.destinationLo, slot.totalLength());
        TcpSegment.setChecksum(slot.buffer, slot.offset, Checksum.fold(pseudoHeader));
        int start = slot.offset - tcpOffset - VirtioNetHeader.LENGTH;
        VirtioNetHeader.encodeTcp(slot.buffer, start, tcpOffset, tcpOffset + headerLength, segmentSize, slot.isIpv4(), cwr);
        return write(slot, start);
    }

    /**
     * Cuts and finishes the segments here. When the device is full after some of them the rest is lost, as in any queue: TCP sends it again,
     * while offering the whole once more would send the beginning twice.
     */
    private SendResult sendFinished(PacketSlot slot, int count) {
        SendResult result = SendResult.SENT;
        for (int i = 0; i < count; i++) {
            piece.copyIpFields(slot);
            piece.length = SoftwareSegmenter.cutWithChecksum(slot, i, count, piece.buffer, piece.offset);
            int start = piece.offset - IpHeaders.encodeHeader(piece, nextIdentification());
            if (virtioBytes > 0) {
                start -= virtioBytes;
                piece.buffer.asSlice(start, virtioBytes).fill((byte) 0);
            }
            result = result(write(piece, start));
            if (result != SendResult.SENT) {
                return i == 0 ? result : SendResult.SENT;
            }
        }
        return result;
    }

    private int write(PacketSlot slot, int start) {
        int count = 0;
        count = addPiece(count, slot.buffer, start, slot.offset + slot.length - start);
        for (int i = 0; i < slot.pieces(); i++) {
            count = addPiece(count, slot.pieceMemory(i), slot.pieceOffset(i), slot.pieceLength(i));
        }
        int written = device.writev(pieces, count);
        return written < 0 ? -written : 0;
    }

    private int addPiece(int count, MemorySegment memory, long offset, int length) {
        if (length == 0) {
            return count;
        }
        pieces.set(JAVA_LONG, 16L * count, memory.address() + offset);
        pieces.set(JAVA_LONG, 16L * count + 8, length);
        return count + 1;
    }

    private SendResult result(int error) {
        if (error == Errno.EAGAIN) {
            poll.awaitWritable();
            return SendResult.AGAIN;
        }
        return error == 0 ? SendResult.SENT : SendResult.DROPPED;
    }

    private int nextIdentification() {
        identification = identification + 1 & 0xffff;
        return identification;
    }

    private void writable() {
        receiver.writable(this);
    }

    private void readable() {
        if (poll(READ_BUDGET) == READ_BUDGET) {
            poll.readAgain();
        }
        receiver.drained(this);
    }

    @Override
    public int poll(int segments) {
        for (int read = 0; read < segments; read++) {
            int length = device.read(readBuffer);
            if (length < 0) {
                return read; // EAGAIN, or EIO while the device is down: a later edge tells when there is more
            }
            deliver(length);
        }
        return segments;
    }

    private void deliver(int length) {
        boolean understood = length >= virtioBytes && IpHeaders.toSlot(readBuffer, virtioBytes, length - virtioBytes, in);
        if (packetHandler != null && length >= virtioBytes && (!understood || in.protocol != IpHeaders.PROTOCOL_TCP)) {
            packetHandler.packet(readBuffer, virtioBytes, length - virtioBytes);
        }
        if (!understood) {
            ignoredPackets++;
            return;
        }
        boolean trusted = virtioBytes > 0 && VirtioNetHeader.isChecksumTrusted(readBuffer, 0);
        in.checksumState = trusted ? PacketSlot.CHECKSUM_VERIFIED : PacketSlot.CHECKSUM_UNVERIFIED;
        in.segmentSize = virtioBytes > 0 ? VirtioNetHeader.segmentSize(readBuffer, 0) : 0;
        receiver.received(this, in);
    }
}
