package io.mptcp.spi;

import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import java.util.List;

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

    /** Joins are possible: the peer has shown at the data level that MPTCP works both ways (RFC 8684 section 3.1, "fully established"). */
    boolean isEstablished();

    /** Why the connection is plain TCP, by the name of the kernel's counter; null while it is MPTCP. */
    String fallbackReason();

    boolean isClosed();

    /** Subflows now open or being opened, the initial one included. */
    int subflowCount();

    /** The subflows now open or being opened, in order of creation. */
    List<SubflowState> subflows();

    /** Subflows there may be at most, the initial one included. */
    int maxSubflows();

    /** Whether a subflow over this link is open or being opened. */
    boolean hasSubflowOnLink(int linkId);

    boolean isLinkUp(int linkId);

    /** Whether this connection may have subflows over that link; no other is opened or accepted. */
    boolean mayUseLink(int linkId);

    /**
     * MP_JOIN from a local address over a link; by either side. The local port is chosen by the stack.
     *
     * @param addressId 1 to 255: the id the address should have, if neither is in use otherwise; 0 for any
     * @return subflow id, or -1 when a limit forbids it
     */
    int openSubflow(int linkId, IpAddress local, int addressId, IpEndpoint remote, boolean backup);

    /** As {@link #openSubflow(int, IpAddress, int, IpEndpoint, boolean)}, under any id. */
    default int openSubflow(int linkId, IpAddress local, IpEndpoint remote, boolean backup) {
        return openSubflow(linkId, local, 0, remote, backup);
    }

    /**
     * ADD_ADDR: tells the peer of an address that takes joins. It is repeated up to three times until echoed.
     *
     * @param addressId  1 to 255: the id it should have, if neither is in use otherwise; 0 for any
     * @param address    port 0 for that of the initial subflow
     * @param retryNanos time until it is sent again, more than 0, at most the longest RTO of a subflow, and doubled each time; Long.MAX_VALUE sends once
     * @return false when the connection is over or no longer MPTCP, or too many announcements are pending
     */
    boolean announceAddress(int addressId, IpEndpoint address, long retryNanos);

    /** As {@link #announceAddress(int, IpEndpoint, long)}, at the port of the initial subflow. */
    default boolean announceAddress(int addressId, IpAddress address, long retryNanos) {
        return announceAddress(addressId, new IpEndpoint(address, 0), retryNanos);
    }

    /**
     * REMOVE_ADDR alone: subflows from the address stay, and end as their owner wishes.
     *
     * @return false when no address has this id, or the connection is over or no longer MPTCP
     */
    boolean removeAddress(int addressId);

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
