package io.mptcp.cli.bench.failover;

import io.mptcp.cli.lab.EmulatedLink;
import io.mptcp.cli.lab.TwoPathLab;

/** Takes paths of a network away and brings them back. They are counted from 1. */
public final class PathCuts {
    private final TwoPathLab network;

    /** For the paths of this network. */
    public PathCuts(TwoPathLab network) {
        this.network = network;
    }

    /** The direction of a path that carries the data. */
    public EmulatedLink dataLink(Pairing pairing, int path) {
        return pairing.clientSends ? network.paths().get(path - 1).forward() : network.paths().get(path - 1).backward();
    }

    /** A path dies. */
    public void cut(Kind kind, Pairing pairing, int path) {
        switch (kind) {
            case SILENT -> network.paths().get(path - 1).cut();
            case ONEWAY -> dataLink(pairing, path).up(false);
            case DOWN -> network.client().ip("link set " + TwoPathLab.uplink(path) + " down");
        }
    }

    /** It is back. */
    public void restore(Kind kind, Pairing pairing, int path) {
        switch (kind) {
            case SILENT -> network.paths().get(path - 1).restore();
            case ONEWAY -> dataLink(pairing, path).up(true);
            case DOWN -> network.client().ip("link set " + TwoPathLab.uplink(path) + " up", // which has lost its route
                    "route replace default via " + TwoPathLab.serverV4(path) + " dev " + TwoPathLab.uplink(path) + " metric " + 100 * path);
        }
    }
}
