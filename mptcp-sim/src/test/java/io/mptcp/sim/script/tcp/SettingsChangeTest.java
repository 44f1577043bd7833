package io.mptcp.sim.script.tcp;

import static io.mptcp.sim.script.Packet.packet;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.sim.script.FakePeer;
import io.mptcp.sim.script.Script;
import io.mptcp.sim.script.Segment;
import io.mptcp.stack.Limits;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.StackConfig;
import io.mptcp.tcp.TcpConfig;
import org.junit.jupiter.api.Test;

/** TCP settings changed while the stack runs: what is open, or half-open, goes on by those it began with. */
class SettingsChangeTest {
    private static final TcpConfig BEFORE = TcpConfig.defaults();
    private static final TcpConfig WITHOUT_TIMESTAMPS = BEFORE.withTimestamps(false);

    private final Script script = new Script(StackConfig.defaults().withMptcp(false).withTcp(BEFORE));

    @Test
    void theNextConnectionsHaveThemInBothRoles() {
        script.listen();
        script.stack.setTcpConfig(WITHOUT_TIMESTAMPS.withSack(false));
        script.connect();
        Segment syn = FakePeer.server(script).expectSyn();
        assertFalse(syn.options.hasTimestamps);
        assertFalse(syn.options.sackPermitted);
        FakePeer client = FakePeer.client(script);
        client.inject(client.syn());
        assertFalse(client.expect().flags("S.").options.hasTimestamps);
        script.stack.setTcpConfig(BEFORE);
        FakePeer later = FakePeer.client(script);
        later.inject(later.syn());
        assertTrue(later.expect().flags("S.").options.hasTimestamps);
    }

    @Test
    void anOpenConnectionKeepsItsOwn() {
        script.listen();
        FakePeer peer = FakePeer.client(script).openPlain();
        MptcpConnection connection = script.accepted();
        script.stack.setTcpConfig(WITHOUT_TIMESTAMPS);
        Script.write(connection, "x");
        assertTrue(peer.expect().data(1, "x").options.hasTimestamps);
    }

    @Test
    void itKeepsThemAlsoWhenItsOwnOptionsChange() {
        script.listen();
        FakePeer.client(script).openPlain();
        MptcpConnection connection = script.accepted();
        FakePeer.client(script).openPlain();
        MptcpConnection untouched = script.accepted();
        script.stack.setTcpConfig(BEFORE.toBuilder().notSentLowatBytes(1000).build());
        connection.setSocketOptions(connection.socketOptions().toBuilder().keepAlive(true).build());
        int taken = Script.write(untouched, Script.pattern(300_000));
        assertTrue(taken > 10_000);
        assertEquals(taken, Script.write(connection, Script.pattern(300_000)), "no bound of what is not sent");
    }

    /** The SYN/ACK has promised timestamps, a window scale and a window. */
    @Test
    void aHalfOpenConnectionKeepsWhatItsSynAckHasSaid() {
        script.listen();
        FakePeer peer = FakePeer.client(script);
        peer.inject(peer.syn());
        Segment synAck = peer.expect().flags("S.");
        script.stack.setTcpConfig(WITHOUT_TIMESTAMPS.withSack(false).withBuffers(1 << 16, 1 << 16));
        script.advance(1000);
        Segment again = peer.expect().flags("S.");
        assertEquals(synAck.options.windowScale, again.options.windowScale);
        assertTrue(again.options.hasTimestamps && again.options.sackPermitted);
        peer.inject(packet("."));
        MptcpConnection connection = script.accepted();
        Script.write(connection, "x");
        assertTrue(peer.expect().data(1, "x").options.hasTimestamps);
        peer.inject(packet("P.").seq(3).data("late").ack(2));
        peer.expect().flags(".").ack(1).sack(3, 7);
    }

    /** What a cookie can say depends on timestamps, so one sent with them is worth nothing without. */
    @Test
    void aCookieSentWithTimestampsIsRefusedWhenTheyAreOff() {
        Script script = new Script(StackConfig.defaults().withMptcp(false).withLimits(Limits.defaults().toBuilder().maxHalfOpen(1).build())).listen();
        FakePeer first = FakePeer.client(script);
        first.inject(first.syn());
        first.expect().flags("S.");
        FakePeer second = FakePeer.client(script);
        second.inject(second.syn());
        second.expect().flags("S.");
        script.stack.setTcpConfig(WITHOUT_TIMESTAMPS);
        second.inject(packet("."));
        second.expect().flags("R");
    }
}
