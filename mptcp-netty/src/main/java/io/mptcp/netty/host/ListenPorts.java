package io.mptcp.netty.host;

import io.mptcp.netty.SegmentLink;
import io.mptcp.wire.IpEndpoint;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * The TCP ports listened on, as far as links have to do something for them. A port outlives its listener for as long as connections use it, and is
 * closed some seconds later.
 */
final class ListenPorts {
    private static final int SWEEP_SECONDS = 2;
    /** A port that one link is free to choose may be taken on another. */
    private static final int CHOICES = 32;

    private final Uplinks uplinks;
    /** Null over links that were made elsewhere. */
    private final LinkOpener opener;
    private final Set<IpEndpoint> listening = new HashSet<>();
    /** Ports without a listener that are not closed yet. */
    private final Set<Integer> leftOver = new HashSet<>();
    private Future<?> sweep;

    ListenPorts(Uplinks uplinks, LinkOpener opener) {
        this.uplinks = uplinks;
        this.opener = opener;
    }

    /** Any thread. @return with the port, chosen if that of {@code local} is 0 */
    synchronized IpEndpoint open(IpEndpoint local) throws SetupException {
        int port = local.port();
        if (listening.contains(local)) {
            throw new SetupException("cannot listen on " + local + ": port " + port + " has a listener already");
        }
        if (port == 0 || !isOpen(port)) {
            port = openNew(local);
        }
        leftOver.remove(port);
        IpEndpoint opened = new IpEndpoint(local.address(), port);
        listening.add(opened);
        return opened;
    }

    private boolean isOpen(int port) {
        return leftOver.contains(port) || isListening(port);
    }

    private boolean isListening(int port) {
        return listening.stream().anyMatch(endpoint -> endpoint.port() == port);
    }

    private int openNew(IpEndpoint local) throws SetupException {
        for (int choice = 1;; choice++) {
            try {
                return openPort(local.port());
            } catch (IOException e) {
                if (local.port() != 0 || choice == CHOICES) {
                    throw new SetupException("cannot listen on " + local + ": " + e.getMessage(), e);
                }
            }
        }
    }

    private int openPort(int wanted) throws IOException {
        int port = opener == null ? wanted : opener.openPort(wanted, this::isListening);
        try {
            return openOnLinks(port);
        } catch (IOException e) {
            if (opener != null && port != 0) {
                opener.closePort(port);
            }
            throw e;
        }
    }

    private int openOnLinks(int wanted) throws IOException {
        int port = wanted;
        List<SegmentLink> opened = new ArrayList<>();
        try {
            for (SegmentLink link : uplinks.links()) {
                port = link.openPort(port);
                opened.add(link);
            }
        } catch (IOException e) {
            for (SegmentLink link : opened) {
                link.closePort(port);
            }
            throw e;
        }
        if (port == 0) {
            throw new IOException("these links cannot choose a port: give one");
        }
        return port;
    }

    /** A listener is closed, or never was. On the loop. */
    synchronized void release(IpEndpoint local) {
        listening.remove(local);
        if (!isOpen(local.port())) {
            leftOver.add(local.port());
            sweepLater();
        }
    }

    private void sweepLater() {
        if (sweep == null && !leftOver.isEmpty()) {
            sweep = uplinks.loop().schedule(this::sweep, SWEEP_SECONDS, TimeUnit.SECONDS);
        }
    }

    private synchronized void sweep() {
        sweep = null;
        for (int port : List.copyOf(leftOver)) {
            if (!uplinks.driver().stack().isLocalPortUsed(port)) {
                leftOver.remove(port);
                uplinks.driver().links().forEach(link -> link.closePort(port));
                if (opener != null) {
                    opener.closePort(port);
                }
            }
        }
        sweepLater();
    }

    synchronized void close() {
        if (sweep != null) {
            sweep.cancel(false);
        }
    }
}
