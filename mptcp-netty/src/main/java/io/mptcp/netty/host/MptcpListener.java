package io.mptcp.netty.host;

import io.mptcp.stack.Listener;
import io.mptcp.wire.IpEndpoint;
import java.util.ArrayList;
import java.util.List;

/** Listens on one address and port, on every loop of a {@link MptcpStack}. */
public final class MptcpListener implements AutoCloseable {
    private record Part(Uplinks uplinks, Listener listener) {
    }

    private final List<Part> parts = new ArrayList<>();
    private final IpEndpoint local;
    private boolean closed;

    private MptcpListener(IpEndpoint local) {
        this.local = local;
    }

    /** The first loop chooses the port where any will do, the others follow. */
    static MptcpListener open(List<Uplinks> shards, IpEndpoint local, ListenOptions options, AcceptHandler handler) throws SetupException {
        Uplinks first = shards.getFirst();
        Listener chosen = OnLoop.call(first.loop(), () -> listen(first, local, options, handler));
        MptcpListener opened = new MptcpListener(chosen.local());
        opened.parts.add(new Part(first, chosen));
        try {
            for (Uplinks uplinks : shards.subList(1, shards.size())) {
                opened.parts.add(new Part(uplinks, OnLoop.call(uplinks.loop(), () -> listen(uplinks, chosen.local(), options, handler))));
            }
            return opened;
        } catch (SetupException | RuntimeException e) {
            opened.close();
            throw e;
        }
    }

    private static Listener listen(Uplinks uplinks, IpEndpoint local, ListenOptions options, AcceptHandler handler) throws SetupException {
        Listener listener = uplinks.listen(local, options.connections() == null ? uplinks.defaultOptions() : options.connections(), handler);
        listener.setBacklog(options.backlog());
        return listener;
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
                part.uplinks.close(part.listener);
            } else if (!part.uplinks.loop().isShuttingDown()) {
                part.uplinks.loop().execute(() -> part.uplinks.close(part.listener));
            }
        }
    }
}
