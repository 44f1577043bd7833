package io.mptcp.stack;

import io.mptcp.tcp.IncomingSegment;
import io.mptcp.wire.Checksum;
import io.mptcp.wire.IpHeaders;
import io.mptcp.wire.PacketSlot;
import io.mptcp.wire.TcpSegment;

/** Finds out for whom a packet is that came: a subflow, the {@link Acceptor} where there is none, and ICMP messages for what they are about. */
final class StackInput {
    private final Stack stack;
    private final FlowTable<Subflow> flows;
    private final Acceptor acceptor;
    private final Containment containment;
    private final IcmpReceiver icmp;
    private final IncomingSegment incoming = new IncomingSegment();

    StackInput(Stack stack, FlowTable<Subflow> flows, Acceptor acceptor, Containment containment) {
        this.stack = stack;
        this.flows = flows;
        this.acceptor = acceptor;
        this.containment = containment;
        icmp = new IcmpReceiver(stack, flows, acceptor.synQueue, stack.config().limits().maxIcmpPerSecond());
    }

    void receive(long nowNanos, PacketSlot in) {
        if (in.protocol != IpHeaders.PROTOCOL_TCP) {
            receiveIcmp(nowNanos, in);
            return;
        }
        if (!TcpSegment.validate(in.buffer, in.offset, in.length)) {
            stack.count(Counter.InMalformed);
            return;
        }
        if (in.checksumState == PacketSlot.CHECKSUM_UNVERIFIED && !Checksum.verifyTcp(in)) {
            stack.count(Counter.InCsumErrors);
            return;
        }
        incoming.read(in);
        Subflow subflow = flows.get(in.destinationHi, in.destinationLo, TcpSegment.destinationPort(in.buffer, in.offset),
                in.sourceHi, in.sourceLo, TcpSegment.sourcePort(in.buffer, in.offset));
        if (subflow == null) {
            receiveUnknown(nowNanos, in);
            return;
        }
        try {
            if (subflow.tcb.isForeignAck(nowNanos, incoming)) {
                acceptor.reset(in, incoming, -1);
            } else {
                subflow.connection.receiveOn(nowNanos, subflow, incoming);
            }
        } catch (RuntimeException e) {
            containment.contain(subflow.connection, e);
        }
        stack.enqueue(subflow.connection);
    }

    /** A segment of no flow, from which one may come. */
    private void receiveUnknown(long nowNanos, PacketSlot in) {
        try {
            acceptor.receive(nowNanos, in, incoming);
        } catch (RuntimeException e) {
            containment.contain(acceptor.takeTouched(), e);
            acceptor.reset(in, incoming, -1);
        }
    }

    /** The segment that has come is for this subflow, which is new. */
    void receiveOn(Subflow subflow) {
        subflow.connection.receiveOn(stack.nowNanos(), subflow, incoming);
        stack.enqueue(subflow.connection);
    }

    private void receiveIcmp(long nowNanos, PacketSlot in) {
        Subflow subflow = icmp.receive(nowNanos, in);
        if (subflow != null) {
            containment.guarded(subflow.connection, connection -> {
                if (icmp.apply(nowNanos, subflow)) {
                    connection.settle(nowNanos);
                }
            });
            stack.enqueue(subflow.connection);
        }
    }
}
