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
        boolean checksum,
        PathManagerFactory pathManager,
        Tracer tracer,
        WireProfile wire) {

    /** MPTCP on, checksums off (as Linux), CUBIC, joins accepted but none opened by this side. */
    public static StackConfig defaults() {
        return new StackConfig(Limits.defaults(), TcpConfig.defaults(), "cubic", true, false, PassivePathManager::new, Tracer.NONE, WireProfile.DEFAULT);
    }

    public StackConfig withLimits(Limits limits) {
        return new StackConfig(limits, tcp, congestionControl, mptcp, checksum, pathManager, tracer, wire);
    }

    public StackConfig withTcp(TcpConfig tcp) {
        return new StackConfig(limits, tcp, congestionControl, mptcp, checksum, pathManager, tracer, wire);
    }

    public StackConfig withCongestionControl(String congestionControl) {
        return new StackConfig(limits, tcp, congestionControl, mptcp, checksum, pathManager, tracer, wire);
    }

    /** Whether connections of this stack speak MPTCP at all; false is plain TCP. */
    public StackConfig withMptcp(boolean mptcp) {
        return new StackConfig(limits, tcp, congestionControl, mptcp, checksum, pathManager, tracer, wire);
    }

    /** DSS checksums: the A flag of MP_CAPABLE (RFC 8684 section 3.1). */
    public StackConfig withChecksum(boolean checksum) {
        return new StackConfig(limits, tcp, congestionControl, mptcp, checksum, pathManager, tracer, wire);
    }

    public StackConfig withPathManager(PathManagerFactory pathManager) {
        return new StackConfig(limits, tcp, congestionControl, mptcp, checksum, pathManager, tracer, wire);
    }

    public StackConfig withTracer(Tracer tracer) {
        return new StackConfig(limits, tcp, congestionControl, mptcp, checksum, pathManager, tracer, wire);
    }

    public StackConfig withWire(WireProfile wire) {
        return new StackConfig(limits, tcp, congestionControl, mptcp, checksum, pathManager, tracer, wire);
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
