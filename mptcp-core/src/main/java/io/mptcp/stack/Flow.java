package io.mptcp.stack;

import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import io.mptcp.wire.PacketSlot;

/** Something with a 4-tuple of its own, by whose parts its segments find it. */
abstract class Flow extends DeadlineQueue.Node implements FlowTable.Entry {
    private final long localHi;
    private final long localLo;
    private final int localPort;
    private final long remoteHi;
    private final long remoteLo;
    private final int remotePort;

    Flow(FlowKey key) {
        localHi = key.localHi();
        localLo = key.localLo();
        localPort = key.localPort();
        remoteHi = key.remoteHi();
        remoteLo = key.remoteLo();
        remotePort = key.remotePort();
    }

    /** From here to there. */
    final void writeAddresses(PacketSlot out) {
        out.sourceHi = localHi;
        out.sourceLo = localLo;
        out.destinationHi = remoteHi;
        out.destinationLo = remoteLo;
    }

    final IpEndpoint local() {
        return new IpEndpoint(new IpAddress(localHi, localLo), localPort);
    }

    final IpEndpoint remote() {
        return new IpEndpoint(new IpAddress(remoteHi, remoteLo), remotePort);
    }

    @Override
    public final long localHi() {
        return localHi;
    }

    @Override
    public final long localLo() {
        return localLo;
    }

    @Override
    public final int localPort() {
        return localPort;
    }

    @Override
    public final long remoteHi() {
        return remoteHi;
    }

    @Override
    public final long remoteLo() {
        return remoteLo;
    }

    @Override
    public final int remotePort() {
        return remotePort;
    }
}
