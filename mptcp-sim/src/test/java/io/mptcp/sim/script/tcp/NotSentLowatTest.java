package io.mptcp.sim.script.tcp;

import static io.mptcp.sim.script.Packet.packet;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.sim.script.FakePeer;
import io.mptcp.sim.script.Script;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.Readiness;
import io.mptcp.stack.StackConfig;
import io.mptcp.tcp.SocketOptions;
import io.mptcp.tcp.TcpConfig;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

/** A bound on what has been written and cannot be sent yet (Linux: TCP_NOTSENT_LOWAT). */
class NotSentLowatTest {
    private static final int MSS = FakePeer.MSS;
    private static final int WINDOW = 10 * MSS;
    private static final int LOWAT = 4 * MSS;
    private static final int MUCH = 200_000;

    private Script script = Script.tcp();
    private FakePeer peer;
    private MptcpConnection connection;

    private void connect() {
        script.listen();
        peer = FakePeer.client(script).openPlain();
        connection = script.accepted();
    }

    private void connect(int lowatBytes) {
        connect();
        connection.setSocketOptions(connection.socketOptions().toBuilder().notSentLowatBytes(lowatBytes).build());
    }

    private int write(int bytes) {
        return connection.write(MemorySegment.ofArray(new byte[bytes]), 0, bytes);
    }

    private boolean isToldOfRoom() {
        return (connection.takeReadiness() & Readiness.WRITABLE) != 0;
    }

    /** The network takes what may be sent. */
    private void send() {
        script.advance(1);
        peer.skip();
    }

    @Test
    void withoutABoundAWriterIsAheadByMore() {
        connect();
        assertEquals(64 * 1024, write(MUCH));
    }

    @Test
    void aWriterIsAheadOfWhatCanBeSentByTheBound() {
        connect(LOWAT);
        assertEquals(WINDOW + LOWAT, write(MUCH));
        assertEquals(0, connection.writableBytes());
        send();
        assertEquals(LOWAT, connection.unsentBytes());
        assertEquals(0, write(MUCH));
    }

    @Test
    void aWriterThatWaitsIsToldWhenLessThanHalfOfItIsLeft() {
        connect(LOWAT);
        write(MUCH);
        send();
        isToldOfRoom();
        peer.inject(packet(".").ack(1 + MSS)); // slow start: two more
        send();
        assertEquals(LOWAT / 2, connection.unsentBytes());
        assertFalse(connection.isWritable());
        assertFalse(isToldOfRoom(), "there is room for little");
        peer.inject(packet(".").ack(1 + 2 * MSS));
        send();
        assertEquals(0, connection.unsentBytes());
        assertTrue(connection.isWritable());
        assertTrue(isToldOfRoom());
        assertEquals(LOWAT, connection.writableBytes());
    }

    /** Small super-segments would cost more than a little less of freshness. */
    @Test
    void aWriteBegunBelowTheBoundFillsASegment() {
        connect(1);
        assertEquals(WINDOW + MSS, write(MUCH));
        send();
        assertEquals(0, write(MUCH));
        peer.inject(packet(".").ack(1 + MSS));
        send();
        assertEquals(2 * MSS, write(MUCH), "one that can be sent, and one more");
    }

    @Test
    void theBoundOfTheStackHoldsForWhoChoosesNoneAndAnotherReplacesItAtOnce() {
        script = new Script(StackConfig.defaults().withMptcp(false).withTcp(TcpConfig.defaults().toBuilder().notSentLowatBytes(LOWAT).build()));
        connect();
        assertEquals(WINDOW + LOWAT, write(MUCH));
        connection.setSocketOptions(SocketOptions.DEFAULT.toBuilder().notSentLowatBytes(Integer.MAX_VALUE).build());
        assertEquals(64 * 1024 - WINDOW - LOWAT, write(MUCH));
    }

    @Test
    void aSmallSendBufferBoundsItAsEver() {
        connect();
        connection.setSocketOptions(SocketOptions.DEFAULT.toBuilder().notSentLowatBytes(LOWAT).sendBufferBytes(8 * MSS).build());
        assertEquals(8 * MSS, write(MUCH));
        send();
        assertEquals(0, write(MUCH));
    }

    @Test
    void withTwoPathsWhatBothCanSendIsNotCounted() {
        script = new Script(StackConfig.defaults()).listen();
        peer = FakePeer.client(script).openMptcp().send("x");
        connection = script.accepted();
        FakePeer second = peer.joining(1).openJoin(1);
        connection.setSocketOptions(connection.socketOptions().toBuilder().notSentLowatBytes(2 * FakePeer.MPTCP_MSS).build());
        assertEquals((2 * 10 + 2) * FakePeer.MPTCP_MSS, write(MUCH));
        send();
        second.skip();
        assertEquals(2 * FakePeer.MPTCP_MSS, connection.unsentBytes());
    }
}
