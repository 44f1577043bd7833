package io.mptcp.stack;

import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import io.mptcp.wire.PacketSlot;
import io.mptcp.wire.TcpSegment;

/** A 4-tuple, seen from this side. Made when a subflow is; look-ups use its parts. */
record FlowKey(long localHi, long localLo, int localPort, long remoteHi, long remoteLo, int remotePort) {
    static FlowKey of(IpEndpoint local, IpEndpoint remote) {
        return new FlowKey(local.address().hi(), local.address().lo(), local.port(), remote.address().hi(), remote.address().lo(), remote.port());
    }

    static FlowKey ofReceived(PacketSlot in) {
        return new FlowKey(in.destinationHi, in.destinationLo, TcpSegment.destinationPort(in.buffer, in.offset),
                in.sourceHi, in.sourceLo, TcpSegment.sourcePort(in.buffer, in.offset));
    }

    boolean isIpv4() {
        return IpAddress.isIpv4(localHi, localLo);
    }

    IpEndpoint local() {
        return new IpEndpoint(new IpAddress(localHi, localLo), localPort);
    }

    IpEndpoint remote() {
        return new IpEndpoint(new IpAddress(remoteHi, remoteLo), remotePort);
    }
}
