package io.mptcp.sim.script.tcp;

import static io.mptcp.sim.script.Packet.packet;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.sim.script.FakePeer;
import io.mptcp.sim.script.Script;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.Readiness;
import io.mptcp.stack.StackConfig;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Urgent data (RFC 9293 section 3.8.5, RFC 6093): a mark in the stream, and the news that it is there. */
class UrgentTest {
    private Script script;
    private FakePeer peer;
    private MptcpConnection connection;

    @BeforeEach
    void connect() {
        script = Script.tcp().listen();
        peer = FakePeer.client(script).openPlain();
        connection = script.accepted();
        connection.takeReadiness();
    }

    @Test
    void thePointerPointsToTheOctetBehindTheUrgentData() {
        Script.write(connection, "abc");
        assertTrue(connection.markUrgent());
        assertEquals(3, peer.expect().data(1, "abc").urgentPointer);
        peer.ack();
        Script.write(connection, "def");
        assertEquals(-1, peer.expect().data(4, "def").urgentPointer, "no longer");
    }

    @Test
    void urgentDataMayBeOfAnyLength() {
        int written = Script.write(connection, Script.pattern(70_000));
        connection.markUrgent();
        assertEquals(0xffff, peer.expect().seq(1).urgentPointer, "as far as 16 bits reach");
        assertEquals(Math.min(0xffff, written - FakePeer.MSS), peer.expect().seq(1 + FakePeer.MSS).urgentPointer);
    }

    @Test
    void aRetransmissionSaysItAgain() {
        Script.write(connection, "abc");
        connection.markUrgent();
        peer.expect();
        script.advance(300);
        assertEquals(3, peer.expect().data(1, "abc").urgentPointer);
    }

    @Test
    void theApplicationIsToldAndMayAskHowMuchIsLeft() {
        peer.inject(packet("P.").data("urgent, not").urgent(6));
        assertNotEquals(0, connection.takeReadiness() & Readiness.URGENT);
        assertEquals(6, connection.urgentBytes());
        byte[] some = new byte[4];
        connection.read(MemorySegment.ofArray(some), 0, 4);
        assertEquals(2, connection.urgentBytes());
        assertEquals("nt, not", Script.read(connection));
        assertEquals(0, connection.urgentBytes());
    }

    @Test
    void theNewsMayComeBeforeTheDataAndWhileTheWindowIsClosed() {
        peer.inject(packet(".").urgent(500));
        assertEquals(500, connection.urgentBytes());
        assertEquals(0, connection.readableBytes());
    }

    @Test
    void aPointerIntoThePastIsOld() {
        peer.send("past");
        Script.read(connection);
        peer.inject(packet(".").urgent(0));
        assertEquals(0, connection.takeReadiness() & Readiness.URGENT);
        assertEquals(0, connection.urgentBytes());
    }

    @Test
    void mptcpKnowsNoUrgentDataButDeliversIt() {
        Script multi = new Script(StackConfig.defaults()).listen();
        FakePeer first = FakePeer.client(multi).openMptcp();
        MptcpConnection both = multi.accepted();
        byte[] data = "mapped".getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);
        first.inject(packet("P.").data(data).urgent(3).option(first.dss(first.map(1, 1, data))));
        assertEquals("mapped", Script.read(both));
        assertEquals(0, both.urgentBytes());
        assertFalse(both.markUrgent());
    }
}
