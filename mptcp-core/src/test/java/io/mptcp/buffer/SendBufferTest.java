package io.mptcp.buffer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.wire.Checksum;
import io.mptcp.wire.PacketSlot;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class SendBufferTest {
    private static MemorySegment bytes(int length, long seed) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return MemorySegment.ofArray(bytes);
    }

    private static byte[] held(SendBuffer buffer) {
        byte[] out = new byte[(int) (buffer.tail() - buffer.head())];
        buffer.copyTo(buffer.head(), out.length, MemorySegment.ofArray(out), 0);
        return out;
    }

    @Test
    void ownsNoMemoryBeforeTheFirstByte() {
        SendBuffer buffer = new SendBuffer(7, 16, 64);
        assertEquals(0, buffer.allocatedBytes());
        assertEquals(7, buffer.head());
        assertEquals(7, buffer.tail());
        assertEquals(64, buffer.writableBytes());
        assertEquals(0, buffer.write(bytes(1, 0), 0, 0));
        assertEquals(0, buffer.allocatedBytes());
        buffer.close();
    }

    @Test
    void aPageIsAsLargeAsWhatIsHeldOrComesAndBytesStayWhereTheyAre() {
        SendBuffer buffer = new SendBuffer(1, 16, 100);
        MemorySegment data = bytes(200, 1);
        assertEquals(10, buffer.write(data, 0, 10));
        assertEquals(16, buffer.allocatedBytes());
        PacketSlot slot = new PacketSlot();
        buffer.reference(1, 10, slot);
        assertEquals(7, buffer.write(data, 10, 7));
        assertEquals(16 + 16, buffer.allocatedBytes());
        assertEquals(16, buffer.write(data, 17, 16));
        assertEquals(16 + 16 + 32, buffer.allocatedBytes());
        assertArrayEquals(data.asSlice(0, 10).toArray(ValueLayout.JAVA_BYTE), gathered(slot));
        assertEquals(67, buffer.write(data, 33, 167));
        assertEquals(0, buffer.writableBytes());
        assertEquals(0, buffer.write(data, 0, 1));
        assertArrayEquals(data.asSlice(0, 100).toArray(ValueLayout.JAVA_BYTE), held(buffer));
        buffer.close();
        assertEquals(0, buffer.allocatedBytes());
    }

    @Test
    void aStreamUsesTheSamePagesOverAndOver() {
        RingPool pool = new RingPool(1 << 20);
        SendBuffer buffer = new SendBuffer(0, 64, 1 << 20, pool);
        MemorySegment data = bytes(1 << 18, 9);
        assertEquals(1 << 18, buffer.write(data, 0, 1 << 18));
        assertEquals(4 * (64 << 10), buffer.allocatedBytes());
        for (int i = 1; i < 100; i++) {
            buffer.release(i * 1000L);
            assertEquals(1000, buffer.write(data, 0, 1000));
        }
        assertTrue(pool.usedBytes() + pool.spareBytes() <= 6 * (64 << 10), pool.usedBytes() + " in use, " + pool.spareBytes() + " spare");
        buffer.close();
        assertEquals(0, pool.usedBytes());
    }

    @Test
    void emptyBufferGivesItsRingToThePoolAndTheNextOneGetsIt() {
        RingPool pool = new RingPool(1024);
        SendBuffer first = new SendBuffer(0, 64, 256, pool);
        SendBuffer second = new SendBuffer(0, 64, 256, pool);
        first.write(bytes(64, 2), 0, 64);
        PacketSlot slot = new PacketSlot();
        first.reference(0, 64, slot);
        MemorySegment memory = slot.pieceMemory(0);
        first.release(64);
        assertEquals(0, first.allocatedBytes());
        assertEquals(64, pool.spareBytes());
        second.write(bytes(64, 3), 0, 64);
        second.reference(0, 64, slot);
        assertEquals(memory, slot.pieceMemory(0));
        assertEquals(0, pool.spareBytes());
        second.close();
        pool.close();
        assertEquals(0, pool.spareBytes());
        assertThrows(IllegalStateException.class, () -> memory.get(ValueLayout.JAVA_BYTE, 0));
    }

    @Test
    void bufferWithoutSharedPoolKeepsItsFirstRingUntilItIsClosed() {
        SendBuffer buffer = new SendBuffer(0, 64, 256);
        PacketSlot slot = new PacketSlot();
        buffer.write(bytes(64, 3), 0, 64);
        buffer.reference(0, 64, slot);
        MemorySegment memory = slot.pieceMemory(0);
        buffer.release(64);
        buffer.write(bytes(64, 3), 0, 64);
        buffer.reference(64, 64, slot);
        assertEquals(memory, slot.pieceMemory(0));
        buffer.release(128);
        assertTrue(memory.scope().isAlive());
        buffer.close();
        assertFalse(memory.scope().isAlive());
    }

    @Test
    void poolFreesWhatExceedsItsBound() {
        RingPool pool = new RingPool(100);
        SendBuffer buffer = new SendBuffer(0, 64, 256, pool);
        buffer.write(bytes(200, 4), 0, 200);
        buffer.release(200);
        assertEquals(0, pool.spareBytes());
    }

    @Test
    void whatTheBudgetHasNoRoomForIsNotTaken() {
        RingPool pool = new RingPool(160, 0);
        SendBuffer buffer = new SendBuffer(0, 64, 1000, pool);
        MemorySegment data = bytes(1000, 5);
        assertEquals(100, buffer.write(data, 0, 100));
        assertEquals(28, buffer.write(data, 100, 100), "the rest of the page");
        assertEquals(0, buffer.write(data, 128, 100));
        assertArrayEquals(data.asSlice(0, 128).toArray(ValueLayout.JAVA_BYTE), held(buffer));
        buffer.release(128);
        assertEquals(0, pool.usedBytes());
        assertEquals(72, buffer.write(data, 128, 72));
        buffer.close();
    }

    @Test
    void closedBufferTakesNothing() {
        SendBuffer buffer = new SendBuffer(0, 16, 16);
        buffer.write(bytes(4, 6), 0, 4);
        buffer.close();
        buffer.close();
        assertEquals(0, buffer.writableBytes());
        assertEquals(0, buffer.write(bytes(4, 6), 0, 4));
        assertEquals(0, buffer.allocatedBytes());
        assertEquals(4, buffer.tail());
    }

    @Test
    void rangesThatAreNotHeldAreRefused() {
        SendBuffer buffer = new SendBuffer(100, 16, 16);
        buffer.write(bytes(8, 7), 0, 8);
        buffer.release(102);
        buffer.release(101);
        assertEquals(102, buffer.head());
        MemorySegment out = MemorySegment.ofArray(new byte[16]);
        assertThrows(IllegalArgumentException.class, () -> buffer.copyTo(101, 1, out, 0));
        assertThrows(IllegalArgumentException.class, () -> buffer.copyTo(102, 7, out, 0));
        assertThrows(IllegalArgumentException.class, () -> buffer.checksum(108, 1));
        assertThrows(IllegalArgumentException.class, () -> buffer.reference(107, 2, new PacketSlot()));
        assertThrows(IllegalArgumentException.class, () -> buffer.release(109));
        buffer.close();
    }

    @Test
    void whatLiesInTwoPagesIsReferredToInTwoPieces() {
        SendBuffer buffer = new SendBuffer(0, 16, 64);
        MemorySegment data = bytes(28, 8);
        buffer.write(data, 0, 16);
        buffer.release(12);
        buffer.write(data, 16, 12);
        PacketSlot slot = new PacketSlot();
        assertTrue(buffer.reference(13, 10, slot));
        assertEquals(2, slot.pieces());
        assertEquals(3, slot.pieceLength(0));
        assertEquals(7, slot.pieceLength(1));
        assertArrayEquals(data.asSlice(13, 10).toArray(ValueLayout.JAVA_BYTE), gathered(slot));
        assertTrue(buffer.reference(13, 0, slot));
        assertEquals(0, slot.pieces());
        buffer.close();
    }

    @Test
    void whatLiesInMorePiecesThanTheSlotHasIsNotReferredTo() {
        SendBuffer buffer = new SendBuffer(0, 1, 1000);
        MemorySegment data = bytes(1000, 8);
        for (int i = 0; i < 10; i++) {
            buffer.write(data, 1 << i >> 1, Math.max(1, 1 << i >> 1));
        }
        PacketSlot slot = new PacketSlot();
        assertFalse(buffer.reference(0, 512, slot));
        assertEquals(0, slot.totalLength());
        assertTrue(buffer.reference(4, 508, slot));
        assertEquals(PacketSlot.MAX_PIECES, slot.pieces());
        assertEquals(508, slot.totalLength());
        buffer.close();
    }

    @Test
    void bytesTakenOutMakeTheOthersMoveUp() {
        SendBuffer buffer = new SendBuffer(5, 16, 64);
        MemorySegment data = bytes(40, 8);
        buffer.write(data, 0, 16);
        buffer.write(data, 16, 24);
        buffer.dropFirst(20);
        assertEquals(5, buffer.head());
        assertEquals(25, buffer.tail());
        assertArrayEquals(data.asSlice(20, 20).toArray(ValueLayout.JAVA_BYTE), held(buffer));
        buffer.write(data, 0, 3);
        byte[] end = new byte[3];
        buffer.copyTo(25, 3, MemorySegment.ofArray(end), 0);
        assertArrayEquals(data.asSlice(0, 3).toArray(ValueLayout.JAVA_BYTE), end);
        buffer.dropFirst(23);
        assertEquals(5, buffer.tail());
        assertEquals(0, buffer.allocatedBytes());
        buffer.close();
    }

    private static byte[] gathered(PacketSlot slot) {
        byte[] out = new byte[slot.referencedLength()];
        slot.copyReferenced(0, out.length, MemorySegment.ofArray(out), 0);
        return out;
    }

    // ---- memory of the application ----

    private static final int LARGE = SendBuffer.MIN_HANDED_OVER_BYTES;

    private final RingPool shared = new RingPool(10 * LARGE, LARGE);
    private final SendBuffer sharing = new SendBuffer(0, 64, 100 * LARGE, shared);

    private static MemorySegment nativeBytes(int length, long seed) {
        return Arena.ofAuto().allocate(length).copyFrom(bytes(length, seed));
    }

    private List<String> told(List<String> log) {
        runReleased(shared);
        List<String> told = List.copyOf(log);
        log.clear();
        return told;
    }

    @Test
    void whatIsHandedOverIsReadWhereItLiesUntilItsLastByteIsReleased() {
        MemorySegment memory = nativeBytes(LARGE + 100, 1);
        List<String> log = new ArrayList<>();
        sharing.write(memory, 0, 10);
        assertEquals(LARGE + 90, sharing.handOver(memory, 10, LARGE + 90, () -> log.add("first")));
        assertEquals(64 + LARGE + 90, shared.usedBytes());
        sharing.write(memory, 0, 10);
        assertEquals(64 + LARGE + 90, sharing.allocatedBytes(), "what is copied next goes on in the same page");
        PacketSlot slot = new PacketSlot();
        assertTrue(sharing.reference(0, LARGE + 110, slot));
        assertEquals(3, slot.pieces());
        assertEquals(memory.address() + 10, slot.pieceMemory(1).address() + slot.pieceOffset(1));
        sharing.release(LARGE + 99);
        assertEquals(List.of(), told(log));
        sharing.release(LARGE + 100);
        assertEquals(List.of("first"), told(log));
        assertEquals(64, shared.usedBytes());
        sharing.close();
        assertEquals(List.of(), told(log));
        assertEquals(0, shared.usedBytes());
    }

    @Test
    void whatIsSmallOrLiesInTheHeapIsCopiedAndReleasedAtOnce() {
        List<String> log = new ArrayList<>();
        assertEquals(LARGE - 1, sharing.handOver(nativeBytes(LARGE - 1, 1), 0, LARGE - 1, () -> log.add("small")));
        assertEquals(LARGE, sharing.handOver(bytes(LARGE, 2), 0, LARGE, () -> log.add("heap")));
        assertEquals(List.of("small", "heap"), told(log));
        byte[] copied = new byte[LARGE];
        sharing.copyTo(LARGE - 1, LARGE, MemorySegment.ofArray(copied), 0);
        assertArrayEquals(bytes(LARGE, 2).toArray(ValueLayout.JAVA_BYTE), copied);
        sharing.close();
    }

    @Test
    void whatTheBudgetHasNoRoomForIsNotTakenOver() {
        List<String> log = new ArrayList<>();
        MemorySegment memory = nativeBytes(9 * LARGE, 1);
        assertEquals(10 * LARGE - 10 * LARGE / 8, sharing.handOver(memory, 0, 9 * LARGE, () -> log.add("part")));
        assertEquals(0, sharing.handOver(memory, 0, LARGE, () -> log.add("none")));
        assertEquals(0, sharing.write(memory, 0, 1));
        sharing.close();
        assertEquals(List.of("part"), told(log));
        assertEquals(0, sharing.handOver(memory, 0, LARGE, () -> log.add("closed")));
        assertEquals(List.of(), told(log));
    }

    @Test
    void closingReleasesAllThatWasHandedOver() {
        List<String> log = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            int number = i;
            sharing.handOver(nativeBytes(LARGE, i), 0, LARGE, () -> log.add("" + number));
        }
        sharing.release(LARGE);
        sharing.close();
        sharing.close();
        assertEquals(List.of("0", "1", "2", "3"), told(log));
        assertEquals(0, shared.usedBytes());
    }

    @Test
    void bytesTakenOutOfWhatWasHandedOverMakeTheOthersMoveUp() {
        List<String> log = new ArrayList<>();
        MemorySegment data = nativeBytes(2 * LARGE, 8);
        sharing.handOver(data, 0, LARGE, () -> log.add("first"));
        sharing.handOver(data, LARGE, LARGE, () -> log.add("second"));
        sharing.dropFirst(LARGE + 1);
        assertEquals(List.of("first"), told(log));
        assertArrayEquals(data.asSlice(LARGE + 1).toArray(ValueLayout.JAVA_BYTE), held(sharing));
        sharing.release(LARGE - 1);
        assertEquals(List.of("second"), told(log));
        sharing.close();
    }

    /** RFC 1071 in its plainest form. */
    private static int foldedSum(byte[] data) {
        int sum = 0;
        for (int i = 0; i < data.length; i++) {
            sum += (data[i] & 0xff) << ((i & 1) == 0 ? 8 : 0);
            sum = (sum & 0xffff) + (sum >>> 16);
        }
        return sum;
    }

    @Property
    void behavesLikeAnArray(@ForAll Random random, @ForAll @IntRange(min = 1, max = 16) int initial, @ForAll @IntRange(max = 100) int more) {
        int max = initial + more;
        long first = random.nextInt(1000);
        RingPool pool = new RingPool(random.nextInt(3) * 64L);
        SendBuffer buffer = new SendBuffer(first, initial, max, pool);
        byte[] stream = new byte[2000];
        random.nextBytes(stream);
        MemorySegment source = MemorySegment.ofArray(stream);
        int head = 0;
        int tail = 0;
        for (int step = 0; step < 60; step++) {
            int want = Math.min(random.nextInt(max + 4), stream.length - tail);
            int taken = buffer.write(source, tail, want);
            assertEquals(Math.min(want, max - (tail - head)), taken);
            tail += taken;
            checkContent(buffer, stream, first, head, tail, random);
            head += random.nextInt(4) == 0 ? tail - head : random.nextInt(tail - head + 1);
            buffer.release(first + head);
            assertEquals(head == tail, buffer.allocatedBytes() == 0);
            int largestPage = Math.max(1, Integer.highestOneBit(2 * max - 1));
            assertTrue(buffer.allocatedBytes() <= tail - head + 2 * largestPage, "the first and the last page may be nearly empty");
        }
        buffer.close();
        pool.close();
    }

    /** Memory is made unreadable as soon as its release is run. */
    @Property(tries = 200)
    void memoryHandedOverAmongCopiesBehavesLikeAnArray(@ForAll Random random) {
        int max = 20 * LARGE;
        RingPool pool = new RingPool(1 << 20);
        SendBuffer buffer = new SendBuffer(0, 64, max, pool);
        byte[] stream = new byte[100 * LARGE];
        random.nextBytes(stream);
        MemorySegment source = MemorySegment.ofArray(stream);
        int head = 0;
        int tail = 0;
        Set<Arena> outstanding = new HashSet<>();
        for (int step = 0; step < 40; step++) {
            int want = Math.min(random.nextInt(random.nextInt(4 * LARGE) + 1), stream.length - tail);
            if (random.nextBoolean()) {
                Arena arena = Arena.ofConfined();
                MemorySegment memory = arena.allocate(want + 8L);
                MemorySegment.copy(source, tail, memory, 3, want);
                int taken = buffer.handOver(memory, 3, want, () -> {
                    assertTrue(outstanding.remove(arena), "released once");
                    arena.close();
                });
                if (taken > 0) {
                    outstanding.add(arena);
                } else {
                    arena.close();
                }
                tail += taken;
            } else {
                tail += buffer.write(source, tail, want);
            }
            checkContent(buffer, stream, 0, head, tail, random);
            head += random.nextInt(4) == 0 ? tail - head : random.nextInt(tail - head + 1);
            buffer.release(head);
            runReleased(pool);
            assertEquals(head == tail, buffer.allocatedBytes() == 0);
            assertEquals(pool.usedBytes(), buffer.allocatedBytes());
        }
        buffer.close();
        runReleased(pool);
        assertEquals(Set.of(), outstanding);
        assertEquals(0, pool.usedBytes());
        pool.close();
    }

    private static void runReleased(RingPool pool) {
        for (Runnable release = pool.nextReleased(); release != null; release = pool.nextReleased()) {
            release.run();
        }
    }

    private static void checkContent(SendBuffer buffer, byte[] stream, long first, int head, int tail, Random random) {
        assertEquals(first + head, buffer.head());
        assertEquals(first + tail, buffer.tail());
        assertArrayEquals(Arrays.copyOfRange(stream, head, tail), held(buffer));
        int from = head + random.nextInt(tail - head + 1);
        int length = random.nextInt(tail - from + 1);
        byte[] expected = Arrays.copyOfRange(stream, from, from + length);
        assertEquals(foldedSum(expected), Checksum.fold(buffer.checksum(first + from, length)));
        if (length > 0) {
            PacketSlot slot = new PacketSlot();
            if (buffer.reference(first + from, length, slot)) {
                assertArrayEquals(expected, gathered(slot));
                int some = random.nextInt(length + 1);
                byte[] part = new byte[length - some];
                slot.copyReferenced(some, part.length, MemorySegment.ofArray(part), 0);
                assertArrayEquals(Arrays.copyOfRange(expected, some, length), part);
            }
        }
    }
}
