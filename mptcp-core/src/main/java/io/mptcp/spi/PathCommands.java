package io.mptcp.spi;

import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;

/** What a path manager may see and ask for. Commands take effect after the event being handled. */
public interface PathCommands {
    long nowNanos();

    int token();

    /** Whether this side accepted the connection. */
    boolean isServer();

    /** Local address and port of the initial subflow, also after it closed. */
    IpEndpoint initialLocal();

    IpEndpoint initialRemote();

    int initialLinkId();

    /** The peer set the C flag: no joins to the address and port of its initial subflow. */
    boolean peerDeniesJoinToInitialAddress();

    /** Subflows now open or being opened, the initial one included. */
    int subflowCount();

    /** Whether a subflow over this link is open or being opened. */
    boolean hasSubflowOnLink(int linkId);

    boolean isLinkUp(int linkId);

    /** MP_JOIN from a local address over a link. The local port is chosen by the stack. @return subflow id, or -1 when a limit forbids it */
    int openSubflow(int linkId, IpAddress local, IpEndpoint remote, boolean backup);

    /**
     * ADD_ADDR: tells the peer of an address that takes joins at the port of the initial subflow. It is repeated up to three times until echoed.
     *
     * @param addressId  1 to 255: the id it should have, if neither is in use otherwise; 0 for any
     * @param retryNanos time between transmissions, more than 0, Long.MAX_VALUE for a single one
     * @return false when the connection is over or no longer MPTCP, or too many announcements are pending
     */
    boolean announceAddress(int addressId, IpAddress address, long retryNanos);

    /**
     * Takes back a local address that was announced or used: subflows from it are finished as by {@link #finishSubflow}, then REMOVE_ADDR tells the
     * peer. It may be announced and used again later.
     *
     * @return false when the peer has never heard of this address, or the connection is over or no longer MPTCP
     */
    boolean withdrawAddress(IpAddress address);

    /** Ends a subflow that works: the peer is asked to use others (MP_PRIO), what has been sent is delivered, and a FIN follows. */
    void finishSubflow(int subflowId);

    /** Closes a subflow with RST and MP_TCPRST {@code reason}. */
    void closeSubflow(int subflowId, int reason);

    /** Changes the backup flag and tells the peer with MP_PRIO. */
    void setBackup(int subflowId, boolean backup);

    /** Calls {@link PathManager#onTimer} at this time; the last call wins, Long.MAX_VALUE cancels. */
    void wakeAt(long nanos);
}
