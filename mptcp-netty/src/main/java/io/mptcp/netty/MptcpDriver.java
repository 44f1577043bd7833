package io.mptcp.netty;

import io.mptcp.stack.Stack;
import io.netty.channel.IoEventLoop;

/**
 * Runs one {@link Stack} on a Netty event loop beside ordinary channels: feeds it from its links, sends what it has, arms one timer,
 * and calls {@link ConnectionHandler}s. The only reader of the clock. Several drivers may share a loop.
 */
public final class MptcpDriver {
    public MptcpDriver(IoEventLoop loop, Stack stack) {
        throw new UnsupportedOperationException();
    }

    public IoEventLoop loop() {
        throw new UnsupportedOperationException();
    }

    public Stack stack() {
        throw new UnsupportedOperationException();
    }

    /** Adds a link to the stack and starts it. On the loop. */
    public void addLink(SegmentLink link) {
        throw new UnsupportedOperationException();
    }

    public SegmentLink link(int linkId) {
        throw new UnsupportedOperationException();
    }

    /** To be called on the loop after the application API of the stack was used outside a handler: soon afterwards everything due is sent. */
    public void wake() {
        throw new UnsupportedOperationException();
    }

    /** Sends what is left to send (resets, final ACKs) and closes the links. On the loop. */
    public void close() {
        throw new UnsupportedOperationException();
    }
}
