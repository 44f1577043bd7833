package io.mptcp.tcp;

/** Whether the path MTU is searched for with data segments (RFC 4821, RFC 8899); Linux: {@code net.ipv4.tcp_mtu_probing}. */
public enum MtuProbing {
    /** ICMP alone tells. */
    OFF,
    /** As soon as full segments vanish while nobody says why, and after ICMP has lowered the path MTU, to find out whether it has grown again. */
    BLACK_HOLE,
    /** From the beginning, starting with a small MTU. */
    ON
}
