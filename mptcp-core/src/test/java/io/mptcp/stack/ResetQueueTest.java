package io.mptcp.stack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.tcp.IncomingSegment;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.MptcpOption;
import io.mptcp.wire.PacketSlot;
import io.mptcp.wire.TcpOptions;
import io.mptcp.wire.TcpSegment;
import java.lang.foreign.Arena;
import java.util.List;
import org.junit.jupiter.api.Test;

/** RFC 9293 section 3.5.2. */
class ResetQueueTest {
    private static final long SECOND = 1_000_000_000L;

    private final PacketSlot slot = new PacketSlot();
    private final IncomingSegment incoming = new IncomingSegment();

    private boolean add(ResetQueue queue, long nowNanos, int flags, int sequenceNumber, int acknowledgmentNumber, int payload, int reason) {
        slot.buffer = Arena.ofAuto().allocate(200);
        slot.offset = 0;
        slot.linkId = 3;
        slot.sourceHi = 0;
        slot.sourceLo = IpAddress.mapped(0x0a000001);
        slot.destinationHi = 0;
        slot.destinationLo = IpAddress.mapped(0x0a000002);
        TcpSegment.encode(slot.buffer, 0, 1111, 2222, sequenceNumber, acknowledgmentNumber, 20, flags, 100);
        slot.length = 20 + payload;
        incoming.read(slot);
        return queue.add(nowNanos, slot, incoming, reason);
    }

    private boolean sent(ResetQueue queue) {
        return queue.transmit(slot);
    }

    private int flags() {
        return TcpSegment.flags(slot.buffer, slot.offset);
    }

    private int sequenceNumber() {
        return TcpSegment.sequenceNumber(slot.buffer, slot.offset);
    }

    private int acknowledgmentNumber() {
        return TcpSegment.acknowledgmentNumber(slot.buffer, slot.offset);
    }

    private List<MptcpOption> mptcpOptions() {
        TcpOptions options = new TcpOptions();
        options.parse(slot.buffer, slot.offset, slot.length - TcpSegment.headerLength(slot.buffer, slot.offset));
        return MptcpOption.of(options.mptcp);
    }

    @Test
    void anAckIsResetAtWhatItAcknowledges() {
        ResetQueue queue = new ResetQueue(10);
        assertTrue(add(queue, 0, TcpSegment.ACK, 5, 77, 10, -1));
        assertTrue(sent(queue));
        assertEquals(TcpSegment.RST, flags());
        assertEquals(List.of(), mptcpOptions());
        assertEquals(77, sequenceNumber());
        assertEquals(0, acknowledgmentNumber());
        assertEquals(3, slot.linkId);
        assertEquals(2222, TcpSegment.sourcePort(slot.buffer, slot.offset));
        assertEquals(1111, TcpSegment.destinationPort(slot.buffer, slot.offset));
        assertEquals(IpAddress.ofIpv4(0x0a000001), new IpAddress(slot.destinationHi, slot.destinationLo));
        assertFalse(sent(queue));
    }

    @Test
    void anythingElseIsAcknowledgedWhole() {
        ResetQueue queue = new ResetQueue(10);
        add(queue, 0, TcpSegment.SYN | TcpSegment.FIN, -1, 0, 10, -1);
        assertTrue(sent(queue));
        assertEquals(TcpSegment.RST | TcpSegment.ACK, flags());
        assertEquals(0, sequenceNumber());
        assertEquals(11, acknowledgmentNumber(), "payload, SYN and FIN, over the wrap");
    }

    @Test
    void aResetIsNotAnswered() {
        ResetQueue queue = new ResetQueue(10);
        assertFalse(add(queue, 0, TcpSegment.RST, 5, 0, 0, -1));
        assertFalse(sent(queue));
    }

    @Test
    void aReasonGoesAlong() {
        ResetQueue queue = new ResetQueue(10);
        add(queue, 0, TcpSegment.SYN, 5, 0, 0, ResetReason.MPTCP);
        assertTrue(sent(queue));
        assertEquals(List.of(new MptcpOption.MpTcpRst(ResetReason.MPTCP, false)), mptcpOptions());
    }

    @Test
    void onlySoManyASecond() {
        ResetQueue queue = new ResetQueue(2);
        assertTrue(add(queue, 0, TcpSegment.ACK, 0, 1, 0, -1));
        assertTrue(add(queue, SECOND - 1, TcpSegment.ACK, 0, 2, 0, -1));
        assertFalse(add(queue, SECOND - 1, TcpSegment.ACK, 0, 3, 0, -1));
        assertTrue(add(queue, SECOND, TcpSegment.ACK, 0, 4, 0, -1));
    }

    @Test
    void onlySoManyWait() {
        ResetQueue queue = new ResetQueue(1000);
        int taken = 0;
        for (int i = 0; i < 100; i++) {
            taken += add(queue, 0, TcpSegment.ACK, 0, i, 0, -1) ? 1 : 0;
        }
        assertEquals(64, taken);
        for (int i = 0; i < 64; i++) {
            assertTrue(sent(queue));
            assertEquals(i, sequenceNumber(), "in order");
        }
        assertTrue(add(queue, 0, TcpSegment.ACK, 0, 1, 0, -1));
    }
}
