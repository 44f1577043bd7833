package io.mptcp.stack;

import java.lang.foreign.MemorySegment;

/** Where received bytes go without a copy in between: see {@link MptcpConnection#read(ReadSink, int)}. */
@FunctionalInterface
public interface ReadSink {
    /** Of a sink that keeps no memory, or not this. */
    int NOT_KEPT = -1;

    /**
     * Takes bytes from the receive buffer. Neither the memory nor the connection may be used otherwise before this returns, and the memory not
     * after it.
     *
     * @param length at least 1
     * @return how many bytes of the beginning were taken, 0 to {@code length}
     */
    int take(MemorySegment memory, long offset, int length);

    /**
     * As {@link #take}, of memory that may be kept: it stays as it is until {@code release} is run, on the thread of the stack it comes from, also when the
     * connection is over. It is asked first where as much lies together as makes that worth it.
     *
     * @param release to be run once if anything is taken, and not at all otherwise
     * @return how many bytes of the beginning were taken, or {@link #NOT_KEPT} to be asked to take them instead
     */
    default int keep(MemorySegment memory, long offset, int length, Runnable release) {
        return NOT_KEPT;
    }
}
