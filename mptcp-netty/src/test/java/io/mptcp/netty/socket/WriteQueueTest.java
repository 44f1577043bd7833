package io.mptcp.netty.socket;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.UnpooledByteBufAllocator;
import org.junit.jupiter.api.Test;

class WriteQueueTest {
    private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(true);
    private final WriteQueue queue = new WriteQueue(allocator);

    @Test
    void holdsNoMoreThanItsBound() {
        byte[] much = new byte[1 << 20];
        int held = queue.put(much, 0, much.length);
        assertTrue(held > WriteQueue.MAX_BYTES / 2 && held <= WriteQueue.MAX_BYTES, () -> held + " bytes");
        assertTrue(allocator.metric().usedDirectMemory() <= WriteQueue.MAX_BYTES);
        assertEquals(0, queue.put(much, 0, much.length));
        assertFalse(queue.hasRoom());
        assertFalse(queue.isEmpty());
    }

    @Test
    void singleBytesAreBoundedToo() {
        int count = 0;
        while (queue.put(new byte[1], 0, 1) == 1) {
            count++;
        }
        assertTrue(count > 100 && count <= 1000, count + " pieces");
        assertFalse(queue.hasRoom());
    }

    @Test
    void whatIsThrownAwayIsReleased() {
        for (Runnable end : new Runnable[] {queue::abandon, queue::clear}) {
            queue.put(new byte[100_000], 0, 100_000);
            queue.put(new byte[10], 3, 7);
            end.run();
            assertTrue(queue.isEmpty());
            assertTrue(queue.hasRoom());
            assertEquals(0, allocator.metric().usedDirectMemory());
        }
    }
}
