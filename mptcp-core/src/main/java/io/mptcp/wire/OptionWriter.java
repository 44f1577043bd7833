package io.mptcp.wire;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Packs TCP options into the 40 bytes a header has room for. Each method writes its option and returns true, or
 * writes nothing and returns false when it does not fit or may not stand beside what is already there
 * (the co-existence table shared with the parser). Callers go by priority, so what matters most is written first.
 */
public final class OptionWriter {
    public static final int MAX_LENGTH = 40;

    private static final int ABSENT = -1;
    private static final int NOP = TcpOptions.KIND_NOP;
    static final int JOIN_ACK_HMAC_LENGTH = 20;

    private MemorySegment buffer;
    private long start;
    private int length;
    /** Bits of the MPTCP options written so far, as in {@link MptcpOptions#present}. */
    private int present;

    /** Starts at {@code offset}, the first byte behind the fixed header. The 40 bytes from there are the writer's. */
    public void begin(MemorySegment buffer, long offset) {
        this.buffer = buffer;
        start = offset;
        length = 0;
        present = 0;
    }

    /** Bytes still free. */
    public int remaining() {
        return MAX_LENGTH - length;
    }

    /** Pads with NOP to a multiple of 4 and returns the length of all options in bytes. */
    public int finish() {
        while ((length & 3) != 0) {
            append8(NOP);
        }
        return length;
    }

    /** The options of a SYN in the order Linux uses: MSS, SACK-permitted, timestamps, NOP, window scale. -1 or false leaves one out. */
    public boolean syn(int mss, boolean sackPermitted, boolean timestamps, int tsVal, int tsEcr, int windowScale) {
        // Every group is a multiple of four; SACK-permitted takes the place of the two NOPs in front of the timestamps.
        int needed = (mss >= 0 ? 4 : 0) + (timestamps ? 12 : sackPermitted ? 4 : 0) + (windowScale >= 0 ? 4 : 0);
        if (needed > remaining()) {
            return false;
        }
        if (mss >= 0) {
            append8(TcpOptions.KIND_MSS);
            append8(TcpOptions.LENGTH_MSS);
            append16(mss);
        }
        if (sackPermitted) {
            if (!timestamps) {
                append16(NOP << 8 | NOP);
            }
            append8(TcpOptions.KIND_SACK_PERMITTED);
            append8(TcpOptions.LENGTH_SACK_PERMITTED);
        } else if (timestamps) {
            append16(NOP << 8 | NOP);
        }
        if (timestamps) {
            appendTimestamps(tsVal, tsEcr);
        }
        if (windowScale >= 0) {
            append8(NOP);
            append8(TcpOptions.KIND_WINDOW_SCALE);
            append8(TcpOptions.LENGTH_WINDOW_SCALE);
            append8(windowScale);
        }
        return true;
    }

    /** NOP, NOP, timestamps: 12 bytes. */
    public boolean timestamps(int tsVal, int tsEcr) {
        if (remaining() < 2 + TcpOptions.LENGTH_TIMESTAMPS) {
            return false;
        }
        append16(NOP << 8 | NOP);
        appendTimestamps(tsVal, tsEcr);
        return true;
    }

    private void appendTimestamps(int tsVal, int tsEcr) {
        append8(TcpOptions.KIND_TIMESTAMPS);
        append8(TcpOptions.LENGTH_TIMESTAMPS);
        append32(tsVal);
        append32(tsEcr);
    }

    /** NOP, NOP, SACK with as many of the {@code count} blocks as fit in {@code remaining() - reserve}. @return blocks written */
    public int sack(int[] left, int[] right, int count, int reserveBytes) {
        int fitting = (remaining() - reserveBytes - 4) / 8;
        int blocks = Math.min(Math.min(count, fitting), TcpOptions.MAX_SACK_BLOCKS);
        if (blocks <= 0) {
            return 0;
        }
        append16(NOP << 8 | NOP);
        append8(TcpOptions.KIND_SACK);
        append8(2 + 8 * blocks);
        for (int i = 0; i < blocks; i++) {
            append32(left[i]);
            append32(right[i]);
        }
        return blocks;
    }

    /**
     * Fast Open (RFC 7413 section 4.1.1), padded to a multiple of four.
     *
     * @param cookie      at least {@code cookieBytes} bytes; not looked at for 0, the request of a cookie
     */
    public boolean fastOpen(byte[] cookie, int cookieBytes) {
        int optionLength = 2 + cookieBytes;
        if ((optionLength + 3 & ~3) > remaining()) {
            return false;
        }
        append8(TcpOptions.KIND_FAST_OPEN);
        append8(optionLength);
        for (int i = 0; i < cookieBytes; i++) {
            append8(cookie[i] & 0xff);
        }
        while ((length & 3) != 0) {
            append8(NOP);
        }
        return true;
    }

    /** Fast Open as an experimental option (RFC 6994), as it was before RFC 7413. Padded to a multiple of four. */
    public boolean fastOpenExperimental(byte[] cookie, int cookieBytes) {
        int optionLength = 4 + cookieBytes;
        if ((optionLength + 3 & ~3) > remaining()) {
            return false;
        }
        append8(TcpOptions.KIND_EXPERIMENT);
        append8(optionLength);
        append16(TcpOptions.FAST_OPEN_MAGIC);
        for (int i = 0; i < cookieBytes; i++) {
            append8(cookie[i] & 0xff);
        }
        while ((length & 3) != 0) {
            append8(NOP);
        }
        return true;
    }

    /** SYN form of 4 bytes (RFC 8684 section 3.1). */
    public boolean mpCapableSyn(int version, int flags) {
        return mpCapable(MptcpOptions.LENGTH_MP_CAPABLE_SYN, version, flags);
    }

    /** SYN/ACK form of 12 bytes. */
    public boolean mpCapableSynAck(int version, int flags, long senderKey) {
        if (!mpCapable(MptcpOptions.LENGTH_MP_CAPABLE_SYN_ACK, version, flags)) {
            return false;
        }
        append64(senderKey);
        return true;
    }

    /** Form of 20 bytes for a segment without payload. */
    public boolean mpCapableAck(int version, int flags, long senderKey, long receiverKey) {
        if (!mpCapable(MptcpOptions.LENGTH_MP_CAPABLE_ACK, version, flags)) {
            return false;
        }
        append64(senderKey);
        append64(receiverKey);
        return true;
    }

    /**
     * Form of 22 or 24 bytes for a segment with payload.
     *
     * @param checksum 16 bits, or -1 when checksums are not in use
     */
    public boolean mpCapableData(int version, int flags, long senderKey, long receiverKey, int dataLevelLength, int checksum) {
        int optionLength = MptcpOptions.LENGTH_MP_CAPABLE_DATA + (checksum == ABSENT ? 0 : MptcpOptions.LENGTH_CHECKSUM);
        if (!mpCapable(optionLength, version, flags)) {
            return false;
        }
        append64(senderKey);
        append64(receiverKey);
        append16(dataLevelLength);
        appendChecksum(checksum);
        return true;
    }

    private boolean mpCapable(int optionLength, int version, int flags) {
        if (!open(MptcpOptions.SUBTYPE_MP_CAPABLE, optionLength, version)) {
            return false;
        }
        append8(flags);
        return true;
    }

    /** SYN form of 12 bytes (RFC 8684 section 3.2). */
    public boolean mpJoinSyn(boolean backup, int addressId, int token, int nonce) {
        if (!open(MptcpOptions.SUBTYPE_MP_JOIN, MptcpOptions.LENGTH_MP_JOIN_SYN, backup ? MptcpOptions.FLAG_BACKUP : 0)) {
            return false;
        }
        append8(addressId);
        append32(token);
        append32(nonce);
        return true;
    }

    /** SYN/ACK form of 16 bytes. */
    public boolean mpJoinSynAck(boolean backup, int addressId, long truncatedHmac, int nonce) {
        if (!open(MptcpOptions.SUBTYPE_MP_JOIN, MptcpOptions.LENGTH_MP_JOIN_SYN_ACK, backup ? MptcpOptions.FLAG_BACKUP : 0)) {
            return false;
        }
        append8(addressId);
        append64(truncatedHmac);
        append32(nonce);
        return true;
    }

    /**
     * Third ACK, 24 bytes.
     *
     * @param hmac at least 20 bytes of HMAC-SHA256, of which the first 20 are sent
     */
    public boolean mpJoinAck(byte[] hmac) {
        if (hmac.length < JOIN_ACK_HMAC_LENGTH) {
            throw new IllegalArgumentException("an MP_JOIN ACK needs 20 bytes of HMAC, not " + hmac.length);
        }
        if (!open(MptcpOptions.SUBTYPE_MP_JOIN, MptcpOptions.LENGTH_MP_JOIN_ACK, 0)) {
            return false;
        }
        append8(0);
        MemorySegment.copy(hmac, 0, buffer, ValueLayout.JAVA_BYTE, start + length, JOIN_ACK_HMAC_LENGTH);
        length += JOIN_ACK_HMAC_LENGTH;
        return true;
    }

    /** DSS with a DATA_ACK only: 8 or 12 bytes (RFC 8684 section 3.3). */
    public boolean dssAck(boolean dataAck8, long dataAck) {
        if (!open(MptcpOptions.SUBTYPE_DSS, MptcpOptions.LENGTH_DSS + MptcpOptions.dssAckLength(true, dataAck8), 0)) {
            return false;
        }
        append8(MptcpOptions.DSS_DATA_ACK | (dataAck8 ? MptcpOptions.DSS_DATA_ACK_8 : 0));
        appendSequence(dataAck8, dataAck);
        return true;
    }

    /**
     * DSS with a mapping, and a DATA_ACK if {@code hasDataAck}. The DSN is always sent as 64 bits unless {@code dsn8} is false.
     *
     * @param checksum 16 bits, or -1 when checksums are not in use
     */
    public boolean dssMapping(boolean hasDataAck, boolean dataAck8, long dataAck, boolean dsn8, long dsn, int ssn,
                              int dataLevelLength, boolean dataFin, int checksum) {
        int optionLength = MptcpOptions.LENGTH_DSS + MptcpOptions.dssAckLength(hasDataAck, dataAck8)
                + MptcpOptions.dssMappingLength(true, dsn8) + (checksum == ABSENT ? 0 : MptcpOptions.LENGTH_CHECKSUM);
        if (!open(MptcpOptions.SUBTYPE_DSS, optionLength, 0)) {
            return false;
        }
        int flags = MptcpOptions.DSS_MAPPING | (dsn8 ? MptcpOptions.DSS_DSN_8 : 0) | (dataFin ? MptcpOptions.DSS_DATA_FIN : 0);
        if (hasDataAck) {
            flags |= MptcpOptions.DSS_DATA_ACK | (dataAck8 ? MptcpOptions.DSS_DATA_ACK_8 : 0);
        }
        append8(flags);
        if (hasDataAck) {
            appendSequence(dataAck8, dataAck);
        }
        appendSequence(dsn8, dsn);
        append32(ssn);
        append16(dataLevelLength);
        appendChecksum(checksum);
        return true;
    }

    private void appendSequence(boolean wide, long sequence) {
        if (wide) {
            append64(sequence);
        } else {
            append32((int) sequence);
        }
    }

    private void appendChecksum(int checksum) {
        if (checksum != ABSENT) {
            append16(checksum);
        }
    }

    /**
     * ADD_ADDR of 16 to 30 bytes (RFC 8684 section 3.4.1).
     *
     * @param port 0 for none
     */
    public boolean addAddr(int addressId, long hi, long lo, int port, long hmac) {
        if (!openAddAddr(0, MptcpOptions.LENGTH_ADD_ADDR_HMAC, addressId, hi, lo, port)) {
            return false;
        }
        append64(hmac);
        return true;
    }

    /**
     * The echo of a received ADD_ADDR: 8 to 22 bytes.
     *
     * @param port 0 for none
     */
    public boolean addAddrEcho(int addressId, long hi, long lo, int port) {
        return openAddAddr(MptcpOptions.FLAG_ECHO, 0, addressId, hi, lo, port);
    }

    private boolean openAddAddr(int flags, int hmacLength, int addressId, long hi, long lo, int port) {
        boolean ipv4 = IpAddress.isIpv4(hi, lo);
        int optionLength = MptcpOptions.LENGTH_ADD_ADDR + (ipv4 ? 4 : 16) + (port == 0 ? 0 : 2) + hmacLength;
        if (!open(MptcpOptions.SUBTYPE_ADD_ADDR, optionLength, flags)) {
            return false;
        }
        append8(addressId);
        if (ipv4) {
            append32((int) lo);
        } else {
            append64(hi);
            append64(lo);
        }
        if (port != 0) {
            append16(port);
        }
        return true;
    }

    /**
     * REMOVE_ADDR of 3 + count bytes (RFC 8684 section 3.4.2).
     *
     * @param count 1..8: Linux takes no longer list
     */
    public boolean removeAddr(int[] ids, int count) {
        if (count < 1 || count > MptcpOptions.MAX_REMOVE_ADDR_IDS) {
            throw new IllegalArgumentException("REMOVE_ADDR lists 1 to 8 address ids, not " + count);
        }
        if (!open(MptcpOptions.SUBTYPE_REMOVE_ADDR, MptcpOptions.LENGTH_REMOVE_ADDR + count, 0)) {
            return false;
        }
        for (int i = 0; i < count; i++) {
            append8(ids[i]);
        }
        return true;
    }

    /** MP_PRIO, 3 bytes (RFC 8684 section 3.3.8). */
    public boolean mpPrio(boolean backup) {
        return open(MptcpOptions.SUBTYPE_MP_PRIO, MptcpOptions.LENGTH_MP_PRIO, backup ? MptcpOptions.FLAG_BACKUP : 0);
    }

    /** MP_FAIL, 12 bytes (RFC 8684 section 3.7). */
    public boolean mpFail(long dsn) {
        if (!open(MptcpOptions.SUBTYPE_MP_FAIL, MptcpOptions.LENGTH_MP_FAIL, 0)) {
            return false;
        }
        append8(0);
        append64(dsn);
        return true;
    }

    /** MP_FASTCLOSE with the key of the one who receives it, 12 bytes (RFC 8684 section 3.5). */
    public boolean mpFastclose(long receiverKey) {
        if (!open(MptcpOptions.SUBTYPE_MP_FASTCLOSE, MptcpOptions.LENGTH_MP_FASTCLOSE, 0)) {
            return false;
        }
        append8(0);
        append64(receiverKey);
        return true;
    }

    /** MP_TCPRST, 4 bytes, on segments with RST only; behind MP_FAIL or MP_FASTCLOSE when these are there too (RFC 8684 section 3.6). */
    public boolean mpTcpRst(int reason, boolean isTransient) {
        if (!open(MptcpOptions.SUBTYPE_MP_TCPRST, MptcpOptions.LENGTH_MP_TCPRST, isTransient ? MptcpOptions.FLAG_TRANSIENT : 0)) {
            return false;
        }
        append8(reason);
        return true;
    }

    /** Writes the first three octets of an MPTCP option, if all {@code optionLength} bytes fit and the option may stand here. */
    private boolean open(int subtype, int optionLength, int lowNibble) {
        if (optionLength > remaining() || !Coexistence.mayJoin(subtype, present)) {
            return false;
        }
        present |= 1 << subtype;
        append8(MptcpOptions.KIND);
        append8(optionLength);
        append8(subtype << 4 | lowNibble & 0x0f);
        return true;
    }

    private void append8(int value) {
        Bytes.put8(buffer, start + length, value);
        length += 1;
    }

    private void append16(int value) {
        Bytes.put16(buffer, start + length, value);
        length += 2;
    }

    private void append32(int value) {
        Bytes.put32(buffer, start + length, value);
        length += 4;
    }

    private void append64(long value) {
        Bytes.put64(buffer, start + length, value);
        length += 8;
    }
}
