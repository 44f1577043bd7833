package io.mptcp.spi;

import io.mptcp.wire.IpEndpoint;

/**
 * A subflow as path managers see it.
 *
 * @param id             its number within the connection
 * @param locId          id of its local address on the wire, 0 for that of the initial subflow
 * @param remId          id of the peer's address as a join has told it, 0 for that of the initial subflow
 * @param initial        it began the connection
 * @param opened         this side sent the SYN
 * @param established    data may flow
 * @param closing        this side has asked for its end; it goes when what it carries is delivered
 * @param localBackup    this side asked to use it as backup only
 * @param remoteBackup   the peer did
 * @param stale          silent although data is outstanding: not used until it is heard again
 * @param lastHeardNanos when a segment last came on it
 */
public record SubflowState(int id, int linkId, IpEndpoint local, IpEndpoint remote, int locId, int remId, boolean initial, boolean opened,
                           boolean established, boolean closing, boolean localBackup, boolean remoteBackup, boolean stale, long lastHeardNanos) {
    public boolean isBackup() {
        return localBackup || remoteBackup;
    }
}
