package io.mptcp.wire;

import java.lang.foreign.MemorySegment;

/**
 * What one segment's TCP options say, gathered in one pass and reused for the next segment.
 * Unknown, malformed or misplaced options leave no trace (RFC 9293 MUST-5..7); parsing never throws.
 */
public final class TcpOptions {
    public static final int MAX_SACK_BLOCKS = 4;

    static final int KIND_END = 0;
    static final int KIND_NOP = 1;
    static final int KIND_MSS = 2;
    static final int KIND_WINDOW_SCALE = 3;
    static final int KIND_SACK_PERMITTED = 4;
    static final int KIND_SACK = 5;
    static final int KIND_TIMESTAMPS = 8;
    static final int KIND_FAST_OPEN = 34;
    static final int KIND_EXPERIMENT = 254;
    /** Experiment identifier of Fast Open. */
    static final int FAST_OPEN_MAGIC = 0xf989;

    static final int LENGTH_MSS = 4;
    static final int LENGTH_WINDOW_SCALE = 3;
    static final int LENGTH_SACK_PERMITTED = 2;
    static final int LENGTH_TIMESTAMPS = 10;
    /** RFC 7413 section 2: a cookie has 4 to 16 bytes, an even number of them. */
    static final int MIN_FAST_OPEN_COOKIE_BYTES = 4;
    public static final int MAX_FAST_OPEN_COOKIE_BYTES = 16;

    /** RFC 7323 section 2.3. */
    static final int MAX_WINDOW_SCALE = 14;

    /** Maximum segment size, -1 if absent. */
    public int mss;
    /** Window scale shift 0..14 (larger values are taken as 14, RFC 7323 section 2.3), -1 if absent. */
    public int windowScale;
    public boolean sackPermitted;
    public boolean hasTimestamps;
    public int tsVal;
    public int tsEcr;
    /** Number of SACK blocks; edges are raw sequence numbers, left inclusive, right exclusive. */
    public int sackCount;
    public final int[] sackLeft = new int[MAX_SACK_BLOCKS];
    public final int[] sackRight = new int[MAX_SACK_BLOCKS];
    /** Bytes of the Fast Open cookie, 0 for a request of one, -1 if the option is absent. */
    public int fastOpenLength;
    /** It came as the experimental option (RFC 6994) that was in use before RFC 7413. */
    public boolean fastOpenExperimental;
    public final byte[] fastOpenCookie = new byte[MAX_FAST_OPEN_COOKIE_BYTES];
    public final MptcpOptions mptcp = new MptcpOptions();

    public TcpOptions() {
        clear();
    }

    /** Reads the options of the validated segment at {@code offset}; {@code payloadLength} decides the form of MP_CAPABLE. */
    public void parse(MemorySegment buffer, long offset, int payloadLength) {
        clear();
        int flags = TcpSegment.flags(buffer, offset);
        long end = offset + TcpSegment.headerLength(buffer, offset);
        long at = offset + TcpSegment.MIN_HEADER_LENGTH;
        while (at < end) {
            int kind = Bytes.get8(buffer, at);
            if (kind == KIND_NOP) {
                at++;
                continue;
            }
            if (kind == KIND_END || at + 1 >= end) {
                break;
            }
            int length = Bytes.get8(buffer, at + 1);
            if (length < 2 || length > end - at) {
                // Where the next option starts is unknown: what was read so far stands, the rest is lost (RFC 9293 MUST-7).
                break;
            }
            if (kind == MptcpOptions.KIND) {
                mptcp.parseOption(buffer, at, length, flags, payloadLength);
            } else {
                parseOption(buffer, at, kind, length, (flags & TcpSegment.SYN) != 0);
            }
            at += length;
        }
        mptcp.present = Coexistence.withoutContradictions(mptcp.present);
    }

    private void parseOption(MemorySegment buffer, long at, int kind, int length, boolean syn) {
        switch (kind) {
            case KIND_MSS -> {
                if (syn && length == LENGTH_MSS) {
                    mss = Bytes.get16(buffer, at + 2);
                }
            }
            case KIND_WINDOW_SCALE -> {
                if (syn && length == LENGTH_WINDOW_SCALE) {
                    windowScale = Math.min(Bytes.get8(buffer, at + 2), MAX_WINDOW_SCALE);
                }
            }
            case KIND_SACK_PERMITTED -> sackPermitted |= syn && length == LENGTH_SACK_PERMITTED;
            case KIND_SACK -> {
                if (!syn) {
                    parseSack(buffer, at, length);
                }
            }
            case KIND_FAST_OPEN -> {
                if (syn) {
                    parseFastOpen(buffer, at, length - 2);
                }
            }
            case KIND_EXPERIMENT -> {
                if (syn && length >= 4 && Bytes.get16(buffer, at + 2) == FAST_OPEN_MAGIC) {
                    parseFastOpen(buffer, at + 2, length - 4);
                    fastOpenExperimental = fastOpenLength >= 0;
                }
            }
            case KIND_TIMESTAMPS -> {
                if (length == LENGTH_TIMESTAMPS) {
                    hasTimestamps = true;
                    tsVal = Bytes.get32(buffer, at + 2);
                    tsEcr = Bytes.get32(buffer, at + 6);
                }
            }
            default -> {
                // Unknown options are skipped by their length (RFC 9293 MUST-6).
            }
        }
    }

    private void parseFastOpen(MemorySegment buffer, long at, int cookieBytes) {
        boolean cookie = cookieBytes >= MIN_FAST_OPEN_COOKIE_BYTES && cookieBytes <= MAX_FAST_OPEN_COOKIE_BYTES && (cookieBytes & 1) == 0;
        if (cookieBytes != 0 && !cookie) {
            return;
        }
        fastOpenLength = cookieBytes;
        for (int i = 0; i < cookieBytes; i++) {
            fastOpenCookie[i] = (byte) Bytes.get8(buffer, at + 2 + i);
        }
    }

    /** RFC 2018 section 3. */
    private void parseSack(MemorySegment buffer, long at, int length) {
        int count = (length - 2) / 8;
        if (count == 0 || length != 2 + 8 * count) {
            return;
        }
        // 40 bytes hold no more than four blocks.
        sackCount = Math.min(count, MAX_SACK_BLOCKS);
        for (int i = 0; i < sackCount; i++) {
            sackLeft[i] = Bytes.get32(buffer, at + 2 + 8L * i);
            sackRight[i] = Bytes.get32(buffer, at + 6 + 8L * i);
        }
    }

    public void clear() {
        mss = -1;
        windowScale = -1;
        sackPermitted = false;
        hasTimestamps = false;
        sackCount = 0;
        fastOpenLength = -1;
        fastOpenExperimental = false;
        mptcp.clear();
    }
}
