package io.mptcp.stack;

import io.mptcp.spi.PathManager;
import io.mptcp.spi.PathManagerFactory;
import io.mptcp.spi.PathCommands;
import io.mptcp.spi.Tracer;
import io.mptcp.tcp.TcpConfig;
import java.util.function.Consumer;

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

    /** What others can make grow, and how far. */
    public StackConfig withLimits(Limits limits) {
        return with(draft -> draft.limits = limits);
    }

    /** Settings of TCP below. */
    public StackConfig withTcp(TcpConfig tcp) {
        return with(draft -> draft.tcp = tcp);
    }

    /** The controller of connections that name none. An unknown name is an IllegalArgumentException of the {@link Stack}. */
    public StackConfig withCongestionControl(String congestionControl) {
        return with(draft -> draft.congestionControl = congestionControl);
    }

    /** Whether connections of this stack speak MPTCP at all; false is plain TCP. */
    public StackConfig withMptcp(boolean mptcp) {
        return with(draft -> draft.mptcp = mptcp);
    }

    /** Whether this side wants DSS checksums: the A flag of MP_CAPABLE (RFC 8684 section 3.1). */
    public boolean checksum() {
        return checksums == ChecksumPolicy.ALWAYS;
    }

    /** As {@link #withChecksumPolicy}: always, or if the peer wants them. */
    public StackConfig withChecksum(boolean checksum) {
        return withChecksumPolicy(checksum ? ChecksumPolicy.ALWAYS : ChecksumPolicy.IF_WANTED);
    }

    /** Whether DSS checksums are asked for, taken or refused (RFC 8684 section 3.3.1). */
    public StackConfig withChecksumPolicy(ChecksumPolicy checksums) {
        return with(draft -> draft.checksums = checksums);
    }

    /**
     * False tells peers to open no further subflows to the address and port a connection began with (RFC 8684 section 3.1, flag C), and refuses those
     * that come all the same: for servers behind a load balancer that would send them elsewhere. Other addresses may be announced.
     */
    public StackConfig withAllowJoinInitialAddress(boolean allowJoinInitialAddress) {
        return with(draft -> draft.allowJoinInitialAddress = allowJoinInitialAddress);
    }

    /** Makes the path manager of each connection. */
    public StackConfig withPathManager(PathManagerFactory pathManager) {
        return with(draft -> draft.pathManager = pathManager);
    }

    /** Hears of every event. */
    public StackConfig withTracer(Tracer tracer) {
        return with(draft -> draft.tracer = tracer);
    }

    /** How segments are written where the RFCs leave a choice. */
    public StackConfig withWire(WireProfile wire) {
        return with(draft -> draft.wire = wire);
    }

    /** Of the stacks behind one address the one this is: connections get keys whose tokens tell, so that joins find their way. */
    public StackConfig withShard(TokenShard shard) {
        return with(draft -> draft.shard = shard);
    }

    /** How long MPTCP is tried, and waited for. */
    public StackConfig withPatience(MptcpPatience patience) {
        return with(draft -> draft.patience = patience);
    }

    private StackConfig with(Consumer<Draft> change) {
        Draft draft = new Draft(this);
        change.accept(draft);
        return draft.finish();
    }

    /** A copy, on its way to be another configuration. */
    private static final class Draft {
        private Limits limits;
        private TcpConfig tcp;
        private String congestionControl;
        private boolean mptcp;
        private ChecksumPolicy checksums;
        private boolean allowJoinInitialAddress;
        private PathManagerFactory pathManager;
        private Tracer tracer;
        private WireProfile wire;
        private TokenShard shard;
        private MptcpPatience patience;

        private Draft(StackConfig from) {
            limits = from.limits;
            tcp = from.tcp;
            congestionControl = from.congestionControl;
            mptcp = from.mptcp;
            checksums = from.checksums;
            allowJoinInitialAddress = from.allowJoinInitialAddress;
            pathManager = from.pathManager;
            tracer = from.tracer;
            wire = from.wire;
            shard = from.shard;
            patience = from.patience;
        }

        private StackConfig finish() {
            return new StackConfig(limits, tcp, congestionControl, mptcp, checksums, allowJoinInitialAddress, pathManager, tracer, wire, shard, patience);
        }
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
