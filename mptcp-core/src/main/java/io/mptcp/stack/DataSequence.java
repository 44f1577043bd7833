package io.mptcp.stack;

import io.mptcp.wire.Seq;

/**
 * Keys of a connection and what follows from them: tokens, initial data sequence numbers, and the translation between the 64-bit numbers
 * on the wire and the relative ones used inside (RFC 8684 sections 3.1 and 3.3).
 */
final class DataSequence {
    private static final long SANE_DISTANCE = 1L << 31;

    private final Keys keys;
    private long localKey;
    private int localToken;
    private long localIdsn;
    private long remoteKey;
    private int remoteToken;
    private long remoteIdsn;
    private boolean remoteKeyKnown;

    DataSequence(Keys keys) {
        this.keys = keys;
    }

    void setLocalKey(long key) {
        localKey = key;
        localToken = keys.token(key);
        localIdsn = keys.idsn(key);
    }

    void setRemoteKey(long key) {
        remoteKey = key;
        remoteToken = keys.token(key);
        remoteIdsn = keys.idsn(key);
        remoteKeyKnown = true;
    }

    /** The connection is gone, and whoever finds its memory shall not find what would have proved to be its peer. */
    void clearKeys() {
        localKey = 0;
        remoteKey = 0;
    }

    /** It has been known, even if it is cleared by now. */
    boolean isRemoteKeyKnown() {
        return remoteKeyKnown;
    }

    long localKey() {
        return localKey;
    }

    long remoteKey() {
        return remoteKey;
    }

    int localToken() {
        return localToken;
    }

    int remoteToken() {
        return remoteToken;
    }

    /** Wire form of a data sequence number of ours. */
    long toWire(long dsn) {
        return localIdsn + dsn;
    }

    /** Wire form of a data sequence number of the peer's, as in DATA_ACK and in the checksums of what it sent. */
    long peerToWire(long dsn) {
        return remoteIdsn + dsn;
    }

    /** A data sequence number of ours as the peer acknowledges it; 32-bit forms are promoted near {@code reference}. */
    long ackFromWire(long value, boolean is64Bit, long reference) {
        return is64Bit ? value - localIdsn : Seq.extend((int) value - (int) localIdsn, reference);
    }

    /** The peer's data sequence number, relative; Long.MIN_VALUE when it is nowhere near {@code reference}. */
    long fromWire(long value, boolean is64Bit, long reference) {
        long dsn = is64Bit ? value - remoteIdsn : Seq.extend((int) value - (int) remoteIdsn, reference);
        return Math.abs(dsn - reference) < SANE_DISTANCE ? dsn : Long.MIN_VALUE;
    }
}
