package io.mptcp.stack;

import io.mptcp.buffer.RingPool;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * What a stack does when the buffers of all its connections come to the limit ({@link Limits#maxBufferBytes}): out-of-order data goes first,
 * then new writes are refused, and last of all comes data in order. Also gives back memory that has not been needed for a while.
 */
final class MemoryBudget {
    private static final long TRIM_NANOS = 10_000_000_000L;
    /** Looking at all connections is not for every segment. */
    private static final long SEARCH_NANOS = 10_000_000L;
    /** Ring memory kept for the next connection or burst. */
    private static final long MAX_SPARE_BYTES = 32L << 20;

    private static final int SCRATCH_BYTES = 64 * 1024;

    private final Stack stack;
    private final RingPool rings;
    private final Collection<Connection> connections;
    private final List<Connection> waiting = new ArrayList<>(0);
    /** So much must be free for those that wait: many small wakings would help nobody. */
    private final long wakeBytes;
    private long trimNanos = Long.MAX_VALUE;
    private MemorySegment scratch;
    private long searchedNanos = Long.MIN_VALUE;
    private long pressuresSeen;

    MemoryBudget(Stack stack, long maxBytes, Collection<Connection> connections) {
        this.stack = stack;
        this.connections = connections;
        wakeBytes = maxBytes / 16;
        rings = new RingPool(maxBytes, Math.min(MAX_SPARE_BYTES, maxBytes / 4));
    }

    RingPool rings() {
        return rings;
    }

    /** Room for one whole mapping, for whoever needs it in the middle of a call. */
    MemorySegment scratch() {
        if (scratch == null) {
            scratch = Arena.ofAuto().allocate(SCRATCH_BYTES);
        }
        return scratch;
    }

    /**
     * Makes some memory free for in-order data of a connection: by dropping what it holds out of order itself, the farthest first, or else
     * what others hold. A connection that holds no less than the average of all that hold any loses it.
     *
     * @return false when there was nothing to drop; true is worth another try
     */
    boolean reclaim(Connection needy) {
        stack.count(Counter.PruneCalled);
        if (needy.data().pruneOutOfOrder(false) || pruneOthers()) {
            return true;
        }
        stack.count(Counter.RcvPruned);
        return false;
    }

    private boolean pruneOthers() {
        if (searchedNanos != Long.MIN_VALUE && stack.nowNanos() - searchedNanos < SEARCH_NANOS) {
            return false;
        }
        searchedNanos = stack.nowNanos();
        long total = 0;
        int holders = 0;
        for (Connection connection : connections) {
            long held = connection.data().outOfOrderMemoryBytes();
            total += held;
            holders += held > 0 ? 1 : 0;
        }
        if (total == 0) {
            return false;
        }
        for (Connection connection : connections) {
            long held = connection.data().outOfOrderMemoryBytes();
            if (held > 0 && held * holders >= total) {
                connection.data().pruneOutOfOrder(true);
            }
        }
        return true;
    }

    /** The connection could not take what its application wrote or what a subflow has for it: it is told when there is memory again. */
    void await(Connection connection) {
        if (!connection.awaitsMemory) {
            connection.awaitsMemory = true;
            waiting.add(connection);
        }
    }

    /** To be called whenever the stack is: wakes those that wait, once the pressure is over. */
    void update() {
        if (rings.pressures() != pressuresSeen) {
            pressuresSeen = rings.pressures();
            stack.count(Counter.TCPMemoryPressures);
        }
        if (waiting.isEmpty() || !rings.hasRoomFor(wakeBytes, false)) {
            return;
        }
        List<Connection> told = List.copyOf(waiting);
        waiting.clear();
        for (Connection connection : told) {
            connection.awaitsMemory = false;
            stack.containment().guarded(connection, it -> it.data().onMemory());
        }
    }

    void forget(Connection connection) {
        if (connection.awaitsMemory) {
            connection.awaitsMemory = false;
            waiting.remove(connection);
        }
    }

    // ---- what is not needed goes back ----

    /** When {@link #expire} is needed: as long as there is spare memory. */
    long deadlineNanos() {
        if (trimNanos == Long.MAX_VALUE && rings.spareBytes() > 0) {
            trimNanos = stack.nowNanos() + TRIM_NANOS;
        }
        return trimNanos;
    }

    void expire(long nowNanos) {
        if (trimNanos <= nowNanos) {
            rings.trim();
            trimNanos = Long.MAX_VALUE;
        }
    }
}
