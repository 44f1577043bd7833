package io.mptcp.sim;

import java.util.Arrays;

/**
 * Events in order of time, those of one moment in order of creation. A binary heap in parallel arrays: adding and taking allocate nothing.
 */
final class EventQueue {
    /** What happens at a moment. */
    @FunctionalInterface
    interface Event {
        void happen(long nowNanos);
    }

    private long[] times = new long[256];
    private long[] orders = new long[256];
    private Event[] events = new Event[256];
    private int size;
    private long created;

    boolean isEmpty() {
        return size == 0;
    }

    int size() {
        return size;
    }

    /** Time of the next event; Long.MAX_VALUE when there is none. */
    long nextTimeNanos() {
        return size == 0 ? Long.MAX_VALUE : times[0];
    }

    void add(long timeNanos, Event event) {
        if (size == times.length) {
            times = Arrays.copyOf(times, 2 * size);
            orders = Arrays.copyOf(orders, 2 * size);
            events = Arrays.copyOf(events, 2 * size);
        }
        int at = size++;
        long order = created++;
        while (at > 0) {
            int parent = (at - 1) >>> 1;
            // The new event has the highest order of all, so it goes behind its equals.
            if (times[parent] <= timeNanos) {
                break;
            }
            move(parent, at);
            at = parent;
        }
        put(at, timeNanos, order, event);
    }

    /** Takes the next event off; the queue must not be empty. */
    Event take() {
        Event first = events[0];
        size--;
        if (size > 0) {
            siftDown(times[size], orders[size], events[size]);
        }
        events[size] = null;
        return first;
    }

    private void siftDown(long time, long order, Event event) {
        int at = 0;
        while (true) {
            int child = 2 * at + 1;
            if (child >= size) {
                break;
            }
            if (child + 1 < size && before(times[child + 1], orders[child + 1], times[child], orders[child])) {
                child++;
            }
            if (before(time, order, times[child], orders[child])) {
                break;
            }
            move(child, at);
            at = child;
        }
        put(at, time, order, event);
    }

    private static boolean before(long timeA, long orderA, long timeB, long orderB) {
        return timeA < timeB || timeA == timeB && orderA < orderB;
    }

    private void move(int from, int to) {
        put(to, times[from], orders[from], events[from]);
    }

    private void put(int at, long time, long order, Event event) {
        times[at] = time;
        orders[at] = order;
        events[at] = event;
    }
}
