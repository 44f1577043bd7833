package io.mptcp.stack;

import io.mptcp.wire.IpAddress;

/**
 * A destination that SYNs with MP_CAPABLE do not reach over a link, although others do (RFC 8684 section 3.9.3).
 *
 * @param linkId     link the SYNs went over
 * @param remote     destination, all ports
 * @param times      how often in a row that was found, 1 or more
 * @param untilNanos until when connections there begin as plain TCP
 */
public record Blackhole(int linkId, IpAddress remote, int times, long untilNanos) {
}
