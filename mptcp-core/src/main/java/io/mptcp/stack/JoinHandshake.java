package io.mptcp.stack;

import io.mptcp.wire.MptcpOptions;
import java.security.MessageDigest;

/** The MP_JOIN handshake of one subflow (RFC 8684 section 3.2), in either role. A join never falls back: what does not fit is reset. */
final class JoinHandshake {
    private static final int ACK_HMAC_BYTES = 20;

    private final Subflow subflow;
    private final Connection connection;
    private final int localNonce;
    private int remoteNonce;

    JoinHandshake(Subflow subflow) {
        this.subflow = subflow;
        this.connection = subflow.connection;
        localNonce = (int) subflow.stack.random().nextLong();
    }

    int localNonce() {
        return localNonce;
    }

    /** Passive side: what the SYN said. */
    void onSyn(MptcpOptions mptcp) {
        remoteNonce = mptcp.joinNonce;
        subflow.remoteAddressId = mptcp.joinAddressId;
        subflow.remoteBackup = mptcp.joinBackup;
    }

    private byte[] localHmac() {
        return subflow.stack.keys().hmacSha256(connection.data().sequence.localKey(), connection.data().sequence.remoteKey(), localNonce, remoteNonce);
    }

    private byte[] remoteHmac() {
        return subflow.stack.keys().hmacSha256(connection.data().sequence.remoteKey(), connection.data().sequence.localKey(), remoteNonce, localNonce);
    }

    long synAckHmac() {
        return first8(localHmac());
    }

    byte[] ackHmac() {
        return localHmac();
    }

    boolean onSynAck(MptcpOptions mptcp) {
        if (!mptcp.has(MptcpOptions.MP_JOIN) || mptcp.mpJoinLength != 16) {
            subflow.stack.count(Counter.MPJoinSynAckNoMPJoin);
            subflow.reset(ResetReason.MPTCP);
            return false;
        }
        remoteNonce = mptcp.joinNonce;
        if (first8(remoteHmac()) != mptcp.joinHmac0) {
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
        byte[] received = new byte[ACK_HMAC_BYTES];
        put(received, 0, mptcp.joinHmac0, 8);
        put(received, 8, mptcp.joinHmac1, 8);
        put(received, 16, mptcp.joinHmac2, 4);
        byte[] expected = java.util.Arrays.copyOf(remoteHmac(), ACK_HMAC_BYTES);
        if (!MessageDigest.isEqual(expected, received)) {
            subflow.stack.count(Counter.MPJoinAckHMacFailure);
            subflow.reset(ResetReason.MPTCP);
            return false;
        }
        subflow.stack.count(Counter.MPJoinAckRx);
        return true;
    }

    private static void put(byte[] into, int offset, long value, int count) {
        for (int i = 0; i < count; i++) {
            into[offset + i] = (byte) (value >>> (8 * (count - 1 - i)));
        }
    }

    private static long first8(byte[] hmac) {
        long value = 0;
        for (int i = 0; i < 8; i++) {
            value = value << 8 | (hmac[i] & 0xff);
        }
        return value;
    }
}
