package io.mptcp.stack;

import io.mptcp.spi.PathManager;
import io.mptcp.spi.PathManagerFactory;
import io.mptcp.spi.PathCommands;
import io.mptcp.spi.Tracer;
import io.mptcp.tcp.TcpConfig;

/** Everything a {@link Stack} can be told. Immutable; start from {@link #defaults()} and change with the {@code with} methods. */
public record StackConfig(
        Limits limits,
        TcpConfig tcp,
        String congestionControl,
        boolean mptcp,
        ChecksumPolicy checksums,
        boolean allowJoinInitialAddress,
        PathManagerFactory pathManager,
        Tracer tracer,
        WireProfile wire,
        TokenShard shard,
        MptcpPatience patience) {

    /** MPTCP on, checksums off (as Linux), CUBIC, joins accepted but none opened by this side. */
    public static StackConfig defaults() {
        return new StackConfig(Limits.defaults(), TcpConfig.defaults(), "cubic", true, ChecksumPolicy.IF_WANTED, true, PassivePathManager::new, Tracer.NONE, WireProfile.DEFAULT,
                TokenShard.WHOLE, MptcpPatience.DEFAULT);
    }

    public StackConfig withLimits(Limits limits) {
        return new StackConfig(limits, tcp, congestionControl, mptcp, checksums, allowJoinInitialAddress, pathManager, tracer, wire, shard, patience);
    }

    public StackConfig withTcp(TcpConfig tcp) {
        return new StackConfig(limits, tcp, congestionControl, mptcp, checksums, allowJoinInitialAddress, pathManager, tracer, wire, shard, patience);
    }

    public StackConfig withCongestionControl(String congestionControl) {
        return new StackConfig(limits, tcp, congestionControl, mptcp, checksums, allowJoinInitialAddress, pathManager, tracer, wire, shard, patience);
    }

    /** Whether connections of this stack speak MPTCP at all; false is plain TCP. */
    public StackConfig withMptcp(boolean mptcp) {
        return new StackConfig(limits, tcp, congestionControl, mptcp, checksums, allowJoinInitialAddress, pathManager, tracer, wire, shard, patience);
    }

    /** Whether this side wants DSS checksums: the A flag of MP_CAPABLE (RFC 8684 section 3.1). */
    public boolean checksum() {
        return checksums == ChecksumPolicy.ALWAYS;
    }

    /** As {@link #withChecksumPolicy}: always, or if the peer wants them. */
    public StackConfig withChecksum(boolean checksum) {
        return withChecksumPolicy(checksum ? ChecksumPolicy.ALWAYS : ChecksumPolicy.IF_WANTED);
    }

    public StackConfig withChecksumPolicy(ChecksumPolicy checksums) {
        return new StackConfig(limits, tcp, congestionControl, mptcp, checksums, allowJoinInitialAddress, pathManager, tracer, wire, shard, patience);
    }

    /**
     * False tells peers to open no further subflows to the address and port a connection began with (RFC 8684 section 3.1, flag C), and refuses those
     * that come all the same: for servers behind a load balancer that would send them elsewhere. Other addresses may be announced.
     */
    public StackConfig withAllowJoinInitialAddress(boolean allowJoinInitialAddress) {
        return new StackConfig(limits, tcp, congestionControl, mptcp, checksums, allowJoinInitialAddress, pathManager, tracer, wire, shard, patience);
    }

    public StackConfig withPathManager(PathManagerFactory pathManager) {
        return new StackConfig(limits, tcp, congestionControl, mptcp, checksums, allowJoinInitialAddress, pathManager, tracer, wire, shard, patience);
    }

    public StackConfig withTracer(Tracer tracer) {
        return new StackConfig(limits, tcp, congestionControl, mptcp, checksums, allowJoinInitialAddress, pathManager, tracer, wire, shard, patience);
    }

    public StackConfig withWire(WireProfile wire) {
        return new StackConfig(limits, tcp, congestionControl, mptcp, checksums, allowJoinInitialAddress, pathManager, tracer, wire, shard, patience);
    }

    /** Of the stacks behind one address the one this is: connections get keys whose tokens tell, so that joins find their way. */
    public StackConfig withShard(TokenShard shard) {
        return new StackConfig(limits, tcp, congestionControl, mptcp, checksums, allowJoinInitialAddress, pathManager, tracer, wire, shard, patience);
    }

    public StackConfig withPatience(MptcpPatience patience) {
        return new StackConfig(limits, tcp, congestionControl, mptcp, checksums, allowJoinInitialAddress, pathManager, tracer, wire, shard, patience);
    }

    /** Opens nothing by itself. */
    private static final class PassivePathManager implements PathManager {
        @Override
        public String name() {
            return "passive";
        }

        @Override
        public void onEstablished(PathCommands commands) {
        }
    }
}
