package io.mptcp.pm;

/**
 * {@code ip mptcp limits}: how many subflows a connection may have.
 *
 * @param subflows        beside the initial one, those the peer opened included; 0 to 63
 * @param addAddrAccepted announced addresses of a peer that get a subflow; 0 to 63
 */
public record PathLimits(int subflows, int addAddrAccepted) {
    static final int MAX = 63;
    /** As Linux. */
    public static final PathLimits DEFAULT = new PathLimits(2, 0);

    public PathLimits {
        check("subflows", subflows);
        check("add_addr_accepted", addAddrAccepted);
    }

    private static void check(String name, int value) {
        if (value < 0 || value > MAX) {
            throw new IllegalArgumentException(name + " " + value + " is not in 0.." + MAX);
        }
    }
}
