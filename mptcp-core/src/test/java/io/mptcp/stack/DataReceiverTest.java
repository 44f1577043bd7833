package io.mptcp.stack;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.buffer.RingPool;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** RFC 8684 sections 3.3.2 to 3.3.4. */
class DataReceiverTest {
    private static final int CAPACITY = 10_000;
    private static final int MSS = 1000;

    private static DataReceiver receiver(int capacity) {
        return new DataReceiver(capacity, 100, new RingPool(1 << 20));
    }

    private static int insert(DataReceiver receiver, long dsn, int length) {
        return receiver.insert(dsn, MemorySegment.ofArray(new byte[length]), 0, length, false);
    }

    private static int read(DataReceiver receiver, int length) {
        return receiver.read(MemorySegment.ofArray(new byte[length]), 0, length);
    }

    private final DataReceiver receiver = receiver(CAPACITY);

    @Test
    void theNextExpectedNumberGrowsWithContiguousData() {
        receiver.windowField(0, MSS);
        insert(receiver, 101, 100);
        assertEquals(1, receiver.rcvNxt());
        insert(receiver, 1, 100);
        assertEquals(201, receiver.rcvNxt());
    }

    @Test
    void bytesAreReadWhereTheyLieInOrderAndUpToTheLimit() {
        int length = 50_000; // several pages
        DataReceiver large = receiver(100_000);
        byte[] sent = new byte[length];
        new Random(1).nextBytes(sent);
        large.windowField(0, MSS);
        large.insert(1, MemorySegment.ofArray(sent), 0, length, false);
        byte[] got = new byte[length];
        ReadSink copy = (memory, offset, bytes) -> {
            MemorySegment.copy(memory, offset, MemorySegment.ofArray(got), large.readPosition() - 1, bytes);
            return bytes;
        };
        assertEquals(20_000, large.read(copy, 20_000));
        assertEquals(length - 20_000, large.readableBytes());
        assertEquals(length - 20_000, large.read(copy, Integer.MAX_VALUE));
        assertArrayEquals(sent, got);
        assertEquals(0, large.read(copy, 100));
        large.onFin(1 + length);
        assertEquals(-1, large.read(copy, 100));
    }

    @Test
    void whatASinkDoesNotTakeStaysToBeRead() {
        insert(receiver, 1, 300);
        assertEquals(0, receiver.read((_, _, _) -> 0, 300));
        assertEquals(100, receiver.read((_, _, bytes) -> Math.min(100, bytes), 300));
        assertEquals(200, receiver.readableBytes());
        assertEquals(200, read(receiver, 300));
    }

    /** Keeps every piece it is offered. */
    private static final class Keeper implements ReadSink {
        private record Kept(MemorySegment memory, long offset, int length, Runnable release) {
        }

        private final List<Kept> kept = new ArrayList<>();
        private int most = Integer.MAX_VALUE;
        private int copied;

        @Override
        public int take(MemorySegment memory, long offset, int length) {
            copied += length;
            return length;
        }

        @Override
        public int keep(MemorySegment memory, long offset, int length, Runnable release) {
            int taken = Math.min(most, length);
            if (taken > 0) {
                kept.add(new Kept(memory, offset, taken, release));
            }
            return taken;
        }

        byte[] bytes() {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            kept.forEach(piece -> bytes.writeBytes(piece.memory.asSlice(piece.offset, piece.length).toArray(ValueLayout.JAVA_BYTE)));
            return bytes.toByteArray();
        }
    }

    @Test
    void whatIsKeptStaysAsItIsWhateverIsReceivedAfterIt() {
        RingPool pool = new RingPool(1 << 20, 0);
        DataReceiver large = new DataReceiver(100_000, 100, pool);
        byte[] sent = new byte[60_000];
        new Random(1).nextBytes(sent);
        large.windowField(0, MSS);
        Keeper keeper = new Keeper();
        large.insert(1, MemorySegment.ofArray(sent), 0, 40_000, false);
        assertEquals(40_000, large.read(keeper, Integer.MAX_VALUE));
        byte[] before = keeper.bytes();
        assertEquals(40_000, before.length + keeper.copied, "all of it went to the sink");
        assertTrue(before.length >= 2 * 16 * 1024 - 1, "whole pages are kept");
        large.windowField(0, MSS);
        large.insert(40_001, MemorySegment.ofArray(sent), 40_000, 20_000, false);
        read(large, 20_000);
        large.close();
        assertArrayEquals(before, keeper.bytes());
        assertTrue(pool.usedBytes() > 0, "memory in use counts");
        keeper.kept.forEach(piece -> piece.release.run());
        assertEquals(0, pool.usedBytes());
    }

    @Test
    void whatIsNotKeptIsReleasedByItself() {
        RingPool pool = new RingPool(1 << 20, 0);
        DataReceiver large = new DataReceiver(100_000, 100, pool);
        large.windowField(0, MSS);
        insert(large, 1, 20_000);
        Keeper keeper = new Keeper();
        keeper.most = 0;
        assertEquals(0, large.read(keeper, 20_000), "there was no room");
        keeper.most = 10_000;
        assertEquals(10_000, large.read(keeper, 20_000));
        assertEquals(10_000, read(large, 20_000));
        assertTrue(pool.usedBytes() > 0);
        keeper.kept.getFirst().release.run();
        assertEquals(0, pool.usedBytes());
    }

    @Test
    void thePayloadOfTheSynIsReadFirstWithoutACopyToo() {
        receiver.takeSynPayload(MemorySegment.ofArray(new byte[] {7, 8, 9}), 0, 3);
        insert(receiver, 1, 10);
        StringBuilder pieces = new StringBuilder();
        ReadSink sink = (memory, offset, bytes) -> {
            pieces.append(memory.get(ValueLayout.JAVA_BYTE, offset)).append('+').append(bytes).append(' ');
            return Math.min(2, bytes);
        };
        assertEquals(2, receiver.read(sink, 100));
        assertEquals(3, receiver.read(sink, 100));
        assertEquals("7+3 9+1 0+10 ", pieces.toString());
        assertEquals(8, receiver.readableBytes());
    }

    @Test
    void theEndCountsAsOneNumberOnceAllIsThere() {
        receiver.windowField(0, MSS);
        receiver.onFin(101);
        assertFalse(receiver.isFinReceived());
        assertEquals(1, receiver.rcvNxt());
        insert(receiver, 1, 100);
        assertTrue(receiver.isFinReceived());
        assertEquals(102, receiver.rcvNxt());
        assertEquals(101, receiver.nextByteDsn());
        assertFalse(receiver.isEndOfStream(), "not read yet");
        assertEquals(100, read(receiver, 1000));
        assertTrue(receiver.isEndOfStream());
        assertEquals(-1, read(receiver, 1000));
    }

    @Test
    void nothingCountsBehindTheEnd() {
        receiver.windowField(0, MSS);
        receiver.onFin(51);
        assertEquals(50, insert(receiver, 1, 100));
        assertEquals(0, insert(receiver, 51, 100));
    }

    @Test
    void onlyThePlausibleFirstEndCounts() {
        receiver.windowField(0, MSS);
        insert(receiver, 1, 100);
        receiver.onFin(50); // below what is here
        receiver.onFin(1_000_000); // beyond the window
        assertFalse(receiver.isFinReceived());
        receiver.onFin(101);
        receiver.onFin(105);
        assertTrue(receiver.isFinReceived());
        assertEquals(102, receiver.rcvNxt());
    }

    @Test
    void aSmallOpeningIsSavedUp() {
        assertEquals(CAPACITY, receiver.windowField(0, MSS));
        insert(receiver, 1, CAPACITY);
        assertEquals(0, receiver.windowField(0, MSS));
        read(receiver, MSS - 1);
        assertEquals(0, receiver.windowField(0, MSS));
        assertFalse(receiver.isWindowUpdateDue(0, MSS));
        read(receiver, MSS + 1);
        assertTrue(receiver.isWindowUpdateDue(0, MSS));
        assertEquals(2 * MSS, receiver.windowField(0, MSS));
    }

    @Test
    void noUpdateIsDueWhileThePeerHasPlentyLeft() {
        receiver.windowField(0, MSS);
        insert(receiver, 1, 3000);
        read(receiver, 3000);
        assertFalse(receiver.isWindowUpdateDue(0, MSS));
    }

    /** Whatever arrives, is read and is advertised, with different shifts in turn: the edge moves right only, and the data fits. */
    @Property(tries = 300)
    void theRightEdgeNeverMovesLeftAndNeverPromisesTooMuch(@ForAll long seed) {
        Random random = new Random(seed);
        int capacity = 4096 + random.nextInt(300_000);
        DataReceiver subject = receiver(capacity);
        int shift = io.mptcp.tcp.TcpConfig.defaults().withBuffers(4096, capacity).windowShift();
        int[] shifts = {shift, random.nextBoolean() ? shift : 0}; // a peer need not know window scaling
        long[] edge = new long[2];
        long readBytes = 0;
        for (int step = 0; step < 200; step++) {
            int which = random.nextInt(2);
            int field = subject.windowField(shifts[which], 1 + random.nextInt(1460));
            assertTrue(field >= 0 && field <= 0xffff);
            long newEdge = subject.rcvNxt() + ((long) field << shifts[which]);
            boolean fieldIsFull = field == 0xffff;
            assertTrue(newEdge >= edge[which] || fieldIsFull, "from " + edge[which] + " to " + newEdge);
            assertTrue(newEdge <= 1 + readBytes + capacity, "promised up to " + newEdge);
            edge[which] = newEdge;
            long promised = Math.max(edge[0], edge[1]);
            int length = (int) Math.min(random.nextInt(5000), promised - subject.rcvNxt());
            if (length > 0) {
                assertEquals(length, insert(subject, subject.rcvNxt(), length), "what was promised is taken");
            }
            if (random.nextBoolean()) {
                int count = read(subject, 1 + random.nextInt(capacity));
                readBytes += count;
                subject.onRead(step * 1_000_000L, count, 10_000_000, 1460);
            }
            if (random.nextInt(20) == 0) {
                subject.setFixedBytes(random.nextBoolean() ? 0 : 4096 + random.nextInt(capacity));
            }
        }
        subject.close();
    }
}
