package io.mptcp.stack;

import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import io.mptcp.wire.Seq;

/** Which 4-tuples may be opened, and with which initial sequence number: both depend on what they were used for before. */
final class FourTuples implements PortAllocator.FourTuples {
    /** As Linux: behind the old sequence space and a window more. */
    private static final int BEYOND_OLD_NUMBERS = 0x1_0001;

    private final Stack stack;
    private final FlowTable<Subflow> flows;
    private final SynQueue synQueue;
    private final TimeWaitTable timeWait;
    private final IsnGenerator isns;

    FourTuples(Stack stack, FlowTable<Subflow> flows, Acceptor acceptor, IsnGenerator isns) {
        this.stack = stack;
        this.flows = flows;
        synQueue = acceptor.synQueue;
        timeWait = acceptor.timeWait;
        this.isns = isns;
    }

    /** Whether an active open may use this 4-tuple: nobody does, or it is in TIME-WAIT and timestamps tell old from new (RFC 6191). */
    @Override
    public boolean isFree(IpAddress local, int localPort, IpEndpoint remote) {
        IpAddress far = remote.address();
        if (flows.get(local.hi(), local.lo(), localPort, far.hi(), far.lo(), remote.port()) != null
                || synQueue.get(local.hi(), local.lo(), localPort, far.hi(), far.lo(), remote.port()) != null) {
            return false;
        }
        TimeWaitTable.Entry old = timeWait.get(local.hi(), local.lo(), localPort, far.hi(), far.lo(), remote.port());
        return old == null || old.mayBeReused(stack.nowNanos());
    }

    /** Ends a TIME-WAIT of the 4-tuple, for a connection whose initial sequence number comes from elsewhere. */
    void takeOver(FlowKey key) {
        initialSequenceNumber(key);
    }

    /**
     * Initial sequence number of a 4-tuple; the timestamp offset that goes with it is then {@link IsnGenerator#timestampOffset}. A 4-tuple in
     * TIME-WAIT is taken over: the number is above all the old connection used (RFC 9293 section 3.6.1).
     */
    int initialSequenceNumber(FlowKey key) {
        isns.compute(key);
        TimeWaitTable.Entry old = timeWait.get(key.localHi(), key.localLo(), key.localPort(), key.remoteHi(), key.remoteLo(), key.remotePort());
        if (old == null) {
            return isns.isn();
        }
        timeWait.remove(old);
        int least = old.sndNxt() + BEYOND_OLD_NUMBERS;
        return Seq.after(isns.isn(), least) ? isns.isn() : least;
    }
}
