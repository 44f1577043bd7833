package io.mptcp.sim.script.mptcp;

import static io.mptcp.sim.script.Packet.packet;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.sim.script.FakePeer;
import io.mptcp.sim.script.Script;
import io.mptcp.sim.script.Segment;
import io.mptcp.stack.Counter;
import io.mptcp.stack.Limits;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.Readiness;
import io.mptcp.stack.StackConfig;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The buffers of all connections together are bounded ({@link Limits#maxBufferBytes}): who gets memory, and who loses it, when there is none. */
class MemoryBudgetTest {
    private static final int BUDGET_BYTES = 1 << 20;
    private static final int PAGE = 16 * 1024;
    private static final int SEGMENT = 1400;

    private record End(FakePeer peer, MptcpConnection connection) {
    }

    private final Script script = new Script(StackConfig.defaults()
            .withLimits(Limits.defaults().toBuilder().maxBufferBytes(BUDGET_BYTES).build())).listen();

    private End connect() {
        FakePeer peer = FakePeer.client(script);
        peer.offersTimestamps = false;
        peer.openPlain();
        return new End(peer, script.accepted());
    }

    private static byte[] stream(int from, int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) ((from + i) * 31 >> 3);
        }
        return bytes;
    }

    private static byte[] read(MptcpConnection connection, int most) {
        byte[] bytes = new byte[most];
        int count = connection.read(MemorySegment.ofArray(bytes), 0, most);
        return Arrays.copyOf(bytes, Math.max(0, count));
    }

    /** As many connections as it takes, of which each leaves a hole at its beginning and one byte in each page behind it. */
    private List<End> hostile() {
        List<End> ends = new ArrayList<>();
        long before;
        do {
            before = script.stack.bufferBytes();
            End end = connect();
            ends.add(end);
            for (int page = 0; page < 4; page++) {
                int at = 100 + page * PAGE;
                end.peer.inject(packet("P.").seq(1 + at).data(stream(at, 1)));
                end.peer.skip();
            }
        } while (script.stack.bufferBytes() > before);
        return ends;
    }

    /** A peer whose application reads nothing yet fills the window. @return bytes taken */
    private int fill(End end) {
        int sent = 0;
        while (sent < 40 * SEGMENT) {
            end.peer.inject(packet("P.").seq(1 + sent).data(stream(sent, SEGMENT)));
            Segment ack = end.peer.skip();
            if (ack != null && ack.ack <= 1 + sent) {
                break;
            }
            sent += SEGMENT;
        }
        return sent;
    }

    @Test
    void outOfOrderDataCannotUseUpWhatIsKeptForDataInOrder() {
        List<End> hostile = hostile();
        assertTrue(hostile.size() >= 14, "each holds little: " + hostile.size());
        assertTrue(script.stack.bufferBytes() <= BUDGET_BYTES - BUDGET_BYTES / 8);
        assertTrue(script.count(Counter.TCPOFODrop) > 0);
        assertEquals(1, script.count(Counter.TCPMemoryPressures));
        End good = connect();
        for (int i = 0; i < 200; i++) {
            good.peer.send(stream(i * SEGMENT, SEGMENT));
            assertArrayEquals(stream(i * SEGMENT, SEGMENT), read(good.connection, 10_000));
        }
        assertEquals(0, script.count(Counter.PruneCalled));
    }

    @Test
    void whenTheReserveIsGoneOutOfOrderDataGoesFirst() {
        hostile();
        for (int i = 0; i < 5; i++) { // 20 pages, of which the reserve has eight
            End good = connect();
            assertEquals(40 * SEGMENT, fill(good), "everything in order is taken");
            assertEquals(40 * SEGMENT, good.connection.readableBytes());
        }
        assertTrue(script.count(Counter.PruneCalled) > 0);
        assertTrue(script.count(Counter.OfoPruned) > 0);
        assertEquals(0, script.count(Counter.TCPRcvQDrop));
        assertTrue(script.stack.bufferBytes() <= BUDGET_BYTES);
    }

    @Test
    void whoseDataWasDroppedGetsItAllWhenItComesAgain() {
        List<End> hostile = hostile();
        List<End> good = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            good.add(connect());
            fill(good.getLast());
        }
        assertTrue(script.count(Counter.OfoPruned) > 0);
        for (End end : good) {
            assertArrayEquals(stream(0, 40 * SEGMENT), read(end.connection, 100 * SEGMENT));
        }
        for (End end : hostile) {
            assertEquals(0, end.connection.readableBytes());
            assertEquals(40 * SEGMENT, fill(end), "after all it sends what it had left out");
            assertArrayEquals(stream(0, 40 * SEGMENT), read(end.connection, 100 * SEGMENT));
        }
        assertEquals(0, script.count(Counter.TCPRcvQDrop));
        assertEquals(0, script.stack.bufferBytes());
    }

    /** Unread data is nobody's to drop: the segment is, and comes again. */
    @Test
    void withNothingToDropDataInOrderIsRefusedAndComesAgain() {
        List<End> ends = new ArrayList<>();
        int taken;
        do {
            ends.add(connect());
            taken = fill(ends.getLast());
        } while (taken == 40 * SEGMENT);
        assertTrue(script.count(Counter.RcvPruned) > 0);
        assertTrue(script.count(Counter.TCPRcvQDrop) > 0);
        assertTrue(script.stack.bufferBytes() <= BUDGET_BYTES);
        End last = ends.getLast();
        assertEquals(taken, last.connection.bytesReceived());
        read(ends.getFirst().connection, 100 * SEGMENT);
        for (int sent = taken; sent < 40 * SEGMENT; sent += SEGMENT) {
            last.peer.inject(packet("P.").seq(1 + sent).data(stream(sent, SEGMENT)));
        }
        assertArrayEquals(stream(0, 40 * SEGMENT), read(last.connection, 100 * SEGMENT));
    }

    /** Acknowledged by the subflow, not by the data level: the peer's data level has to repeat it, and may. */
    @Test
    void whatWaitedForAnotherSubflowIsDroppedToo() {
        FakePeer first = FakePeer.client(script);
        first.openMptcp().confirm();
        MptcpConnection connection = script.accepted();
        FakePeer second = first.joining(1).openJoin(7);
        byte[] late = stream(SEGMENT, SEGMENT);
        second.inject(packet("P.").data(late).option(second.dss(second.map(1 + SEGMENT, 1, late))));
        assertEquals(1 + SEGMENT, second.skip().ack);
        assertEquals(PAGE, script.stack.bufferBytes());
        hostile();
        while (script.count(Counter.OfoPruned) == 0) {
            fill(connect());
        }
        byte[] early = stream(0, SEGMENT);
        first.send(early);
        first.skip();
        byte[] got = read(connection, 10_000);
        if (got.length == SEGMENT) { // it was among those that lost something
            first.send(late);
            assertArrayEquals(late, read(connection, 10_000));
        } else {
            assertArrayEquals(stream(0, 2 * SEGMENT), got);
        }
    }

    @Test
    void underPressureWindowsDoNotGrow() {
        End early = connect();
        List<End> hostile = hostile();
        for (int i = 0; i < 100; i++) {
            early.peer.send(stream(i * SEGMENT, SEGMENT));
            early.peer.skip();
            read(early.connection, 10_000);
        }
        early.peer.send(stream(0, SEGMENT));
        script.advance(50);
        assertTrue((early.peer.skip().window << 9) <= 64 * 1024);
        hostile.forEach(end -> end.connection.abort());
        assertEquals(PAGE, script.stack.bufferBytes());
        read(early.connection, 10_000);
        for (int i = 0; i < 100; i++) {
            early.peer.send(stream(i * SEGMENT, SEGMENT));
            early.peer.skip();
            read(early.connection, 10_000);
        }
        early.peer.send(stream(0, SEGMENT));
        script.advance(50);
        assertTrue((early.peer.skip().window << 9) > 100_000);
    }

    @Test
    void applicationsWaitAndAreToldWhenThereIsMemoryAgain() {
        List<End> ends = new ArrayList<>();
        int taken;
        do {
            ends.add(connect());
            MptcpConnection connection = ends.getLast().connection;
            connection.takeReadiness();
            taken = Script.write(connection, stream(0, connection.writableBytes()));
        } while (taken == 64 * 1024);
        assertTrue(script.stack.bufferBytes() <= BUDGET_BYTES - BUDGET_BYTES / 8);
        End last = ends.getLast();
        assertEquals(0, Script.write(last.connection, stream(taken, 10)));
        while (script.stack.nextReady() != null) {
            last.connection.takeReadiness();
        }
        for (End end : ends.subList(0, ends.size() - 1)) {
            while (end.connection.bytesAcked() < 64 * 1024) {
                end.peer.skip();
                end.peer.ack();
                script.advance(10);
            }
        }
        assertTrue((last.connection.takeReadiness() & Readiness.WRITABLE) != 0);
        assertEquals(10, Script.write(last.connection, stream(taken, 10)));
    }

    @Test
    void whatIsNotNeededIsGivenBackBeforeLong() {
        End end = connect();
        fill(end);
        read(end.connection, 100 * SEGMENT);
        assertEquals(0, script.stack.bufferBytes());
        assertTrue(script.stack.spareBufferBytes() > 0);
        script.advance(20_001);
        assertEquals(0, script.stack.spareBufferBytes());
        end.connection.abort();
        script.advance(1000);
        assertEquals(Long.MAX_VALUE, script.stack.deadlineNanos());
    }
}
