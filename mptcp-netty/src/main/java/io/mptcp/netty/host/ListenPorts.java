package io.mptcp.netty.host;

import io.mptcp.netty.SegmentLink;
import io.mptcp.wire.IpEndpoint;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
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
    /** Listeners by port; 0 when all are closed and the port is not yet. */
    private final Map<Integer, Integer> listeners = new HashMap<>();
    private Future<?> sweep;

    ListenPorts(Uplinks uplinks, LinkOpener opener) {
        this.uplinks = uplinks;
        this.opener = opener;
    }

    /** @return the port, chosen if that of {@code local} is 0 */
    int open(IpEndpoint local) throws SetupException {
        int port = local.port();
        if (port == 0 || !listeners.containsKey(port)) {
            port = openNew(local);
        }
        listeners.merge(port, 1, Integer::sum);
        return port;
    }

    private int openNew(IpEndpoint local) throws SetupException {
        for (int choice = 1;; choice++) {
            try {
                return openOnLinks(opener == null ? local.port() : opener.openPort(local.port()));
            } catch (IOException e) {
                if (local.port() != 0 || choice == CHOICES) {
                    throw new SetupException("cannot listen on " + local + ": " + e.getMessage(), e);
                }
            }
        }
    }

    private int openOnLinks(int wanted) throws IOException {
        int port = wanted;
        List<SegmentLink> opened = new ArrayList<>();
        try {
            for (SegmentLink link : uplinks.driver().links()) {
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

    /** A listener is closed. */
    void release(int port) {
        listeners.merge(port, -1, Integer::sum);
        sweepLater();
    }

    private void sweepLater() {
        if (sweep == null && listeners.containsValue(0)) {
            sweep = uplinks.loop().schedule(this::sweep, SWEEP_SECONDS, TimeUnit.SECONDS);
        }
    }

    private void sweep() {
        sweep = null;
        for (Iterator<Map.Entry<Integer, Integer>> entries = listeners.entrySet().iterator(); entries.hasNext();) {
            Map.Entry<Integer, Integer> entry = entries.next();
            if (entry.getValue() == 0 && !uplinks.driver().stack().isLocalPortUsed(entry.getKey())) {
                entries.remove();
                uplinks.driver().links().forEach(link -> link.closePort(entry.getKey()));
            }
        }
        sweepLater();
    }

    void close() {
        if (sweep != null) {
            sweep.cancel(false);
        }
    }
}
