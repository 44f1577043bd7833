package io.mptcp.stack;

import io.mptcp.spi.PathEvent;
import io.mptcp.tcp.TcpState;
import io.mptcp.wire.IcmpMessage;
import io.mptcp.wire.PacketSlot;
import io.mptcp.wire.PathError;

/**
 * ICMP errors about segments of this stack (RFC 9293 section 3.9.2.2). They find their subflow by the segment they quote; what is not about a
 * segment outstanding there is not believed (RFC 5927), and no more than so many a second are looked at.
 */
final class IcmpReceiver {
    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    private final Stack stack;
    private final FlowTable<Subflow> flows;
    private final SynQueue synQueue;
    private final Counters counters;
    private final int maxPerSecond;
    private final IcmpMessage message = new IcmpMessage();
    private long secondStartNanos = Long.MIN_VALUE;
    private int thisSecond;

    IcmpReceiver(Stack stack, FlowTable<Subflow> flows, SynQueue synQueue, int maxPerSecond) {
        this.stack = stack;
        this.flows = flows;
        this.synQueue = synQueue;
        this.maxPerSecond = maxPerSecond;
        counters = stack.counters();
    }

    /** @return the subflow that {@link #apply} has to be called with, null when there is none */
    Subflow receive(long nowNanos, PacketSlot in) {
        if (secondStartNanos == Long.MIN_VALUE || nowNanos - secondStartNanos >= NANOS_PER_SECOND) {
            secondStartNanos = nowNanos;
            thisSecond = 0;
        }
        if (thisSecond++ >= maxPerSecond) {
            counters.increment(Counter.IcmpInLimited);
            return null;
        }
        counters.increment(Counter.IcmpInMsgs);
        switch (message.read(in)) {
            case MALFORMED -> counters.increment(Counter.IcmpInErrors);
            case BAD_CHECKSUM -> counters.increment(Counter.IcmpInCsumErrors);
            case ERROR -> {
                return find();
            }
            case IGNORED -> {
            }
        }
        return null;
    }

    /** The handshake of a passive open, which is no connection yet. */
    private void applyToRequest() {
        SynRequest request = synQueue.get(message.sourceHi, message.sourceLo, message.sourcePort,
                message.destinationHi, message.destinationLo, message.destinationPort);
        if (request == null) {
            counters.increment(Counter.IcmpInErrors); // as Linux counts those that no socket wants
        } else if (!synQueue.receiveIcmp(request, message)) {
            counters.increment(Counter.OutOfWindowIcmps);
        }
    }

    private Subflow find() {
        Subflow subflow = flows.get(message.sourceHi, message.sourceLo, message.sourcePort,
                message.destinationHi, message.destinationLo, message.destinationPort);
        if (subflow == null) {
            applyToRequest();
            return null;
        }
        return subflow.tcb.state() == TcpState.TIME_WAIT ? null : subflow;
    }

    /** The last message, and what it says to the subflow it is for. @return whether that took it for genuine */
    boolean apply(long nowNanos, Subflow subflow) {
        int pmtuBytes = subflow.tcb.path().mtuBytes();
        if (!subflow.tcb.path().receiveIcmp(nowNanos, message)) {
            counters.increment(Counter.OutOfWindowIcmps);
            return false;
        }
        if (message.error != PathError.PACKET_TOO_BIG) {
            stack.trace(PathEvent.Type.ICMP, subflow.connection, subflow, message.error.name());
        } else if (subflow.tcb.path().mtuBytes() != pmtuBytes) {
            stack.trace(PathEvent.Type.PATH_MTU, subflow.connection, subflow, Integer.toString(subflow.tcb.path().mtuBytes()));
        }
        return true;
    }
}
