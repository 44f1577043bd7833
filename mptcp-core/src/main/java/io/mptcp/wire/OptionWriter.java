package io.mptcp.wire;

import java.lang.foreign.MemorySegment;

/**
 * Packs TCP options into the 40 bytes a header has room for. Each method writes its option and returns true, or
 * writes nothing and returns false when it does not fit or may not stand beside what is already there
 * (the co-existence table shared with the parser). Callers go by priority, so what matters most is written first.
 */
public final class OptionWriter {
    public static final int MAX_LENGTH = 40;

    /** Starts at {@code offset}, the first byte behind the fixed header. */
    public void begin(MemorySegment buffer, long offset) {
        throw new UnsupportedOperationException();
    }

    /** Bytes still free. */
    public int remaining() {
        throw new UnsupportedOperationException();
    }

    /** Pads with NOP to a multiple of 4 and returns the length of all options in bytes. */
    public int finish() {
        throw new UnsupportedOperationException();
    }

    /** The options of a SYN in the order Linux uses: MSS, SACK-permitted, timestamps, NOP, window scale. -1 or false leaves one out. */
    public boolean syn(int mss, boolean sackPermitted, boolean timestamps, int tsVal, int tsEcr, int windowScale) {
        throw new UnsupportedOperationException();
    }

    /** NOP, NOP, timestamps: 12 bytes. */
    public boolean timestamps(int tsVal, int tsEcr) {
        throw new UnsupportedOperationException();
    }

    /** NOP, NOP, SACK with as many of the {@code count} blocks as fit in {@code remaining() - reserve}. @return blocks written */
    public int sack(int[] left, int[] right, int count, int reserveBytes) {
        throw new UnsupportedOperationException();
    }

    public boolean mpCapableSyn(int version, int flags) {
        throw new UnsupportedOperationException();
    }

    public boolean mpCapableSynAck(int version, int flags, long senderKey) {
        throw new UnsupportedOperationException();
    }

    public boolean mpCapableAck(int version, int flags, long senderKey, long receiverKey) {
        throw new UnsupportedOperationException();
    }

    /** @param checksum 16 bits, or -1 when checksums are not in use */
    public boolean mpCapableData(int version, int flags, long senderKey, long receiverKey, int dataLevelLength, int checksum) {
        throw new UnsupportedOperationException();
    }

    public boolean mpJoinSyn(boolean backup, int addressId, int token, int nonce) {
        throw new UnsupportedOperationException();
    }

    public boolean mpJoinSynAck(boolean backup, int addressId, long truncatedHmac, int nonce) {
        throw new UnsupportedOperationException();
    }

    /** @param hmac at least 20 bytes of HMAC-SHA256, of which the first 20 are sent */
    public boolean mpJoinAck(byte[] hmac) {
        throw new UnsupportedOperationException();
    }

    /** DSS with a DATA_ACK only. */
    public boolean dssAck(boolean dataAck8, long dataAck) {
        throw new UnsupportedOperationException();
    }

    /**
     * DSS with a mapping, and a DATA_ACK if {@code hasDataAck}. The DSN is always sent as 64 bits unless {@code dsn8} is false.
     *
     * @param checksum 16 bits, or -1 when checksums are not in use
     */
    public boolean dssMapping(boolean hasDataAck, boolean dataAck8, long dataAck, boolean dsn8, long dsn, int ssn,
                              int dataLevelLength, boolean dataFin, int checksum) {
        throw new UnsupportedOperationException();
    }

    /** @param port 0 for none */
    public boolean addAddr(int addressId, long hi, long lo, int port, long hmac) {
        throw new UnsupportedOperationException();
    }

    public boolean addAddrEcho(int addressId, long hi, long lo, int port) {
        throw new UnsupportedOperationException();
    }

    public boolean removeAddr(int[] ids, int count) {
        throw new UnsupportedOperationException();
    }

    public boolean mpPrio(boolean backup) {
        throw new UnsupportedOperationException();
    }

    public boolean mpFail(long dsn) {
        throw new UnsupportedOperationException();
    }

    public boolean mpFastclose(long receiverKey) {
        throw new UnsupportedOperationException();
    }

    public boolean mpTcpRst(int reason, boolean isTransient) {
        throw new UnsupportedOperationException();
    }
}
