package io.mptcp.pm;

import io.mptcp.wire.IpAddress;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A local address and what it is for, as in {@code ip mptcp endpoint}; or a whole interface, whose address is the one routing gives for each peer.
 *
 * @param id      1 to 255, by which the peer knows it where it can; 0 for any
 * @param address null for an interface
 * @param port    of joins to an announced address, 0 for that of the connection
 * @param flags   what it is for
 * @param linkId  link it is on, -1 for the one that has the address
 */
public record Endpoint(int id, IpAddress address, int port, Set<EndpointFlag> flags, int linkId) {
    static final int MAX_ID = 255;

    public Endpoint {
        if (id < 0 || id > MAX_ID) {
            throw new IllegalArgumentException("endpoint id " + id + " is not in 1.." + MAX_ID);
        }
        if (port < 0 || port > 0xffff) {
            throw new IllegalArgumentException("port " + port + " is not in 0..65535");
        }
        if (address == null && linkId < 0) {
            throw new IllegalArgumentException("an endpoint needs an address or an interface");
        }
        flags = flags.isEmpty() ? Set.of() : Collections.unmodifiableSet(EnumSet.copyOf(flags));
    }

    /** An address under any id, on the link that has it. */
    public static Endpoint of(IpAddress address, EndpointFlag... flags) {
        return new Endpoint(0, address, 0, EndpointFlag.set(flags), -1);
    }

    /** A whole link, under any id. */
    public static Endpoint ofLink(int linkId, EndpointFlag... flags) {
        return new Endpoint(0, null, 0, EndpointFlag.set(flags), linkId);
    }

    public boolean has(EndpointFlag flag) {
        return flags.contains(flag);
    }

    public Endpoint withId(int id) {
        return new Endpoint(id, address, port, flags, linkId);
    }

    public Endpoint withPort(int port) {
        return new Endpoint(id, address, port, flags, linkId);
    }

    public Endpoint withFlags(Set<EndpointFlag> flags) {
        return new Endpoint(id, address, port, flags, linkId);
    }

    public Endpoint withLink(int linkId) {
        return new Endpoint(id, address, port, flags, linkId);
    }

    /** Flags as {@code ip mptcp} prints them, with a space between. */
    public String flagNames() {
        return flags.stream().map(EndpointFlag::toString).collect(Collectors.joining(" "));
    }

    /** As {@code ip mptcp endpoint show} has it, but for the interface. */
    @Override
    public String toString() {
        return (address == null ? "any" : address.toString()) + (port == 0 ? "" : " port " + port) + " id " + id
                + (flags.isEmpty() ? "" : " " + flagNames());
    }
}
