package io.mptcp.stack;

import java.lang.foreign.MemorySegment;

/** Where received bytes go without a copy in between: see {@link MptcpConnection#read(ReadSink, int)}. */
@FunctionalInterface
public interface ReadSink {
    /**
     * Takes bytes from the receive buffer. Neither the memory nor the connection may be used otherwise before this returns, and the memory not
     * after it.
     *
     * @param length at least 1
     * @return how many bytes of the beginning were taken, 0 to {@code length}
     */
    int take(MemorySegment memory, long offset, int length);
}
