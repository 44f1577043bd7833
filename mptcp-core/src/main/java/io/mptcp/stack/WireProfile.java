package io.mptcp.stack;

/**
 * How segments are written, and read, where RFC 8684 leaves a choice.
 *
 * @param adaptiveDataAck DATA_ACKs have four octets until the peer's data comes with data sequence numbers of eight, and follow their size from then
 *                        on (section 3.3.2); false for always eight
 * @param dssBesideSignals an acknowledgment that carries an address signal carries a DATA_ACK as well where both have room; false leaves it out
 * @param fullOptionRoomInSyn a SYN with data (RFC 7413) leaves room for all 40 bytes of options, as if it had them; false for those it has
 * @param experimentalFastOpen a server that gave no cookie is asked once more by the experimental option that came before RFC 7413
 * @param infiniteMappingNeedsData an infinite mapping counts only on a segment with data, which is where RFC 8684 section 3.7 has the sender put it;
 *                        false takes it on any, so that a fallback is noticed before there is data
 * @param resetOnRemoveAddr REMOVE_ADDR ends its subflows at once; false first asks whether they still answer (section 3.4.2)
 * @param fastcloseOnAck  a connection is aborted by MP_FASTCLOSE on an acknowledgment that is repeated until the peer has answered (section 3.5, option
 *                        A); false for a RST with MP_FASTCLOSE on every subflow, after which nothing is kept (option R)
 * @param cookieWithoutTimestamps a SYN/ACK with MP_CAPABLE that gives a Fast Open cookie has no timestamps, so that the cookie has its full length;
 *                        false for timestamps and a cookie of six octets (appendix B.1 has both)
 */
public record WireProfile(boolean adaptiveDataAck, boolean dssBesideSignals, boolean fullOptionRoomInSyn, boolean experimentalFastOpen,
                          boolean infiniteMappingNeedsData, boolean resetOnRemoveAddr, boolean fastcloseOnAck,
                          boolean cookieWithoutTimestamps) {
    public static final WireProfile DEFAULT = new WireProfile(false, false, false, false, false, false, false, false);

    /** As current Linux kernels write them. */
    public static final WireProfile LINUX = new WireProfile(true, false, true, true, true, true, false, true);
}
