package io.mptcp.netty.host;

import io.mptcp.stack.Listener;
import io.mptcp.wire.IpEndpoint;
import io.netty.util.concurrent.Future;
import java.util.ArrayList;
import java.util.List;

/** Listens on one address and port, on every loop of a {@link MptcpStack}. */
public final class MptcpListener implements AutoCloseable {
    /** A port that one loop is free to choose may be taken on another. */
    private static final int CHOICES = 8;

    /** Of one loop. */
    private static final class Part {
        final Uplinks uplinks;
        final IpEndpoint local;
        volatile boolean portOpen;
        /** Null until the loop has got to it. Used on the loop. */
        Listener listener;
        boolean closed;

        Part(Uplinks uplinks, IpEndpoint local, boolean portOpen) {
            this.uplinks = uplinks;
            this.local = local;
            this.portOpen = portOpen;
        }

        void start(ListenOptions options, AcceptHandler handler) {
            if (!closed) {
                listener = uplinks.startListening(local, options.connections() == null ? uplinks.defaultOptions() : options.connections(), handler);
                listener.setBacklog(options.backlog());
                listener.setFastOpenQueue(options.fastOpenQueue());
                listener.setFastOpenCookieRequired(options.fastOpenCookieRequired());
            }
        }

        void close() {
            closed = true;
            if (listener != null) {
                uplinks.driver().stack().close(listener);
                listener = null;
            }
            if (portOpen) {
                portOpen = false;
                uplinks.closePort(local);
            }
        }
    }

    private final List<Part> parts = new ArrayList<>();
    private final IpEndpoint local;
    private boolean closed;

    private MptcpListener(IpEndpoint local) {
        this.local = local;
    }

    /**
     * The first loop chooses the port where any will do, the others follow. Does not wait for another loop when it is called on one; what arrives there
     * meanwhile waits in a socket.
     */
    static MptcpListener open(List<Uplinks> shards, IpEndpoint wanted, ListenOptions options, AcceptHandler handler) throws SetupException {
        for (int choice = 1;; choice++) {
            MptcpListener opened = new MptcpListener(shards.getFirst().openPort(wanted));
            try {
                opened.start(shards, options, handler);
                return opened;
            } catch (SetupException e) {
                opened.undo();
                if (wanted.port() != 0 || choice == CHOICES) {
                    throw e;
                }
            } catch (IllegalStateException e) {
                opened.undo();
                throw new SetupException("cannot listen on " + opened.local + ": somebody else does on this stack", e);
            }
        }
    }

    private void start(List<Uplinks> shards, ListenOptions options, AcceptHandler handler) throws SetupException {
        List<Future<?>> starts = new ArrayList<>();
        for (Uplinks uplinks : shards) {
            boolean first = uplinks == shards.getFirst();
            Part part = new Part(uplinks, local, first);
            parts.add(part);
            if (uplinks.loop().inEventLoop()) {
                part.start(options, handler);
            } else {
                starts.add(uplinks.loop().submit(() -> part.start(options, handler)));
            }
            if (!first) {
                uplinks.openPort(local);
                part.portOpen = true;
            }
        }
        if (starts.size() == shards.size()) {
            starts.forEach(Future::syncUninterruptibly);
        }
    }

    /** All loops listen or none: what has begun is over when this returns, except on a loop, which must not wait for others. */
    private void undo() {
        boolean onLoop = parts.stream().anyMatch(part -> part.uplinks.loop().inEventLoop());
        List<Future<?>> ends = close(parts);
        if (!onLoop) {
            ends.forEach(Future::awaitUninterruptibly);
        }
    }

    /** Where it listens, with the port that was chosen if any would do. */
    public IpEndpoint local() {
        return local;
    }

    /** Takes no more connections; those there are go on. Any thread. */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        close(parts);
    }

    /** @return what is still to happen on other loops */
    private static List<Future<?>> close(List<Part> parts) {
        List<Future<?>> ends = new ArrayList<>();
        for (Part part : parts) {
            if (part.uplinks.loop().inEventLoop()) {
                part.close();
            } else if (!part.uplinks.loop().isShuttingDown()) {
                ends.add(part.uplinks.loop().submit(part::close));
            }
        }
        return ends;
    }
}
