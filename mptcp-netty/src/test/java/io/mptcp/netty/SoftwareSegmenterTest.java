package io.mptcp.netty;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.wire.Checksum;
import io.mptcp.wire.PacketSlot;
import io.mptcp.wire.TcpSegment;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class SoftwareSegmenterTest {
    private static final int ALL_FLAGS = TcpSegment.ACK | TcpSegment.PSH | TcpSegment.FIN | TcpSegment.CWR;

    private final MemorySegment target = Arena.ofAuto().allocate(70_000);

    @Test
    void aSlotThatFitsIsOneUnchangedSegment() {
        PacketSlot slot = Segments.slot("10.0.0.1", "10.0.0.2", ALL_FLAGS, 1000, new byte[500]);
        slot.segmentSize = 500;
        assertEquals(1, SoftwareSegmenter.count(slot));
        int length = SoftwareSegmenter.cut(slot, 0, 1, target, 8);
        assertEquals(520, length);
        assertEquals(ALL_FLAGS, TcpSegment.flags(target, 8));
        assertEquals(1000, TcpSegment.sequenceNumber(target, 8));
    }

    @Test
    void aSlotWithoutSegmentSizeIsNeverCut() {
        PacketSlot slot = Segments.slot("10.0.0.1", "10.0.0.2", TcpSegment.ACK, 1, new byte[9000]);
        assertEquals(1, SoftwareSegmenter.count(slot));
    }

    @Test
    void sequenceNumbersAdvanceAcrossTheWrapAndFlagsStayWhereTheyBelong() {
        PacketSlot slot = Segments.slot("10.0.0.1", "10.0.0.2", ALL_FLAGS, 0xffff_ff00, new byte[2500]);
        slot.segmentSize = 1000;
        int count = SoftwareSegmenter.count(slot);
        assertEquals(3, count);
        int[] flags = {TcpSegment.ACK | TcpSegment.CWR, TcpSegment.ACK, TcpSegment.ACK | TcpSegment.PSH | TcpSegment.FIN};
        for (int i = 0; i < count; i++) {
            int length = SoftwareSegmenter.cut(slot, i, count, target, 0);
            assertEquals(i < 2 ? 1020 : 520, length);
            assertEquals(0xffff_ff00 + i * 1000, TcpSegment.sequenceNumber(target, 0));
            assertEquals(flags[i], TcpSegment.flags(target, 0));
        }
    }

    @Property(tries = 300)
    void piecesTogetherAreTheWholeWithRightChecksums(@ForAll @IntRange(max = 9000) int payloadLength, @ForAll @IntRange(min = 1, max = 3000) int mss,
                                                     @ForAll @IntRange(max = 9000) int inline, @ForAll @IntRange(max = 9000) int first,
                                                     @ForAll boolean ipv6, @ForAll @IntRange(max = 10) int optionWords) {
        byte[] payload = new byte[payloadLength];
        new Random(payloadLength * 31L + mss).nextBytes(payload);
        PacketSlot slot = Segments.slot(ipv6 ? "fd00::1" : "10.0.0.1", ipv6 ? "fd00::2" : "10.0.0.2", ALL_FLAGS, 7, payload, optionWords);
        Segments.byReference(slot, Math.min(inline, payloadLength), first);
        slot.segmentSize = mss;
        int header = 20 + 4 * optionWords;
        byte[] options = slot.buffer.asSlice(slot.offset + 20, header - 20).toArray(ValueLayout.JAVA_BYTE);

        ByteArrayOutputStream all = new ByteArrayOutputStream();
        int count = SoftwareSegmenter.count(slot);
        for (int i = 0; i < count; i++) {
            int length = SoftwareSegmenter.cutWithChecksum(slot, i, count, target, 3);
            PacketSlot piece = new PacketSlot();
            piece.buffer = target;
            piece.offset = 3;
            piece.length = length;
            piece.sourceHi = slot.sourceHi;
            piece.sourceLo = slot.sourceLo;
            piece.destinationHi = slot.destinationHi;
            piece.destinationLo = slot.destinationLo;
            assertTrue(Checksum.verifyTcp(piece));
            assertTrue(length - header <= mss);
            assertArrayEquals(options, target.asSlice(23, header - 20).toArray(ValueLayout.JAVA_BYTE));
            all.writeBytes(target.asSlice(3 + header, length - header).toArray(ValueLayout.JAVA_BYTE));
        }
        assertArrayEquals(payload, all.toByteArray());
    }
}
