package io.mptcp.netty.socket;

import io.mptcp.netty.MptcpDriver;
import io.mptcp.netty.host.ConnectListener;
import io.mptcp.netty.host.PendingConnect;
import io.mptcp.netty.host.Uplinks;
import io.mptcp.stack.CloseReason;
import io.mptcp.stack.ConnectOptions;
import io.mptcp.tcp.SocketOptions;
import io.mptcp.tcp.TcpConfig;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.PhantomReference;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.net.SocketException;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;

/** What the sockets on one event loop share: the way to it, and the list of those that may wait for it. */
final class SocketStack {
    private static final int SCRATCH_BYTES = 16 << 10;
    /** The engine gives up by itself; and a socket has its own timeout. */
    private static final long CONNECT_MILLIS = Integer.MAX_VALUE;

    private final Uplinks uplinks;
    private final ConnectOptions options;
    private final MemorySegment scratch = Arena.ofAuto().allocate(SCRATCH_BYTES);
    private final ReferenceQueue<Object> forgotten = new ReferenceQueue<>();
    /** Used on the loop only. */
    private final Set<StackStream> streams = Collections.newSetFromMap(new IdentityHashMap<>());
    private final Set<StackListener> listeners = Collections.newSetFromMap(new IdentityHashMap<>());
    /** The stack knows of this only while there are sockets: there may be one for every factory. */
    private final Runnable closeListener = this::close;

    /** @param options what connections are opened and taken with */
    SocketStack(Uplinks uplinks, ConnectOptions options) {
        this.uplinks = uplinks;
        this.options = options;
    }

    Uplinks uplinks() {
        return uplinks;
    }

    MptcpDriver driver() {
        return uplinks.driver();
    }

    SocketOptions defaultOptions() {
        return options.socket();
    }

    TcpConfig tcpConfig() {
        return uplinks.config().tcp();
    }

    long nowNanos() {
        return uplinks.loop().ticker().nanoTime();
    }

    /** Closes the stream when nobody has its owner any more. */
    Reference<Object> watch(Object owner, StackStream stream) {
        return new Owned(owner, forgotten, stream);
    }

    /** For bytes nobody wants. On the loop. */
    MemorySegment scratch() {
        return scratch;
    }

    /** @throws IllegalStateException on the loop, which would wait for itself */
    void checkMayBlock() {
        if (uplinks.loop().inEventLoop()) {
            throw new IllegalStateException("a blocking socket must not be used on the event loop of its stack");
        }
    }

    /** Runs a task on the loop. @throws SocketException when there is no loop any more */
    void execute(Runnable task) throws SocketException {
        checkMayBlock();
        if (!tryExecute(task)) {
            throw new SocketException("the stack has been closed");
        }
    }

    /** @return false when there is no loop any more */
    boolean tryExecute(Runnable task) {
        try {
            uplinks.loop().execute(task);
            return true;
        } catch (RejectedExecutionException _) {
            return false;
        }
    }

    /** Runs a task on the loop and waits for it, unless there is no loop any more. */
    void runOnLoop(Runnable task) {
        if (uplinks.loop().inEventLoop()) {
            task.run();
            return;
        }
        try {
            uplinks.loop().submit(task).awaitUninterruptibly();
        } catch (RejectedExecutionException _) {
            return;
        }
    }

    /** What a task on the loop returns. */
    <T> T call(Callable<T> task) throws IOException {
        checkMayBlock();
        try {
            return uplinks.loop().submit(task).get();
        } catch (RejectedExecutionException _) {
            throw new SocketException("the stack has been closed");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SocketException("interrupted");
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException failure) {
                throw failure;
            }
            throw new SocketException(e.getCause().getMessage(), e.getCause());
        }
    }

    // ---- on the loop ----

    /** @return null when it failed at once */
    PendingConnect connect(IpAddress local, IpEndpoint remote, SocketOptions socket, ConnectListener listener) {
        if (uplinks.isClosed()) {
            listener.failed(CloseReason.ABORTED);
            return null;
        }
        return uplinks.connect(remote, local.isAny() ? null : new IpEndpoint(local, 0), options.withSocket(socket), CONNECT_MILLIS, listener);
    }

    void add(StackStream stream) {
        if (!uplinks.isClosed()) {
            uplinks.addCloseListener(closeListener);
        }
        streams.add(stream);
        // Without a thread that waits for it: a program that opens nothing more has few to lose.
        for (Reference<?> lost = forgotten.poll(); lost != null; lost = forgotten.poll()) {
            ((Owned) lost).stream.abandoned();
        }
    }

    void remove(StackStream stream) {
        streams.remove(stream);
        forgetIfUnused();
    }

    private void forgetIfUnused() {
        if (streams.isEmpty() && listeners.isEmpty()) {
            uplinks.removeCloseListener(closeListener);
        }
    }

    boolean add(StackListener listener) throws SocketException {
        if (uplinks.isClosed()) {
            throw new SocketException("the stack has been closed");
        }
        uplinks.addCloseListener(closeListener);
        return listeners.add(listener);
    }

    void remove(StackListener listener) {
        listeners.remove(listener);
        forgetIfUnused();
    }

    /** Sockets that there are, closing ones included. */
    int size() {
        return streams.size();
    }

    /** The driver is about to be closed: whoever waits is told. */
    private void close() {
        List.copyOf(streams).forEach(StackStream::stackClosing);
        streams.clear();
        listeners.forEach(StackListener::stackClosing);
        listeners.clear();
    }

    private static final class Owned extends PhantomReference<Object> {
        final StackStream stream;

        Owned(Object owner, ReferenceQueue<Object> queue, StackStream stream) {
            super(owner, queue);
            this.stream = stream;
        }
    }
}
