package io.mptcp.stack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class DeadlineQueueTest {
    private static final class Timer extends DeadlineQueue.Node {
        private long modelDeadline = Long.MAX_VALUE;
        private long modelOrder;
    }

    @Test
    void equalDeadlinesFireInTheOrderTheyWereSet() {
        DeadlineQueue queue = new DeadlineQueue();
        Timer[] timers = new Timer[20];
        for (int i = 0; i < timers.length; i++) {
            timers[i] = new Timer();
            queue.schedule(timers[i], 5);
        }
        queue.schedule(timers[3], 4);
        queue.schedule(timers[3], 5);
        queue.schedule(timers[4], 5);
        for (int i = 0; i < timers.length; i++) {
            if (i != 3) {
                assertSame(timers[i], queue.pollDue(5));
            }
        }
        assertSame(timers[3], queue.pollDue(5));
        assertNull(queue.pollDue(5));
    }

    @Test
    void nothingComesOutBeforeItsTime() {
        DeadlineQueue queue = new DeadlineQueue();
        assertEquals(Long.MAX_VALUE, queue.nextDeadlineNanos());
        Timer timer = new Timer();
        queue.schedule(timer, 100);
        assertEquals(100, queue.nextDeadlineNanos());
        assertNull(queue.pollDue(99));
        assertSame(timer, queue.pollDue(100));
        assertEquals(-1, timer.heapIndex);
        assertEquals(Long.MAX_VALUE, timer.deadlineNanos);
        queue.schedule(timer, -3);
        queue.schedule(timer, Long.MAX_VALUE);
        queue.schedule(timer, Long.MAX_VALUE);
        assertEquals(0, queue.size());
        assertNull(queue.pollDue(Long.MAX_VALUE));
    }

    @Property
    void behavesLikeASortedList(@ForAll Random random) {
        DeadlineQueue queue = new DeadlineQueue();
        List<Timer> timers = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            timers.add(new Timer());
        }
        Comparator<Timer> byTime = Comparator.<Timer>comparingLong(t -> t.modelDeadline).thenComparingLong(t -> t.modelOrder);
        for (int step = 1; step <= 400; step++) {
            Timer timer = timers.get(random.nextInt(timers.size()));
            long deadline = random.nextInt(4) == 0 ? Long.MAX_VALUE : random.nextInt(30);
            queue.schedule(timer, deadline);
            if (timer.modelDeadline != deadline) {
                timer.modelDeadline = deadline;
                timer.modelOrder = step;
            }
            Timer first = timers.stream().min(byTime).orElseThrow();
            assertEquals(first.modelDeadline, queue.nextDeadlineNanos());
            if (random.nextInt(3) == 0) {
                long now = random.nextInt(30);
                boolean due = first.modelDeadline <= now;
                assertSame(due ? first : null, queue.pollDue(now));
                first.modelDeadline = due ? Long.MAX_VALUE : first.modelDeadline;
            }
            assertEquals(timers.stream().filter(t -> t.modelDeadline != Long.MAX_VALUE).count(), queue.size());
        }
    }
}
