package io.mptcp.wire;

/**
 * An IPv4 or IPv6 address as two longs in network order; IPv4 is kept v4-mapped ({@code ::ffff:a.b.c.d}).
 * The static methods serve the hot path, the record the API.
 */
public record IpAddress(long hi, long lo) {
    /** The unspecified address, {@code ::}. Listeners take it as "any address of any family". */
    public static final IpAddress ANY = new IpAddress(0, 0);

    private static final long V4_MAPPED = 0xffffL;

    public static boolean isIpv4(long hi, long lo) {
        return hi == 0 && (lo >>> 32) == V4_MAPPED;
    }

    /** The {@code lo} long of the v4-mapped form of an IPv4 address given as an int. */
    public static long mapped(int ipv4) {
        return V4_MAPPED << 32 | (ipv4 & 0xffffffffL);
    }

    public static IpAddress ofIpv4(int ipv4) {
        return new IpAddress(0, mapped(ipv4));
    }

    /** From 4 or 16 bytes in network order. */
    public static IpAddress of(byte[] bytes) {
        if (bytes.length == 4) {
            return ofIpv4((int) bigEndian(bytes, 0, 4));
        }
        if (bytes.length == 16) {
            return new IpAddress(bigEndian(bytes, 0, 8), bigEndian(bytes, 8, 8));
        }
        throw new IllegalArgumentException("an IP address has 4 or 16 bytes, not " + bytes.length);
    }

    private static long bigEndian(byte[] bytes, int offset, int count) {
        long value = 0;
        for (int i = 0; i < count; i++) {
            value = value << 8 | (bytes[offset + i] & 0xff);
        }
        return value;
    }

    /**
     * Parses a literal address: dotted IPv4, or IPv6 with {@code ::}. Names are not looked up.
     *
     * @throws IllegalArgumentException if it is neither
     */
    public static IpAddress parse(String text) {
        return IpAddressText.parse(text);
    }

    public boolean isIpv4() {
        return isIpv4(hi, lo);
    }

    public boolean isAny() {
        return hi == 0 && (lo == 0 || lo == mapped(0));
    }

    /** 4 or 16 bytes in network order. */
    public byte[] toBytes() {
        if (isIpv4()) {
            int v4 = (int) lo;
            return new byte[] {(byte) (v4 >> 24), (byte) (v4 >> 16), (byte) (v4 >> 8), (byte) v4};
        }
        byte[] bytes = new byte[16];
        for (int i = 0; i < 8; i++) {
            bytes[i] = (byte) (hi >> (56 - 8 * i));
            bytes[8 + i] = (byte) (lo >> (56 - 8 * i));
        }
        return bytes;
    }

    /** Dotted quad, or the canonical IPv6 text of RFC 5952. */
    @Override
    public String toString() {
        return IpAddressText.format(this);
    }
}
