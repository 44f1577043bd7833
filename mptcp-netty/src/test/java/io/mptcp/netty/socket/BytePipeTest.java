package io.mptcp.netty.socket;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.util.Random;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class BytePipeTest {
    /** As the loop does it. */
    private static int put(BytePipe pipe, byte[] source, int offset, int length) {
        int done = 0;
        for (int room = pipe.reserve(length); room > 0 && done < length; room = pipe.reserve(length - done)) {
            int bytes = Math.min(room, length - done);
            MemorySegment.copy(MemorySegment.ofArray(source), offset + done, pipe.memory(), pipe.writeIndex(), bytes);
            pipe.produced(bytes);
            done += bytes;
        }
        return done;
    }

    @Test
    void holdsMoreOnlyForAThreadThatReadsAllOfIt() {
        BytePipe pipe = new BytePipe();
        byte[] much = new byte[1 << 20];
        for (int bytes = BytePipe.FIRST_MAX_BYTES; bytes <= BytePipe.MAX_BYTES; bytes *= 2) {
            assertEquals(bytes, put(pipe, much, 0, much.length));
            assertEquals(0, put(pipe, much, 0, 1));
            assertFalse(pipe.hasRoom());
            assertEquals(bytes, pipe.take(much, 0, much.length));
            assertTrue(pipe.hasRoom());
        }
        assertEquals(BytePipe.MAX_BYTES, put(pipe, much, 0, much.length));
    }

    @Test
    void aLargeRingIsGivenBackWhenItIsEmptyAndASmallOneStays() {
        BytePipe pipe = new BytePipe();
        byte[] bytes = new byte[BytePipe.FIRST_MAX_BYTES];
        assertFalse(pipe.isIdleAndLarge());
        put(pipe, bytes, 0, bytes.length);
        pipe.releaseIfEmpty();
        assertEquals(bytes.length, pipe.size());
        assertEquals(bytes.length, pipe.take(bytes, 0, bytes.length));
        assertTrue(pipe.isIdleAndLarge());
        pipe.releaseIfEmpty();
        assertFalse(pipe.isIdleAndLarge());
        assertEquals(10, put(pipe, bytes, 0, 10));
        assertEquals(10, pipe.take(bytes, 0, 100));
        assertFalse(pipe.isIdleAndLarge());
    }

    @Test
    void bytesComeOutAsTheyWentIn() throws Exception {
        int total = 20_000_000;
        BytePipe pipe = new BytePipe();
        byte[] source = SocketSemantics.random(1, total);
        byte[] target = new byte[total];
        FutureTask<Void> consumer = new FutureTask<>(() -> {
            Random random = new Random(3);
            for (int done = 0; done < total; ) {
                int taken = pipe.take(target, done, Math.min(total - done, 1 + random.nextInt(40_000)));
                done += taken;
                if (taken == 0) {
                    Thread.yield();
                }
            }
            return null;
        });
        Thread.ofPlatform().daemon().start(consumer);
        Random random = new Random(2);
        for (int done = 0; done < total; ) {
            int put = put(pipe, source, done, Math.min(total - done, 1 + random.nextInt(40_000)));
            done += put;
            if (put == 0) {
                Thread.yield();
            } else {
                pipe.releaseIfEmpty();
            }
        }
        consumer.get();
        assertArrayEquals(source, target);
    }
}
