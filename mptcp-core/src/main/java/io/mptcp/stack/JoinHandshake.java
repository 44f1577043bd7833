package io.mptcp.stack;

import io.mptcp.wire.MptcpOptions;

/** The MP_JOIN handshake of one subflow (RFC 8684 section 3.2), in either role. A join never falls back: what does not fit is reset. */
final class JoinHandshake {
    private static final long MIN_ACK_RETRY_NANOS = 200_000_000L;
    private static final int MAX_ACK_RETRIES = 8;

    private final Subflow subflow;
    private final Keys keys;
    private final DataSequence sequence;
    private final int localNonce;
    private int remoteNonce;
    /** Of the third ACK, on the side that joins. */
    private long deadlineNanos = Long.MAX_VALUE;
    private int ackRetries;

    JoinHandshake(Subflow subflow) {
        this.subflow = subflow;
        keys = subflow.stack.keys();
        sequence = subflow.connection.data().sequence;
        localNonce = (int) subflow.stack.random().nextLong();
    }

    // ---- the third ACK is repeated until something comes back, within reason (section 3.2) ----

    long deadlineNanos() {
        return deadlineNanos;
    }

    void onAckSent(long nowNanos) {
        if (deadlineNanos == Long.MAX_VALUE) {
            deadlineNanos = nowNanos + ackIntervalNanos();
        }
    }

    void expire(long nowNanos) {
        if (deadlineNanos > nowNanos) {
            return;
        }
        if (ackRetries++ == MAX_ACK_RETRIES) {
            subflow.reset(ResetReason.UNSPECIFIED);
            return;
        }
        deadlineNanos = nowNanos + ackIntervalNanos();
        subflow.tcb.requestAck();
    }

    /** As Linux begins: twice the round trip. It is doubled from the second time on, and over all is close to a minute at least. */
    private long ackIntervalNanos() {
        return Math.max(2 * subflow.tcb.rtt().srttNanos(), MIN_ACK_RETRY_NANOS) << Math.max(0, ackRetries - 1);
    }

    // ---- what is said ----

    int localNonce() {
        return localNonce;
    }

    /** Passive side: what the SYN said. */
    void onSyn(MptcpOptions mptcp) {
        remoteNonce = mptcp.joinNonce;
        subflow.remoteAddressId = mptcp.joinAddressId;
        subflow.remoteBackup = mptcp.joinBackup;
    }

    long synAckHmac() {
        return keys.joinSynAckHmac(sequence.localKey(), sequence.remoteKey(), localNonce, remoteNonce);
    }

    byte[] ackHmac() {
        return keys.joinAckHmac(sequence.localKey(), sequence.remoteKey(), localNonce, remoteNonce);
    }

    boolean onSynAck(MptcpOptions mptcp) {
        if (!mptcp.has(MptcpOptions.MP_JOIN) || mptcp.mpJoinLength != 16) {
            subflow.stack.count(Counter.MPJoinSynAckNoMPJoin);
            subflow.reset(ResetReason.MPTCP);
            return false;
        }
        remoteNonce = mptcp.joinNonce;
        if (keys.joinSynAckHmac(sequence.remoteKey(), sequence.localKey(), remoteNonce, localNonce) != mptcp.joinHmac0) {
            subflow.stack.count(Counter.MPJoinSynAckHMacFailure);
            subflow.reset(ResetReason.MPTCP);
            return false;
        }
        subflow.remoteAddressId = mptcp.joinAddressId;
        subflow.remoteBackup = mptcp.joinBackup;
        subflow.stack.count(Counter.MPJoinSynAckRx);
        return true;
    }

    boolean onHandshakeAck(MptcpOptions mptcp) {
        if (!mptcp.has(MptcpOptions.MP_JOIN) || mptcp.mpJoinLength != 24) {
            subflow.stack.count(Counter.MPJoinAckNoMPJoin);
            subflow.reset(ResetReason.MPTCP);
            return false;
        }
        if (!keys.verifyJoinAck(sequence.remoteKey(), sequence.localKey(), remoteNonce, localNonce, mptcp.joinHmac0, mptcp.joinHmac1,
                mptcp.joinHmac2)) {
            subflow.stack.count(Counter.MPJoinAckHMacFailure);
            subflow.reset(ResetReason.MPTCP);
            return false;
        }
        subflow.stack.count(Counter.MPJoinAckRx);
        return true;
    }
}
