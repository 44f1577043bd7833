package io.mptcp.stack;

import io.mptcp.spi.RandomSource;
import io.mptcp.tcp.IncomingSegment;
import io.mptcp.wire.TcpSegment;

/**
 * SYN cookies (RFC 4987 section 3.6, appendix A): a SYN/ACK that leaves nothing behind. The initial sequence number proves that the SYN was
 * seen within the last two minutes and holds the MSS; the low bits of the timestamp, which comes back echoed, hold the rest; the MPTCP key is
 * a keyed hash of the same, so that it is known again when the third ACK repeats it (RFC 8684 section 3.1).
 */
final class SynCookies {
    /** What a table of three bits can say; a peer's MSS is rounded down to one of these. */
    private static final int[] MSS_TABLE = {216, 536, 1220, 1360, 1400, 1440, 1460, 8960};
    private static final long NANOS_PER_MINUTE = 60_000_000_000L;
    /** Minutes begun since a cookie was made until it is refused. */
    private static final int MAX_AGE_MINUTES = 2;
    private static final int LOW_BITS = 0xff_ffff;

    /** Options in the timestamp: four bits of window scale, one of SACK, one of ECN. Their place must not change while cookies are out. */
    private static final int TS_BITS = 6;
    private static final int TS_MASK = (1 << TS_BITS) - 1;
    private static final int TS_NO_SCALE = 0xf;
    private static final int TS_SACK = 0x10;
    private static final int TS_ECN = 0x20;

    private static final long PURPOSE_KEY = 1L << 62;
    private static final long PURPOSE_BASE = 1L << 61;

    private final KeyedHash hash;

    SynCookies(RandomSource random) {
        hash = new KeyedHash(random);
    }

    /** The initial sequence number of a SYN/ACK. @param mssBytes as the SYN announced it, -1 for none */
    int iss(long nowNanos, FlowKey key, int irs, int mssBytes) {
        long minute = nowNanos / NANOS_PER_MINUTE;
        int low = (int) (mac(key, irs, minute) + mssIndex(mssBytes)) & LOW_BITS;
        return base(key, irs) + (((int) minute & 0xff) << 24) + low;
    }

    /** MSS held in the acknowledged cookie, -1 when it is none of ours or too old. */
    int mssBytes(long nowNanos, FlowKey key, int irs, int iss) {
        int cookie = iss - base(key, irs);
        long minute = nowNanos / NANOS_PER_MINUTE;
        int age = ((int) minute - (cookie >>> 24)) & 0xff;
        if (age >= MAX_AGE_MINUTES || age > minute) {
            return -1;
        }
        int index = (cookie - (int) mac(key, irs, minute - age)) & LOW_BITS;
        return index < MSS_TABLE.length ? MSS_TABLE[index] : -1;
    }

    /** Largest entry of the table that is not above the announced MSS. */
    private static int mssIndex(int mssBytes) {
        int index = mssBytes < 0 ? 1 : MSS_TABLE.length - 1;
        while (index > 0 && MSS_TABLE[index] > mssBytes && mssBytes >= 0) {
            index--;
        }
        return index;
    }

    private int base(FlowKey key, int irs) {
        return (int) hash.hash(key, PURPOSE_BASE, Integer.toUnsignedLong(irs)) + irs;
    }

    private long mac(FlowKey key, int irs, long minute) {
        return hash.hash(key, minute, Integer.toUnsignedLong(irs));
    }

    /** The key this side answers an MP_CAPABLE with: the first whose token is the stack's. 0 cannot be told from none and is never used. */
    long localKey(FlowKey key, int irs, int iss, Keys keys, TokenShard shard) {
        int attempt = 0;
        long localKey = localKey(key, irs, iss, attempt);
        while (!shard.owns(keys.token(localKey))) {
            localKey = localKey(key, irs, iss, ++attempt);
        }
        return localKey;
    }

    private long localKey(FlowKey key, int irs, int iss, int attempt) {
        return hash.hash(key, PURPOSE_KEY + attempt, Integer.toUnsignedLong(irs) << 32 | Integer.toUnsignedLong(iss));
    }

    /** The timestamp of a SYN/ACK: the latest value not after {@code tsNow} whose low bits are the options of the SYN. */
    static int tsVal(int tsNow, int windowScale, boolean sackPermitted, boolean ecn) {
        int bits = (windowScale < 0 ? TS_NO_SCALE : windowScale) | (sackPermitted ? TS_SACK : 0) | (ecn ? TS_ECN : 0);
        int value = tsNow & ~TS_MASK | bits;
        return value - tsNow > 0 ? value - (1 << TS_BITS) : value;
    }

    /** Puts back into {@code syn} what the SYN said, from the echo of {@link #tsVal} less the timestamp offset. */
    static void restoreOptions(IncomingSegment syn, int tsEcr) {
        int scale = tsEcr & TS_NO_SCALE;
        syn.options.windowScale = scale == TS_NO_SCALE ? -1 : scale;
        syn.options.sackPermitted = (tsEcr & TS_SACK) != 0;
        syn.flags = TcpSegment.SYN | ((tsEcr & TS_ECN) != 0 ? TcpSegment.ECE | TcpSegment.CWR : 0);
    }
}
