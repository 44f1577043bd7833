package io.mptcp.pm;

import io.mptcp.wire.IpAddress;

/**
 * A way out of this host: a link and the local addresses to use on it.
 *
 * @param linkId  link of the stack
 * @param localV4 IPv4 address, null if the link has none
 * @param localV6 IPv6 address, null if the link has none
 * @param backup  subflows over it carry data only when no other is active (RFC 8684 section 3.3.8)
 */
public record Path(int linkId, IpAddress localV4, IpAddress localV6, boolean backup) {
    public Path {
        if (localV4 == null && localV6 == null) {
            throw new IllegalArgumentException("path over link " + linkId + " has no local address");
        }
        if (localV4 != null && !localV4.isIpv4()) {
            throw new IllegalArgumentException(localV4 + " is not an IPv4 address");
        }
        if (localV6 != null && localV6.isIpv4()) {
            throw new IllegalArgumentException(localV6 + " is not an IPv6 address");
        }
    }

    /** The local address of the same family as {@code remote}, null when there is none: a subflow has one family. */
    IpAddress localFor(IpAddress remote) {
        return remote.isIpv4() ? localV4 : localV6;
    }
}
