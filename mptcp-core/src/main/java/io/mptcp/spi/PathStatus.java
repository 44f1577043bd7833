package io.mptcp.spi;

import io.mptcp.wire.IpAddress;

/**
 * What a connection makes of one path that could be used, and why.
 *
 * @param linkId     link of the path, -1 when it is none of this side's choice yet
 * @param endpointId id of the endpoint behind it, 0 for none
 * @param local      local address, null when there is none to use
 * @param state      what is made of it
 * @param reason     why, in words, for people; never empty
 * @param subflowId  the subflow over it, -1 for none
 */
public record PathStatus(int linkId, int endpointId, IpAddress local, State state, String reason, int subflowId) {
    /** What a connection makes of a path. */
    public enum State {
        /** Carries data. */
        USED,
        /** There, but only for the case that no other is. */
        BACKUP,
        /** The handshake of a subflow is under way. */
        JOINING,
        /** Silent: not used until it is heard again. */
        STALE,
        /** It will be tried again at a known time. */
        WAITING,
        /** Not used until something changes. */
        UNUSED
    }
}
