package io.mptcp.stack;

import io.mptcp.spi.RandomSource;
import io.mptcp.wire.OptionWriter;
import io.mptcp.wire.PacketSlot;

/**
 * Fast Open cookies of a server (RFC 7413 section 4.1.2): a keyed hash of the client's and the own address. The key changes from time to time;
 * cookies of the one before are taken for as long again.
 */
final class FastOpenCookies {
    /** Bytes of a cookie; six are enough where options leave no room for more. */
    static final int COOKIE_BYTES = 8;
    static final int SHORT_COOKIE_BYTES = 6;
    private static final long KEY_NANOS = 12L * 3600 * 1_000_000_000L;

    private final RandomSource random;
    private SipHash current;
    private SipHash previous;
    /** The keys were given, and change only when others are. */
    private boolean keysGiven;
    private long keySinceNanos = Long.MIN_VALUE / 2;

    FastOpenCookies(RandomSource random) {
        this.random = random;
    }

    /**
     * Writes a cookie, shorter where options leave no room for more (RFC 8684 section B.1), if it fits.
     *
     * @param experimental in the form of RFC 6994 that came before RFC 7413, as the peer did
     * @param reserveBytes to be left free
     */
    static void write(OptionWriter writer, byte[] cookie, boolean experimental, int reserveBytes) {
        int room = writer.remaining() - reserveBytes - 2;
        if (experimental) {
            if (room >= COOKIE_BYTES + 2) { // two more for the magic number, and no padding
                writer.fastOpenExperimental(cookie, COOKIE_BYTES);
            }
        } else if (room >= COOKIE_BYTES + 2) { // as it is padded
            writer.fastOpen(cookie, COOKIE_BYTES);
        } else if (room >= SHORT_COOKIE_BYTES) {
            writer.fastOpen(cookie, SHORT_COOKIE_BYTES);
        }
    }

    /** The cookie for whoever sent the segment in the slot. */
    byte[] cookie(long nowNanos, PacketSlot in) {
        changeKey(nowNanos);
        return bytes(current, in);
    }

    boolean isCurrent(long nowNanos, PacketSlot in, byte[] cookie, int length) {
        changeKey(nowNanos);
        return matches(current, in, cookie, length);
    }

    /** Whether it was a good one until the key changed: still taken, and to be replaced. */
    boolean isPrevious(long nowNanos, PacketSlot in, byte[] cookie, int length) {
        changeKey(nowNanos);
        return previous != null && matches(previous, in, cookie, length);
    }

    /** Cookies by given keys. */
    static FastOpenCookies of(long[] now, long[] before) {
        FastOpenCookies cookies = new FastOpenCookies(null);
        cookies.setKeys(now, before);
        return cookies;
    }

    /** See {@link Stack#setFastOpenKeys}. */
    void setKeys(long[] now, long[] before) {
        current = new SipHash(now[0], now[1]);
        previous = before == null ? null : new SipHash(before[0], before[1]);
        keysGiven = true;
    }

    private void changeKey(long nowNanos) {
        if (keysGiven) {
            return;
        }
        if (current == null || nowNanos - keySinceNanos >= KEY_NANOS) {
            boolean recent = nowNanos - keySinceNanos < 2 * KEY_NANOS;
            previous = recent ? current : null;
            current = new SipHash(random.nextLong(), random.nextLong());
            keySinceNanos = nowNanos;
        }
    }

    private static boolean matches(SipHash key, PacketSlot in, byte[] cookie, int length) {
        if (length != COOKIE_BYTES && length != SHORT_COOKIE_BYTES) {
            return false;
        }
        byte[] expected = bytes(key, in);
        int difference = 0; // takes the same time wherever they differ
        for (int i = 0; i < length; i++) {
            difference |= expected[i] ^ cookie[i];
        }
        return difference == 0;
    }

    /** As Linux: client's address, then own, in network order; IPv4 addresses have four bytes. The hash is laid down in little endian. */
    private static byte[] bytes(SipHash key, PacketSlot in) {
        key.begin();
        if (in.isIpv4()) {
            key.word(Integer.toUnsignedLong(Integer.reverseBytes((int) in.sourceLo)) | (long) Integer.reverseBytes((int) in.destinationLo) << 32);
        } else {
            key.word(Long.reverseBytes(in.sourceHi)).word(Long.reverseBytes(in.sourceLo));
            key.word(Long.reverseBytes(in.destinationHi)).word(Long.reverseBytes(in.destinationLo));
        }
        long hash = key.finish();
        byte[] bytes = new byte[COOKIE_BYTES];
        for (int i = 0; i < COOKIE_BYTES; i++) {
            bytes[i] = (byte) (hash >>> 8 * i);
        }
        return bytes;
    }
}
