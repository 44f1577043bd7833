package io.mptcp.cli.check;

import io.mptcp.wire.IpAddress;

/**
 * A path to look at.
 *
 * @param linkId   its link in the stack, also its place among the paths
 * @param name     as the user wrote it
 * @param local    address used towards the server, null when the path does not lead there
 * @param up       whether the interface is up
 * @param mtuBytes MTU of the interface
 */
record CheckedPath(int linkId, String name, IpAddress local, boolean up, int mtuBytes) {
    boolean isUsable() {
        return up && local != null;
    }
}
