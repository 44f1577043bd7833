package io.mptcp.tun;

import io.mptcp.netty.ConnectionHandler;
import io.mptcp.netty.MptcpDriver;
import io.mptcp.stack.CloseReason;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.ReadSink;
import io.mptcp.stack.Readiness;
import java.lang.foreign.MemorySegment;

/**
 * Joins two connections: what comes in by one goes out by the other, in both directions. No more is read than the other side takes, so that
 * the receive windows slow the senders down and nothing is held here. The end of a stream is passed on as such, and a connection that ends
 * in any other way takes the other one with it. Both connections live on one event loop.
 */
final class Relay {
    private final End local;
    private final End remote;
    private final Runnable onFinished;
    private boolean finished;

    /**
     * Attaches itself to both connections.
     *
     * @param onFinished called once, when both connections are over
     */
    Relay(MptcpConnection local, MptcpDriver localDriver, MptcpConnection remote, MptcpDriver remoteDriver, Runnable onFinished) {
        this.local = new End(local, localDriver);
        this.remote = new End(remote, remoteDriver);
        this.local.other = this.remote;
        this.remote.other = this.local;
        this.onFinished = onFinished;
        local.attach(this.local);
        remote.attach(this.remote);
    }

    /** Resets both connections. */
    void abort() {
        local.abort();
        remote.abort();
        checkFinished();
    }

    private void checkFinished() {
        if (!finished && local.isDone() && remote.isDone()) {
            finished = true;
            onFinished.run();
        }
    }

    /** Moves bytes until one has no more to give or the other has no more room. */
    private void pump(End from, End to) {
        boolean moved = false;
        while (!from.ended && !to.closed) {
            int count = from.connection.read(to, to.connection.writableBytes());
            if (count <= 0 && from.connection.isEndOfStream()) {
                from.ended = true;
                to.connection.shutdownOutput();
            } else if (count <= 0) {
                break; // nothing to read, or no room: READABLE or WRITABLE will tell
            }
            moved = true;
        }
        if (moved) {
            to.driver.wake(); // Data to send,
            from.driver.wake(); // and a window that has opened.
        }
        from.releaseIfDone();
    }

    private final class End implements ConnectionHandler, ReadSink {
        final MptcpConnection connection;
        final MptcpDriver driver;
        End other;
        /** The peer's stream has been read to its end and the end passed on, or there is no more use for it. */
        boolean ended;
        boolean closed;

        End(MptcpConnection connection, MptcpDriver driver) {
            this.connection = connection;
            this.driver = driver;
        }

        @Override
        public void ready(MptcpConnection ignored, int readiness) {
            if ((readiness & Readiness.CLOSED) != 0 && !closed) {
                closed = true;
                if (connection.closeReason() != CloseReason.CLOSED) {
                    abort();
                    other.abort();
                }
            }
            if ((readiness & (Readiness.READABLE | Readiness.CONNECTED | Readiness.CLOSED)) != 0) {
                pump(this, other);
            }
            if ((readiness & (Readiness.WRITABLE | Readiness.CONNECTED)) != 0) {
                pump(other, this);
            }
            checkFinished();
        }

        /** Short pieces are copied from the receive buffer of the other connection into the send buffer of this. */
        @Override
        public int take(MemorySegment memory, long offset, int length) {
            return connection.write(memory, offset, length);
        }

        /** Of all others this one sends what the other has received from where it lies. */
        @Override
        public int keep(MemorySegment memory, long offset, int length, Runnable release) {
            return connection.handOver(memory, offset, length, release);
        }

        /** Nothing is left to be done with the connection, and nothing to be read from it. */
        boolean isDone() {
            return closed && ended;
        }

        /** A connection that the peer has closed keeps unread bytes until they have been passed on. */
        void releaseIfDone() {
            if (isDone()) {
                connection.close();
            }
        }

        void abort() {
            closed = true;
            ended = true;
            connection.abort();
            driver.wake();
        }
    }
}
