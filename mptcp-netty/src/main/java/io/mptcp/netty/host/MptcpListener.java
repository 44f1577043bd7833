package io.mptcp.netty.host;

import io.mptcp.stack.Listener;
import io.mptcp.wire.IpEndpoint;
import io.netty.util.concurrent.Future;
import java.util.ArrayList;
import java.util.List;

/** Listens on one address and port, on every loop of a {@link MptcpStack}. */
public final class MptcpListener implements AutoCloseable {
    /** Of one loop. */
    private static final class Part {
        final Uplinks uplinks;
        /** Null until the loop has got to it. Used on the loop. */
        Listener listener;
        boolean closed;

        Part(Uplinks uplinks) {
            this.uplinks = uplinks;
        }

        void start(IpEndpoint local, ListenOptions options, AcceptHandler handler) {
            if (!closed) {
                listener = uplinks.startListening(local, options.connections() == null ? uplinks.defaultOptions() : options.connections(), handler);
                listener.setBacklog(options.backlog());
            }
        }

        void close() {
            closed = true;
            if (listener != null) {
                uplinks.close(listener);
                listener = null;
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
        IpEndpoint local = shards.getFirst().openPort(wanted);
        MptcpListener opened = new MptcpListener(local);
        List<Future<?>> starts = new ArrayList<>();
        for (Uplinks uplinks : shards) {
            Part part = new Part(uplinks);
            if (uplinks.loop().inEventLoop()) {
                part.start(local, options, handler);
            } else {
                starts.add(uplinks.loop().submit(() -> part.start(local, options, handler)));
            }
            opened.parts.add(part);
            try {
                if (uplinks != shards.getFirst()) {
                    uplinks.openPort(local);
                }
            } catch (SetupException e) {
                opened.close();
                throw e;
            }
        }
        if (starts.size() == shards.size()) {
            starts.forEach(Future::syncUninterruptibly);
        }
        return opened;
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
        for (Part part : parts) {
            if (part.uplinks.loop().inEventLoop()) {
                part.close();
            } else if (!part.uplinks.loop().isShuttingDown()) {
                part.uplinks.loop().execute(part::close);
            }
        }
    }
}
