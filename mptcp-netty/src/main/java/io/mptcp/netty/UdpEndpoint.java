package io.mptcp.netty;

import io.mptcp.netty.SegmentLink.SendResult;
import io.mptcp.netty.linux.Errno;
import io.mptcp.netty.linux.UdpSocket;
import io.mptcp.wire.PacketSlot;
import io.mptcp.wire.TcpSegment;
import io.netty.channel.IoEventLoop;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** One socket of a {@link UdpLink}: puts segments into datagrams and takes them out. */
final class UdpEndpoint {
    private static final int RECEIVE_BUDGET = 32;

    private final UdpSocket socket;
    private final UdpPeers peers;
    private final PacketSlot in = new PacketSlot();
    /** The segments of one super-segment, one behind the other. */
    private MemorySegment cut = Arena.ofAuto().allocate(2 * MptcpDriver.MAX_SEGMENT_BYTES);
    private boolean gso;
    private UdpLink link;
    private SegmentLink.Receiver receiver;
    private FdPoll poll;

    /** What the socket did not take of a super-segment it took the beginning of. */
    private int backlogOffset;
    private int backlogLength;
    private int backlogSegmentBytes;
    private long backlogDestinationHi;
    private long backlogDestinationLo;
    private int backlogPort;

    UdpEndpoint(UdpSocket socket, UdpPeers peers, boolean gso) {
        this.socket = socket;
        this.peers = peers;
        this.gso = gso;
        in.checksumState = PacketSlot.CHECKSUM_VERIFIED; // by the UDP checksum
    }

    UdpSocket socket() {
        return socket;
    }

    void start(IoEventLoop loop, UdpLink link, SegmentLink.Receiver receiver) {
        this.link = link;
        this.receiver = receiver;
        this.poll = FdPoll.on(loop, socket.fd(), this::readable, this::writable);
    }

    void close() {
        if (poll != null) {
            poll.close();
        }
        socket.close();
    }

    SendResult send(PacketSlot slot) {
        if (backlogLength > 0) {
            return SendResult.AGAIN;
        }
        int tcpPort = TcpSegment.destinationPort(slot.buffer, slot.offset);
        int learned = peers.lookup(slot.destinationHi, slot.destinationLo, tcpPort);
        int udpPort = learned != 0 ? learned : tcpPort;
        int count = SoftwareSegmenter.count(slot);
        return count == 1 ? sendOne(slot, udpPort) : sendSuper(slot, count, udpPort);
    }

    private SendResult sendOne(PacketSlot slot, int udpPort) {
        TcpSegment.setChecksum(slot.buffer, slot.offset, 0);
        socket.beginSend();
        socket.addPiece(slot.buffer, slot.offset, slot.length);
        for (int i = 0; i < slot.pieces(); i++) {
            socket.addPiece(slot.pieceMemory(i), slot.pieceOffset(i), slot.pieceLength(i));
        }
        int error = socket.send(slot.destinationHi, slot.destinationLo, udpPort, 0);
        if (error == Errno.EAGAIN) {
            poll.awaitWritable();
            return SendResult.AGAIN;
        }
        return error == 0 ? SendResult.SENT : SendResult.DROPPED;
    }

    private SendResult sendSuper(PacketSlot slot, int count, int udpPort) {
        int headerLength = TcpSegment.headerLength(slot.buffer, slot.offset);
        reserve(slot.totalLength() + count * headerLength);
        int length = 0;
        for (int i = 0; i < count; i++) {
            length += SoftwareSegmenter.cut(slot, i, count, cut, length);
        }
        backlogOffset = 0;
        backlogLength = length;
        backlogSegmentBytes = headerLength + slot.segmentSize;
        backlogDestinationHi = slot.destinationHi;
        backlogDestinationLo = slot.destinationLo;
        backlogPort = udpPort;
        if (drainBacklog()) {
            return SendResult.SENT;
        }
        poll.awaitWritable();
        if (backlogOffset > 0) {
            return SendResult.SENT; // the rest follows by itself
        }
        backlogLength = 0;
        return SendResult.AGAIN;
    }

    /** Only a very small MSS needs more than there is from the start. */
    private void reserve(int bytes) {
        if (cut.byteSize() < bytes) {
            cut = Arena.ofAuto().allocate(bytes);
        }
    }

    /** @return false when the socket takes no more now */
    private boolean drainBacklog() {
        while (backlogLength > 0) {
            int most = gso ? Math.min(UdpSocket.MAX_SEGMENTS, UdpSocket.MAX_PAYLOAD_BYTES / backlogSegmentBytes) : 1;
            int length = Math.min(backlogLength, Math.max(1, most) * backlogSegmentBytes);
            socket.beginSend();
            socket.addPiece(cut, backlogOffset, length);
            int error = socket.send(backlogDestinationHi, backlogDestinationLo, backlogPort, length > backlogSegmentBytes ? backlogSegmentBytes : 0);
            if (error == Errno.EAGAIN) {
                return false;
            }
            if (gso && length > backlogSegmentBytes && isUnsupported(error)) {
                gso = false; // by this kernel or device, or at this path MTU: one by one
                continue;
            }
            backlogOffset += length; // any other error: lost here
            backlogLength -= length;
        }
        return true;
    }

    private static boolean isUnsupported(int error) {
        return error == Errno.EINVAL || error == Errno.EIO || error == Errno.EMSGSIZE;
    }

    private void writable() {
        if (drainBacklog()) {
            receiver.writable(link);
        } else {
            poll.awaitWritable();
        }
    }

    private void readable() {
        if (poll(RECEIVE_BUDGET) == RECEIVE_BUDGET) {
            poll.readAgain();
        }
        receiver.drained(link);
    }

    /** As {@link SegmentLink#poll}; a merged datagram counts as one. */
    int poll(int datagrams) {
        for (int read = 0; read < datagrams; read++) {
            int length = socket.receive();
            if (length == -Errno.EAGAIN) {
                return read;
            }
            if (length >= 0) { // else an ICMP error reported on the socket; what follows is still to be read
                deliver(length);
            }
        }
        return datagrams;
    }

    private void deliver(int length) {
        for (int from = 0; from < length; from += socket.segmentSize()) {
            in.buffer = socket.receiveBuffer();
            in.offset = from;
            in.length = Math.min(socket.segmentSize(), length - from);
            if (!TcpSegment.validate(in.buffer, in.offset, in.length)) {
                continue;
            }
            in.sourceHi = socket.sourceHi();
            in.sourceLo = socket.sourceLo();
            in.destinationHi = socket.local().hi();
            in.destinationLo = socket.local().lo();
            peers.learn(in.sourceHi, in.sourceLo, TcpSegment.sourcePort(in.buffer, in.offset), socket.sourcePort());
            link.receivedFrom(socket.sourcePort());
            receiver.received(link, in);
        }
    }
}
