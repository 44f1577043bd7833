package io.mptcp.netty;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.mptcp.netty.linux.Errno;
import io.mptcp.netty.linux.PacketSocket;
import io.mptcp.netty.linux.VirtioNetHeader;
import io.mptcp.wire.Checksum;
import io.mptcp.wire.IpHeaders;
import io.mptcp.wire.PacketSlot;
import io.mptcp.wire.TcpSegment;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts Ethernet and IP headers in front of TCP segments and sends them by a packet socket. The kernel computes the checksum and cuts
 * super-segments; should an interface refuse that, they are cut here.
 */
final class FrameSender {
    static final int ETHERNET_BYTES = 14;
    static final int HEADROOM_BYTES = VirtioNetHeader.LENGTH + ETHERNET_BYTES + IpHeaders.MAX_ENCODED_LENGTH;

    private static final Logger LOG = LoggerFactory.getLogger(FrameSender.class);
    private static final int ETHERTYPE_OFFSET = 12;
    private static final int ETHERTYPE_IPV4 = 0x0800;
    private static final int ETHERTYPE_IPV6 = 0x86dd;
    private static final int MAX_PIECES = 1 + PacketSlot.MAX_PIECES;

    private static final ValueLayout.OfShort SHORT_BE = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfInt INT_BE = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    private final PacketSocket socket;
    private final MemorySegment pieces = Arena.ofAuto().allocate(16L * MAX_PIECES, 8);
    private boolean kernelSegments;
    private int identification;
    private PacketSlot cut;

    /** @param kernelSegments false cuts super-segments here from the beginning */
    FrameSender(PacketSocket socket, boolean kernelSegments) {
        this.socket = socket;
        this.kernelSegments = kernelSegments;
    }

    /** Whether the kernel is still trusted to cut super-segments. */
    boolean kernelSegments() {
        return kernelSegments;
    }

    /** @return 0 or the error number, with nothing sent */
    int send(long sourceMac, long destinationMac, PacketSlot slot) {
        int count = SoftwareSegmenter.count(slot);
        if (count == 1 || kernelSegments) {
            int error = write(sourceMac, destinationMac, slot, count == 1 ? 0 : slot.segmentSize);
            if (count == 1 || error != Errno.EINVAL && error != Errno.EMSGSIZE) {
                return error;
            }
            LOG.warn("segments are cut in software from now on, the kernel cannot: {}", Errno.text(error));
            kernelSegments = false;
        }
        return sendCut(sourceMac, destinationMac, slot, count);
    }

    /**
     * When the device is full after some of the segments the rest is lost, as in any queue: TCP sends it again, while offering the whole once
     * more would send the beginning twice.
     */
    private int sendCut(long sourceMac, long destinationMac, PacketSlot slot, int count) {
        if (cut == null) {
            cut = new PacketSlot();
            cut.offset = HEADROOM_BYTES;
            cut.buffer = Arena.ofAuto().allocate(HEADROOM_BYTES + MptcpDriver.MAX_SEGMENT_BYTES);
        }
        cut.copyIpFields(slot);
        for (int i = 0; i < count; i++) {
            cut.length = SoftwareSegmenter.cut(slot, i, count, cut.buffer, cut.offset);
            int error = write(sourceMac, destinationMac, cut, 0);
            if (error != 0) {
                return i == 0 ? error : 0;
            }
        }
        return 0;
    }

    private int write(long sourceMac, long destinationMac, PacketSlot slot, int segmentSize) {
        identification = identification + 1 & 0xffff;
        int tcpOffset = ETHERNET_BYTES + IpHeaders.encodeHeader(slot, identification);
        int frame = slot.offset - tcpOffset;
        boolean ipv4 = slot.isIpv4();
        putMac(slot.buffer, frame, destinationMac);
        putMac(slot.buffer, frame + 6, sourceMac);
        slot.buffer.set(SHORT_BE, frame + ETHERTYPE_OFFSET, (short) (ipv4 ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6));
        long pseudoHeader = Checksum.pseudoHeader(slot.sourceHi, slot.sourceLo, slot.destinationHi, slot.destinationLo, slot.totalLength());
        TcpSegment.setChecksum(slot.buffer, slot.offset, Checksum.fold(pseudoHeader));
        int headerBytes = tcpOffset + TcpSegment.headerLength(slot.buffer, slot.offset);
        boolean cwr = (TcpSegment.flags(slot.buffer, slot.offset) & TcpSegment.CWR) != 0;
        int start = frame - VirtioNetHeader.LENGTH;
        VirtioNetHeader.encodeTcp(slot.buffer, start, tcpOffset, headerBytes, segmentSize, ipv4, cwr);
        int count = addPiece(0, slot.buffer, start, slot.offset + slot.length - start);
        for (int i = 0; i < slot.pieces(); i++) {
            count = addPiece(count, slot.pieceMemory(i), slot.pieceOffset(i), slot.pieceLength(i));
        }
        int sent = socket.send(pieces, count);
        return sent < 0 ? -sent : 0;
    }

    private static void putMac(MemorySegment buffer, int offset, long mac) {
        buffer.set(SHORT_BE, offset, (short) (mac >>> 32));
        buffer.set(INT_BE, offset + 2, (int) mac);
    }

    private int addPiece(int count, MemorySegment memory, long offset, int length) {
        if (length == 0) {
            return count;
        }
        pieces.set(JAVA_LONG, 16L * count, memory.address() + offset);
        pieces.set(JAVA_LONG, 16L * count + 8, length);
        return count + 1;
    }
}
