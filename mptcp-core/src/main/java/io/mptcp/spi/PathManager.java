package io.mptcp.spi;

import io.mptcp.wire.IpEndpoint;

/**
 * Decides which subflows a connection has. Events arrive after the segment or timer that caused them has been dealt with; what the
 * manager wants done it asks of {@link PathCommands}. One instance per connection. Event names follow {@code ip mptcp monitor}.
 */
public interface PathManager {
    String name();

    /** This side knows that the peer has both keys: addresses may be announced. Always before {@link #onEstablished}, on a server well before. */
    default void onKeysExchanged(PathCommands commands) {
    }

    /** ESTABLISHED: joins are possible from now on (RFC 8684 section 3.1, "fully established"). */
    void onEstablished(PathCommands commands);

    /** SF_ESTABLISHED. */
    default void onSubflowEstablished(PathCommands commands, int subflowId) {
    }

    /**
     * SF_CLOSED, also for a join that failed.
     *
     * @param resetReason MP_TCPRST reason code, or -1 if the subflow did not end with one
     */
    default void onSubflowClosed(PathCommands commands, int subflowId, int linkId, IpEndpoint local, IpEndpoint remote, int resetReason) {
    }

    /** ANNOUNCED: a valid ADD_ADDR came; {@code remote} has port 0 when none was given. */
    default void onAddressAnnounced(PathCommands commands, int addressId, IpEndpoint remote) {
    }

    /** REMOVED. */
    default void onAddressRemoved(PathCommands commands, int addressId) {
    }

    /** A link became usable or unusable. */
    default void onLinkChange(PathCommands commands, int linkId, boolean up) {
    }

    /** The time asked for with {@link PathCommands#wakeAt} has come. */
    default void onTimer(PathCommands commands) {
    }
}
