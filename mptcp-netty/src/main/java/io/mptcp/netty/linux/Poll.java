package io.mptcp.netty.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * Waiting for input on several descriptors with a timeout in nanoseconds: ppoll(2) on an array of {@code struct pollfd} (int fd, short events,
 * short revents). An interrupted or failed wait looks like one that timed out: what was readable then still is.
 */
public final class Poll {
    private static final short POLLIN = 1;
    private static final int POLLFD_BYTES = 8;
    private static final int REVENTS = 6;
    private static final long NANOS_PER_SECOND = 1_000_000_000L;
    private static final MethodHandle PPOLL = Linker.nativeLinker().downcallHandle(
            Linker.nativeLinker().defaultLookup().findOrThrow("ppoll"),
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG, ValueLayout.ADDRESS,
                    ValueLayout.ADDRESS));

    private final int count;
    private final MemorySegment pollfds;
    private final MemorySegment timespec;

    /** @param descriptors to wait for, from then on known by their index */
    public Poll(Arena arena, int... descriptors) {
        count = descriptors.length;
        pollfds = arena.allocate((long) count * POLLFD_BYTES, 8);
        timespec = arena.allocate(16, 8);
        for (int i = 0; i < count; i++) {
            pollfds.set(ValueLayout.JAVA_INT, (long) i * POLLFD_BYTES, descriptors[i]);
            pollfds.set(ValueLayout.JAVA_SHORT, (long) i * POLLFD_BYTES + 4, POLLIN);
        }
    }

    /** Waits until a descriptor is readable, but no longer than this. */
    public void await(long nanos) {
        timespec.set(ValueLayout.JAVA_LONG, 0, nanos / NANOS_PER_SECOND);
        timespec.set(ValueLayout.JAVA_LONG, 8, nanos % NANOS_PER_SECOND);
        try {
            int ready = (int) PPOLL.invokeExact(pollfds, (long) count, timespec, MemorySegment.NULL);
            if (ready <= 0) {
                clear();
            }
        } catch (Throwable t) {
            throw new AssertionError(t);
        }
    }

    /** Whether the last wait found something to read, or an error to learn of, on this descriptor. */
    public boolean isReady(int index) {
        return pollfds.get(ValueLayout.JAVA_SHORT, (long) index * POLLFD_BYTES + REVENTS) != 0;
    }

    private void clear() {
        for (int i = 0; i < count; i++) {
            pollfds.set(ValueLayout.JAVA_SHORT, (long) i * POLLFD_BYTES + REVENTS, (short) 0);
        }
    }
}
