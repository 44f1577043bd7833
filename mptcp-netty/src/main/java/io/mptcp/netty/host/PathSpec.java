package io.mptcp.netty.host;

import io.mptcp.pm.PathRole;
import io.mptcp.wire.IpAddress;
import java.util.Arrays;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Collectors;

/**
 * One path as the user writes it.
 *
 * @param device  network interface, e.g. {@code eth0}
 * @param address local address to use, null for what routing says
 * @param terms   what it may be used for, and at what price
 * @param weight  share of the path for schedulers that look at it, at least 1
 * @param kind    how segments leave and enter
 * @param gso     whether super-segments are handed to the device where it can cut them up
 */
public record PathSpec(String device, IpAddress address, PathTerms terms, int weight, Kind kind, boolean gso) {
    /** How the segments of a path leave and enter the host. */
    public enum Kind {
        /** AF_PACKET on the interface, with the host's own addresses. */
        PACKET,
        /** Raw IP sockets. */
        RAW,
        /** A TUN device of its own. */
        TUN,
        /** Encapsulated in UDP: needs no privilege, and a peer that does the same. */
        UDP;

        /** @throws IllegalArgumentException naming the known kinds when {@code name} is none */
        public static Kind of(String name) {
            for (Kind kind : values()) {
                if (kind.toString().equals(name)) {
                    return kind;
                }
            }
            throw new IllegalArgumentException("unknown link kind '" + name + "', use one of "
                    + Arrays.stream(values()).map(Kind::toString).collect(Collectors.joining(", ")));
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Longest name of a Linux interface: IFNAMSIZ less the closing zero. */
    static final int MAX_DEVICE_NAME = 15;

    public PathSpec {
        checkDeviceName(device);
        if (weight < 1) {
            throw new IllegalArgumentException("weight " + weight + " is less than 1");
        }
    }

    /** A packet-socket path with every default. */
    public static PathSpec of(String device) {
        return of(device, null, Kind.PACKET);
    }

    /** A path with every default for what is not named here. */
    public static PathSpec of(String device, IpAddress address, Kind kind) {
        return new PathSpec(device, address, PathTerms.DEFAULT, 1, kind, true);
    }

    /** The same on other terms. */
    public PathSpec withTerms(PathTerms terms) {
        return new PathSpec(device, address, terms, weight, kind, gso);
    }

    /** Whether the same link serves both: all else can be changed while it is open, or may stay as it is. */
    public boolean sameLink(PathSpec other) {
        return device.equals(other.device) && Objects.equals(address, other.address) && kind == other.kind;
    }

    /**
     * A path as the commands take it: {@code DEV[,OPTION...]}, e.g. {@code wlan0,backup} or {@code lo,link=udp,addr=127.0.0.2}. The options are {@code addr=A},
     * {@code backup}, {@code role=use|backup|off}, {@code link=packet|raw|tun|udp}, {@code gso=on|off}, {@code weight=N}, {@code cost=N}, {@code metered},
     * {@code quota=BYTES/PERIOD}, {@code quota-then=backup|off}, {@code probe=SECONDS}.
     *
     * @throws IllegalArgumentException with one line that names the path and what is wrong with it
     */
    public static PathSpec parse(String text) {
        return PathText.parse(text);
    }

    /** Whether it begins as one that carries data only when no other can. */
    public boolean backup() {
        return terms.role() == PathRole.BACKUP;
    }

    /** @throws IllegalArgumentException when Linux would not take this as the name of an interface */
    public static void checkDeviceName(String name) {
        boolean legal = !name.isEmpty() && name.length() <= MAX_DEVICE_NAME && !name.equals(".") && !name.equals("..")
                && name.chars().allMatch(c -> c > ' ' && c < 0x7f && c != '/' && c != ':');
        if (!legal) {
            throw new IllegalArgumentException("'" + name + "' is not an interface name (1 to " + MAX_DEVICE_NAME + " characters, no space, '/' or ':')");
        }
    }

    @Override
    public String toString() {
        return device + (address == null ? "" : "," + address) + (terms.role() == PathRole.USE ? "" : "," + terms.role()) + (kind == Kind.PACKET ? "" : "," + kind);
    }
}
