package io.mptcp.buffer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class ReceiveBufferTest {
    private static int insert(ReceiveBuffer buffer, long position, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        return buffer.insert(position, MemorySegment.ofArray(bytes), 0, bytes.length);
    }

    private static String read(ReceiveBuffer buffer, int length) {
        byte[] out = new byte[length];
        int read = buffer.read(MemorySegment.ofArray(out), 0, length);
        return new String(out, 0, read, StandardCharsets.US_ASCII);
    }

    @Test
    void inOrderBytesAreReadableAtOnce() {
        ReceiveBuffer buffer = new ReceiveBuffer(1, 16, 64, 4);
        assertEquals(0, buffer.allocatedBytes());
        assertEquals(5, insert(buffer, 1, "hello"));
        assertEquals(6, buffer.rcvNxt());
        assertEquals(5, buffer.readableBytes());
        assertEquals("hel", read(buffer, 3));
        assertEquals("lo", read(buffer, 100));
        assertEquals("", read(buffer, 1));
        assertEquals(6, buffer.readPosition());
        assertEquals(0, buffer.allocatedBytes());
    }

    @Test
    void hiddenBytesAppearWhenTheHoleIsFilled() {
        ReceiveBuffer buffer = new ReceiveBuffer(0, 8, 64, 4);
        assertEquals(3, insert(buffer, 6, "ghi"));
        assertEquals(2, insert(buffer, 2, "cd"));
        assertEquals(0, buffer.readableBytes());
        assertEquals(5, buffer.outOfOrderBytes());
        assertEquals(2, insert(buffer, 0, "ab"));
        assertEquals(4, buffer.rcvNxt());
        assertEquals(2, insert(buffer, 4, "ef"));
        assertEquals(9, buffer.rcvNxt());
        assertEquals(0, buffer.outOfOrderBytes());
        assertEquals("abcdefghi", read(buffer, 9));
        buffer.close();
    }

    @Test
    void firstCopyOfAByteIsTheOneDelivered() {
        ReceiveBuffer buffer = new ReceiveBuffer(0, 16, 64, 4);
        insert(buffer, 3, "DE");
        assertEquals(3, insert(buffer, 2, "cxxfg"));
        assertEquals(0, insert(buffer, 2, "yyyyy"));
        assertEquals(2, insert(buffer, 0, "abzzzzz"));
        assertEquals("abcDEfg", read(buffer, 20));
    }

    @Test
    void bytesBeyondTheWindowAreTrimmed() {
        ReceiveBuffer buffer = new ReceiveBuffer(0, 4, 6, 4);
        assertEquals(0, insert(buffer, 6, "x"));
        assertEquals(6, insert(buffer, 0, "abcdefgh"));
        assertEquals("ab", read(buffer, 2));
        assertEquals(2, insert(buffer, 4, "..ghi"));
        assertEquals("cdefgh", read(buffer, 10));
        assertEquals(0, insert(buffer, Long.MAX_VALUE - 1, "abc"));
        assertEquals(0, insert(buffer, -5, "abc"));
    }

    @Test
    void intervalBeyondTheBoundIsRefusedWithoutEffect() {
        ReceiveBuffer buffer = new ReceiveBuffer(0, 16, 64, 2);
        insert(buffer, 2, "c");
        insert(buffer, 4, "e");
        assertEquals(0, insert(buffer, 6, "g"));
        assertEquals(2, buffer.outOfOrderBytes());
        assertEquals(1, insert(buffer, 5, "f"));
        assertEquals(1, insert(buffer, 3, "d"));
        assertEquals(2, insert(buffer, 0, "ab"));
        assertEquals("abcdef", read(buffer, 9));
    }

    @Test
    void memoryFollowsWhatIsHeldAndNotTheWindow() {
        ReceiveBuffer buffer = new ReceiveBuffer(0, 4, 64, 4);
        insert(buffer, 0, "ab");
        read(buffer, 1);
        insert(buffer, 3, "d");
        insert(buffer, 20, "u");
        assertEquals(8, buffer.allocatedBytes(), "a page at the beginning, and one far ahead");
        insert(buffer, 2, "c..fghijklmnopqrst");
        insert(buffer, 4, "e");
        assertEquals(24, buffer.allocatedBytes());
        assertEquals("bcd.fghi", read(buffer, 8));
        assertEquals(16, buffer.allocatedBytes(), "what was read costs nothing");
        assertEquals("jklmnopqrstu", read(buffer, 64));
    }

    @Test
    void pageIsKeptWhileBytesWaitOutOfOrder() {
        RingPool pool = new RingPool(64);
        ReceiveBuffer buffer = new ReceiveBuffer(0, 16, 64, 4, pool);
        insert(buffer, 0, "a");
        insert(buffer, 2, "c");
        assertEquals("a", read(buffer, 9));
        assertEquals(16, buffer.allocatedBytes());
        insert(buffer, 1, "b");
        assertEquals("bc", read(buffer, 9));
        assertEquals(0, buffer.allocatedBytes());
        assertEquals(16, pool.spareBytes());
        pool.close();
    }

    @Test
    void halfOfWhatIsOutOfOrderIsDroppedFromTheFarEnd() {
        RingPool pool = new RingPool(0);
        ReceiveBuffer buffer = new ReceiveBuffer(0, 4, 64, 9, pool);
        assertFalse(buffer.dropHalfOutOfOrder());
        insert(buffer, 0, "ab");
        insert(buffer, 3, "d");
        insert(buffer, 8, "ijkl");
        insert(buffer, 20, "uvw");
        insert(buffer, 30, "E");
        assertEquals(16, pool.usedBytes());
        assertTrue(buffer.dropHalfOutOfOrder());
        assertEquals(5, buffer.outOfOrderBytes(), "rcvNxt 2, end 31, middle 16, end of its page 20: d, ijkl and nothing more");
        assertTrue(buffer.dropHalfOutOfOrder());
        assertTrue(buffer.dropHalfOutOfOrder());
        assertFalse(buffer.dropHalfOutOfOrder());
        assertEquals(0, buffer.outOfOrderBytes());
        assertEquals(4, pool.usedBytes(), "unread bytes are never dropped");
        assertEquals(2, insert(buffer, 2, "cD"));
        assertEquals("abcD", read(buffer, 9));
        assertEquals(0, pool.usedBytes());
    }

    @Test
    void whatTheBudgetHasNoRoomForIsRefusedWhole() {
        RingPool pool = new RingPool(64, 0);
        ReceiveBuffer buffer = new ReceiveBuffer(0, 8, 64, 9, pool);
        insert(buffer, 8, "x".repeat(48));
        assertEquals(48, pool.usedBytes());
        assertEquals(8, insert(buffer, 56, "y".repeat(8)), "seven eighths are for everybody");
        assertEquals(0, insert(buffer, 72, "z"));
        assertFalse(buffer.isShortOfMemory(), "beyond the capacity");
        ReceiveBuffer other = new ReceiveBuffer(0, 8, 64, 9, pool);
        assertEquals(0, insert(other, 8, "out of order"));
        assertTrue(other.isShortOfMemory());
        assertEquals(0, other.outOfOrderBytes());
        assertEquals(0, insert(other, 0, "123456789"), "two pages, and there is one");
        assertTrue(other.isShortOfMemory());
        assertEquals(0, other.rcvNxt());
        assertEquals(8, insert(other, 0, "12345678"), "the rest is for what is in order");
        assertFalse(other.isShortOfMemory());
        assertTrue(pool.isUnderPressure());
        buffer.close();
        assertFalse(pool.isUnderPressure());
        assertEquals("12345678", read(other, 9));
        assertEquals(0, pool.usedBytes());
    }

    @Test
    void closedBufferTakesAndGivesNothing() {
        ReceiveBuffer buffer = new ReceiveBuffer(0, 16, 64, 4);
        buffer.close();
        insert(buffer, 0, "abc");
        assertEquals(0, buffer.rcvNxt());
        ReceiveBuffer other = new ReceiveBuffer(0, 16, 64, 4);
        insert(other, 0, "abc");
        other.close();
        other.close();
        assertEquals(0, other.readableBytes());
        assertEquals("", read(other, 3));
        assertEquals(0, other.allocatedBytes());
    }

    /** Random pieces of two versions of the stream: what counts is which came first. */
    @Property
    void behavesLikeAnArrayThatKeepsFirstValues(@ForAll Random random, @ForAll @IntRange(min = 1, max = 16) int initial,
            @ForAll @IntRange(max = 80) int more, @ForAll @IntRange(min = 1, max = 40) int maxRanges) {
        int max = initial + more;
        int page = Integer.highestOneBit(2 * initial - 1);
        RingPool pool = new RingPool(random.nextInt(3) * 64L);
        ReceiveBuffer buffer = new ReceiveBuffer(0, initial, max, maxRanges, pool);
        byte[] model = new byte[3000];
        BitSet held = new BitSet();
        int readPosition = 0;
        for (int step = 0; step < 80; step++) {
            int position = Math.max(0, readPosition + random.nextInt(max + 10) - 5);
            byte[] piece = new byte[random.nextInt(20)];
            random.nextBytes(piece);
            int fresh = buffer.insert(position, MemorySegment.ofArray(piece), 0, piece.length);
            if (!(fresh == 0 && isNewInterval(held, position, maxRanges))) {
                assertEquals(place(model, held, position, piece, readPosition + max), fresh);
            }
            assertEquals(held.nextClearBit(0), buffer.rcvNxt());
            assertEquals(held.cardinality() - held.nextClearBit(0), buffer.outOfOrderBytes());
            byte[] out = new byte[random.nextInt(12)];
            int read = buffer.read(MemorySegment.ofArray(out), 0, out.length);
            assertEquals(Math.min(out.length, held.nextClearBit(0) - readPosition), read);
            assertArrayEquals(Arrays.copyOfRange(model, readPosition, readPosition + read), Arrays.copyOf(out, read));
            readPosition += read;
            if (random.nextInt(8) == 0) {
                buffer.dropOutOfOrder();
                held.clear(held.nextClearBit(0), held.size());
            }
            long pages = pagesWithBytes(held, readPosition, page);
            assertTrue(buffer.allocatedBytes() <= (pages + 1) * page, "the page that is being read, and those with bytes");
            assertTrue(buffer.allocatedBytes() >= pages * page);
            assertEquals(buffer.allocatedBytes(), pool.usedBytes());
        }
        buffer.close();
        assertEquals(0, pool.usedBytes());
    }

    private static long pagesWithBytes(BitSet held, int readPosition, int page) {
        return held.stream().filter(i -> i >= readPosition).map(i -> i / page).distinct().count();
    }

    private static boolean isNewInterval(BitSet held, int position, int maxRanges) {
        int rcvNxt = held.nextClearBit(0);
        BitSet beyond = (BitSet) held.clone();
        beyond.clear(0, rcvNxt);
        int runs = 0;
        for (int i = beyond.nextSetBit(0); i >= 0; i = beyond.nextSetBit(beyond.nextClearBit(i))) {
            runs++;
        }
        return position > rcvNxt && runs == maxRanges;
    }

    private static int place(byte[] model, BitSet held, int position, byte[] piece, int limit) {
        int fresh = 0;
        for (int i = 0; i < piece.length && position + i < limit; i++) {
            if (!held.get(position + i)) {
                held.set(position + i);
                model[position + i] = piece[i];
                fresh++;
            }
        }
        return fresh;
    }
}
