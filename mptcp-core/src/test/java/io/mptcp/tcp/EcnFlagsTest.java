package io.mptcp.tcp;

import static io.mptcp.wire.TcpSegment.ACK;
import static io.mptcp.wire.TcpSegment.CWR;
import static io.mptcp.wire.TcpSegment.ECE;
import static io.mptcp.wire.TcpSegment.SYN;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** RFC 3168 section 6.1. */
class EcnFlagsTest {
    private final TestTcb net = new TestTcb(TcpConfig.defaults().toBuilder().ecn(EcnMode.ACTIVE).build());
    private final Ecn ecn = new Ecn(net.tcb);

    private static IncomingSegment segment(int flags, int codepoint, int payloadLength) {
        IncomingSegment segment = new IncomingSegment();
        segment.flags = flags;
        segment.ecn = codepoint;
        segment.payloadLength = payloadLength;
        return segment;
    }

    private void agree() {
        assertEquals(ECE | CWR, ecn.synFlags());
        ecn.onSynAck(segment(SYN | ACK | ECE, 0, 0));
        assertTrue(ecn.isOn());
    }

    @Test
    void itTakesBothSides() {
        ecn.synFlags();
        ecn.onSynAck(segment(SYN | ACK, 0, 0));
        assertFalse(ecn.isOn());
        ecn.onSynAck(segment(SYN | ACK | ECE | CWR, 0, 0)); // somebody reflects the flags
        assertFalse(ecn.isOn());
        agree();
        assertEquals(Ecn.ECT_0, ecn.newDataCodepoint());
    }

    @Test
    void aSynSentAgainDoesNotAsk() {
        net.tcb.synRetransmitted = true;
        assertEquals(0, ecn.synFlags());
    }

    @Test
    void aMarkIsEchoedUntilTheSenderHasReduced() {
        agree();
        assertEquals(0, ecn.ackFlags());
        ecn.onSegment(segment(ACK, Ecn.CE, 1000));
        assertEquals(ECE, ecn.ackFlags());
        ecn.onSegment(segment(ACK, Ecn.ECT_0, 1000));
        assertEquals(ECE, ecn.ackFlags());
        ecn.onSegment(segment(ACK | CWR, Ecn.ECT_0, 1000));
        assertEquals(0, ecn.ackFlags());
    }

    @Test
    void thereIsOneReductionForEachWindow() {
        agree();
        net.tcb.sndNxt = 10_001;
        IncomingSegment echo = segment(ACK | ECE, 0, 0);
        echo.ackSsn = 1_001;
        assertTrue(ecn.callsForReduction(echo));
        ecn.onReduction();
        assertTrue(ecn.isCwrDue());
        assertEquals(CWR, ecn.newDataFlags());
        assertEquals(0, ecn.newDataFlags(), "once");
        echo.ackSsn = 10_001;
        assertFalse(ecn.callsForReduction(echo), "of the window that has been reduced already");
        echo.ackSsn = 10_002;
        assertTrue(ecn.callsForReduction(echo));
    }
}
