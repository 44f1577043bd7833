/** Deterministic network simulator: virtual time, links with faults, applications, invariants, scenarios. Also every module's test kit. */
module io.mptcp.sim {
    requires transitive io.mptcp.core;

    exports io.mptcp.sim;
    exports io.mptcp.sim.script;
    exports io.mptcp.sim.socket;
}
