package io.mptcp.spi;

import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import java.util.List;

/**
 * Decides which subflows a connection has. Events arrive after the segment or timer that caused them has been dealt with; what the
 * manager wants done it asks of {@link PathCommands}. One instance per connection. Event names follow {@code ip mptcp monitor}.
 */
public interface PathManager {
    /** For the limits: Linux has eight bits for them. */
    int UNBOUNDED = 255;

    String name();

    /** CREATED: the handshake is complete and both sides speak MPTCP. The first event there is. */
    default void onCreated(PathCommands commands) {
    }

    /** CLOSED: the connection and all its subflows are gone. The last event, for every connection that was created. */
    default void onClosed(PathCommands commands) {
    }

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

    // ---- questions: answered at once and without commands, also while a segment is being dealt with ----

    /** Whether a join that comes to this address is taken; a refused one gets MP_TCPRST reason 3. */
    default boolean acceptsJoin(PathCommands commands, int linkId, IpAddress local) {
        return true;
    }

    /** Whether announcements of the peer are echoed (RFC 8684 section 3.4.1). */
    default boolean echoesAnnouncements(PathCommands commands) {
        return true;
    }

    /** The id an address should have on the wire, 1 to 255, if neither is in use otherwise; 0 for any. */
    default int addressId(PathCommands commands, int linkId, IpAddress local) {
        return 0;
    }

    /** Whether subflows from this address are to be used as backup only, whoever opens them. */
    default boolean isBackup(PathCommands commands, int linkId, IpAddress local) {
        return false;
    }

    /** How many subflows beside the initial one its own rules let there be at most, 255 for any number; the stack has a limit besides. */
    default int subflowsMax() {
        return UNBOUNDED;
    }

    /** How many announced addresses of the peer get a subflow at most, 255 for any number. */
    default int addAddrAcceptedMax() {
        return UNBOUNDED;
    }

    /** What becomes of each path, and why; also of a connection that fell back, or is over. */
    default List<PathStatus> paths(PathCommands commands) {
        return List.of();
    }
}
