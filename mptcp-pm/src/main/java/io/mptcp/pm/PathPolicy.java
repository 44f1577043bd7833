package io.mptcp.pm;

/**
 * What {@code ip mptcp} has no words for.
 *
 * @param reopen               subflows that were lost are opened again: at once when their link comes up, otherwise after 1 s, doubling up to 60 s
 * @param alternateAddresses   where the peer's initial address takes no joins, has another family or keeps failing, announced addresses are tried
 * @param passiveJoins         the side that was connected to opens subflows, too
 * @param announceTimeoutNanos longest time until an announcement that was not echoed is sent again, Long.MAX_VALUE for never ({@code add_addr_timeout})
 */
public record PathPolicy(boolean reopen, boolean alternateAddresses, boolean passiveJoins, long announceTimeoutNanos) {
    private static final long ADD_ADDR_TIMEOUT_NANOS = 120_000_000_000L;

    /** Linux opens no subflow a second time, and opens them on either side. */
    public static final PathPolicy LINUX = new PathPolicy(false, false, true, ADD_ADDR_TIMEOUT_NANOS);
    /** Paths come back by themselves; the side that connected opens them. */
    public static final PathPolicy DEFAULT = new PathPolicy(true, true, false, ADD_ADDR_TIMEOUT_NANOS);

    public PathPolicy withPassiveJoins(boolean passiveJoins) {
        return new PathPolicy(reopen, alternateAddresses, passiveJoins, announceTimeoutNanos);
    }

    public PathPolicy withAnnounceTimeout(long announceTimeoutNanos) {
        return new PathPolicy(reopen, alternateAddresses, passiveJoins, announceTimeoutNanos);
    }
}
