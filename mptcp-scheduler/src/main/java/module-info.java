/** Packet schedulers, found by name through {@link io.mptcp.scheduler.Schedulers}. */
module io.mptcp.scheduler {
    requires transitive io.mptcp.core;

    exports io.mptcp.scheduler;

    uses io.mptcp.spi.PacketSchedulerFactory;

    provides io.mptcp.spi.PacketSchedulerFactory with
            io.mptcp.scheduler.LeastLinger.Factory,
            io.mptcp.scheduler.MinRtt.Factory,
            io.mptcp.scheduler.First.Factory,
            io.mptcp.scheduler.BackupOnly.Factory,
            io.mptcp.scheduler.RoundRobin.Factory,
            io.mptcp.scheduler.Blest.Factory,
            io.mptcp.scheduler.EarliestCompletion.Factory,
            io.mptcp.scheduler.Weighted.Factory,
            io.mptcp.scheduler.Redundant.Factory;
}
