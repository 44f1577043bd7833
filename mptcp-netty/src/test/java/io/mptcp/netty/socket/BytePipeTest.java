package io.mptcp.netty.socket;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class BytePipeTest {
    @Test
    void holdsNoMoreThanItsBound() {
        BytePipe pipe = new BytePipe();
        byte[] much = new byte[1 << 20];
        assertEquals(BytePipe.MAX_BYTES, pipe.put(much, 0, much.length));
        assertEquals(0, pipe.put(much, 0, 1));
        assertFalse(pipe.hasRoom());
        assertEquals(BytePipe.MAX_BYTES, pipe.take(much, 0, much.length));
        assertTrue(pipe.hasRoom());
    }

    @Test
    void aLargeRingIsGivenBackWhenItIsEmptyAndASmallOneStays() {
        BytePipe pipe = new BytePipe();
        byte[] bytes = new byte[BytePipe.MAX_BYTES];
        assertFalse(pipe.isIdleAndLarge());
        pipe.put(bytes, 0, bytes.length);
        pipe.tryRelease();
        assertEquals(bytes.length, pipe.size());
        pipe.clear();
        assertTrue(pipe.isIdleAndLarge());
        pipe.tryRelease();
        assertFalse(pipe.isIdleAndLarge());
        assertEquals(10, pipe.put(bytes, 0, 10));
        assertEquals(10, pipe.take(bytes, 0, 100));
        assertFalse(pipe.isIdleAndLarge());
    }

    /** Both ways in which the two sides use a pipe, at full speed. */
    @Test
    void bytesComeOutAsTheyWentIn() throws Exception {
        int total = 20_000_000;
        for (boolean consumerReleases : new boolean[] {true, false}) {
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
                    } else if (consumerReleases) {
                        pipe.tryRelease();
                    }
                }
                return null;
            });
            Thread.ofPlatform().daemon().start(consumer);
            Random random = new Random(2);
            for (int done = 0; done < total; ) {
                int put = pipe.put(source, done, Math.min(total - done, 1 + random.nextInt(40_000)));
                done += put;
                if (put == 0) {
                    Thread.yield();
                } else if (!consumerReleases) {
                    pipe.releaseIfEmpty();
                }
            }
            consumer.get();
            assertArrayEquals(source, target);
        }
    }
}
