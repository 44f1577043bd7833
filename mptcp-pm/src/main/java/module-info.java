/** Path managers. */
module io.mptcp.pm {
    requires transitive io.mptcp.core;

    exports io.mptcp.pm;
}
