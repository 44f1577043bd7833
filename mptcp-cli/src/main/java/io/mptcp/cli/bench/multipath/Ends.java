package io.mptcp.cli.bench.multipath;

import io.mptcp.cli.bench.failover.Pairing;

/**
 * Who moves bytes.
 *
 * @param scheduler of this stack, where it is at one of the ends
 * @param paths     2, or 1 for the first path alone; then the kernel uses plain TCP
 */
record Ends(Pairing pairing, String scheduler, int paths) {
    String title() {
        boolean ours = pairing.oursAtClient || pairing.oursAtServer;
        return pairing.title() + (ours && !scheduler.equals("default") ? ", " + scheduler : "") + (paths == 1 ? ", first path alone" : "");
    }
}
