package io.mptcp.tun.convert;

import java.util.Arrays;

/** The Cookie TLV as stock peers have it (RFC 8803 section 6.2.7): zeros (16 bits), and what the converter has given. */
public final class Cookie {
    private static final int ZERO_BYTES = 2;
    /** What a message has room for beside a Connect with options. */
    public static final int MAX_BYTES = 256;

    private Cookie() {
    }

    public static Tlv of(byte[] cookie) {
        byte[] value = new byte[ZERO_BYTES + cookie.length];
        System.arraycopy(cookie, 0, value, ZERO_BYTES, cookie.length);
        return new Tlv(Tlv.COOKIE, value);
    }

    /** What it has in it, padding included. */
    public static byte[] read(Tlv tlv) {
        return Arrays.copyOfRange(tlv.value(), ZERO_BYTES, tlv.value().length);
    }
}
