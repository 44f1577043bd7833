package io.mptcp.sim.script.mptcp;

import static io.mptcp.sim.script.Packet.packet;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.sim.script.FakePeer;
import io.mptcp.sim.script.Script;
import io.mptcp.sim.script.Segment;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.Readiness;
import io.mptcp.stack.StackConfig;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Memory handed over to a connection ({@link MptcpConnection#handOver}) is read for as long as RFC 8684 section 3.3.2 has the bytes kept, and released
 * once. What has been released is spoilt here, so that a byte read later would be seen.
 */
class HandOverTest {
    private static final int MSS = FakePeer.MPTCP_MSS;
    private static final int LENGTH = 8 * MSS;

    private final List<String> released = new ArrayList<>();
    private Script script;
    private FakePeer first;
    private FakePeer second;
    private MptcpConnection connection;

    private void open(StackConfig config) {
        script = new Script(config).listen();
        first = FakePeer.client(script);
        first.rttMillis = 20;
        first.openMptcp().confirm();
        first.skip();
        connection = script.accepted();
        second = first.joining(1);
        second.rttMillis = 40;
        second.openJoin(7);
        second.skip();
    }

    private void openPlain() {
        script = Script.tcp().listen();
        first = FakePeer.client(script).openPlain();
        connection = script.accepted();
    }

    private int handOver(String name) {
        MemorySegment memory = Arena.ofAuto().allocate(LENGTH).copyFrom(MemorySegment.ofArray(Script.pattern(LENGTH)));
        return connection.handOver(memory, 0, LENGTH, () -> {
            released.add(name);
            memory.fill((byte) 0xdb);
        });
    }

    private List<String> released() {
        for (Runnable release = script.stack.nextReleased(); release != null; release = script.stack.nextReleased()) {
            release.run();
        }
        return released;
    }

    /** What has come over a subflow, one segment behind the other. */
    private static byte[] payload(FakePeer peer) {
        ByteArrayOutputStream payload = new ByteArrayOutputStream();
        for (Segment s = peer.poll(); s != null; s = peer.poll()) {
            payload.writeBytes(s.payload);
        }
        return payload.toByteArray();
    }

    /** Of what was sent again. */
    private static void assertFirstBytesAmong(FakePeer peer) {
        Segment segment = peer.expect();
        while (segment.seq != 1) {
            segment = peer.expect();
        }
        assertTrue(segment.payload.length > 0);
        assertArrayEquals(Arrays.copyOf(Script.pattern(LENGTH), segment.payload.length), segment.payload);
        payload(peer);
    }

    @Test
    void isReleasedWhenTheLastByteHasBeenAcknowledged() {
        open(StackConfig.defaults());
        assertEquals(LENGTH, handOver("memory"));
        assertEquals(LENGTH, script.stack.bufferBytes());
        assertArrayEquals(Script.pattern(LENGTH), payload(first));
        first.inject(packet(".").ack(LENGTH).option(first.dssAck(LENGTH)));
        assertEquals(List.of(), released(), "one byte is missing");
        first.ack();
        assertEquals(List.of("memory"), released());
        assertEquals(0, script.stack.bufferBytes());
        connection.abort();
        assertEquals(List.of("memory"), released());
    }

    @Test
    void isReadAgainWhereBytesGetLost() {
        open(StackConfig.defaults().withChecksum(true));
        handOver("memory");
        payload(first);
        script.advance(80);
        assertFirstBytesAmong(second);
        second.ack();
        assertEquals(LENGTH, connection.bytesAcked(), "at the data level");
        assertEquals(List.of(), released(), "section 3.3.6: the first subflow has to send the same bytes again");
        payload(first);
        script.advance(5_000);
        assertFirstBytesAmong(first);
        first.inject(packet(".").ack(1 + LENGTH).option(first.dssAck(1 + LENGTH)));
        assertEquals(List.of("memory"), released());
    }

    @Test
    void aSubflowThatIsResetNeedsItNoMore() {
        open(StackConfig.defaults());
        handOver("memory");
        payload(first);
        first.inject(packet("R"));
        assertArrayEquals(Script.pattern(LENGTH), payload(second));
        assertEquals(List.of(), released());
        second.ack();
        assertEquals(List.of("memory"), released());
    }

    @Test
    void theEndOfTheStreamChangesNothing() {
        open(StackConfig.defaults());
        handOver("memory");
        connection.shutdownOutput();
        payload(first);
        assertEquals(List.of(), released());
        first.ack();
        assertEquals(List.of("memory"), released());
        assertThrows(IllegalStateException.class, () -> handOver("late"));
        assertEquals(List.of("memory"), released());
    }

    @Test
    void aConnectionThatIsAbortedReleasesAll() {
        open(StackConfig.defaults());
        handOver("sent");
        handOver("partly sent");
        connection.abort();
        script.advance(1);
        assertEquals(List.of("sent", "partly sent"), released());
        assertEquals(0, handOver("never"));
        assertEquals(2, released().size());
    }

    @Test
    void aConnectionThatIsResetReleasesAll() {
        openPlain();
        handOver("memory");
        payload(first);
        first.inject(packet("R"));
        assertEquals(List.of("memory"), released());
    }

    @Test
    void aStackThatIsClosedReleasesAll() {
        open(StackConfig.defaults());
        handOver("memory");
        script.stack.close();
        assertEquals(List.of("memory"), released());
    }

    @Test
    void inPlainTcpTheSubflowsAcknowledgmentCounts() {
        openPlain();
        handOver("memory");
        assertArrayEquals(Script.pattern(LENGTH), payload(first));
        script.advance(1_000);
        assertFirstBytesAmong(first);
        first.ack();
        assertEquals(List.of("memory"), released());
    }

    @Test
    void whatDoesNotFitIsNotTakenAndTheWriterIsToldOfRoom() {
        open(StackConfig.defaults());
        connection.setSocketOptions(connection.socketOptions().toBuilder().sendBufferBytes(LENGTH + 10).build());
        assertEquals(LENGTH, handOver("whole"));
        assertEquals(10, handOver("ten bytes"), "so few are copied");
        assertEquals(List.of("ten bytes"), released());
        assertEquals(0, handOver("nothing"));
        connection.takeReadiness();
        payload(first);
        first.ack();
        assertTrue((connection.takeReadiness() & Readiness.WRITABLE) != 0);
        assertEquals(List.of("ten bytes", "whole"), released());
    }

    @Test
    void memoryThatCannotBeReadHereIsRefused() throws InterruptedException {
        open(StackConfig.defaults());
        MemorySegment memory = Arena.ofAuto().allocate(LENGTH);
        assertThrows(IndexOutOfBoundsException.class, () -> connection.handOver(memory, 1, LENGTH, () -> { }));
        MemorySegment[] others = new MemorySegment[1];
        Thread other = Thread.ofPlatform().start(() -> others[0] = Arena.ofConfined().allocate(LENGTH));
        other.join();
        assertThrows(WrongThreadException.class, () -> connection.handOver(others[0], 0, LENGTH, () -> { }));
        assertEquals(List.of(), released());
    }
}
