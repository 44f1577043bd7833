package io.mptcp.pm;

import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;

/** What an endpoint is for, by the names of {@code ip mptcp endpoint}. */
public enum EndpointFlag {
    /** Peers are told of the address (ADD_ADDR). */
    SIGNAL(1),
    /** Subflows are opened from it. */
    SUBFLOW(2),
    /** Subflows from it carry data only when no other can. */
    BACKUP(4),
    /** Subflows go from it to every address of the peer. */
    FULLMESH(8),
    /** Not configured by anybody: a subflow came to an address that had no endpoint. */
    IMPLICIT(16),
    /** A subflow from it answers one address the peer announces. */
    LAMINAR(32);

    private final int bit;

    EndpointFlag(int bit) {
        this.bit = bit;
    }

    /** {@code MPTCP_PM_ADDR_FLAG_*} of the kernel. */
    public int bit() {
        return bit;
    }

    /** As {@code ip mptcp} prints it. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** @throws IllegalArgumentException naming the known flags when {@code name} is none */
    public static EndpointFlag of(String name) {
        for (EndpointFlag flag : values()) {
            if (flag.toString().equals(name)) {
                return flag;
            }
        }
        throw new IllegalArgumentException("unknown flag '" + name + "', use signal, subflow, backup, fullmesh or laminar");
    }

    static Set<EndpointFlag> set(EndpointFlag... flags) {
        Set<EndpointFlag> set = EnumSet.noneOf(EndpointFlag.class);
        for (EndpointFlag flag : flags) {
            set.add(flag);
        }
        return set;
    }
}
