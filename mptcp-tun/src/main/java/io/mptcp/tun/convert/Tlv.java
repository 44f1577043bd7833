package io.mptcp.tun.convert;

/**
 * One part of a message (RFC 8803 section 6.2.1): type (8 bits), length in words of 32 bits with these two bytes (8 bits), value, zeros up to a whole
 * word.
 *
 * @param value what follows the length, padding included
 */
public record Tlv(int type, byte[] value) {
    public static final int INFO = 1;
    public static final int CONNECT = 10;
    public static final int EXTENDED_TCP_HEADER = 20;
    public static final int SUPPORTED_TCP_EXTENSIONS = 21;
    public static final int COOKIE = 22;
    public static final int ERROR = 30;
    /** Ours, of the range for private use (section 10.2.2): a session of datagrams. */
    public static final int DATAGRAMS = 192;

    static final int HEADER_BYTES = 2;
    static final int MAX_VALUE_BYTES = 255 * 4 - HEADER_BYTES;

    public Tlv {
        if (value.length > MAX_VALUE_BYTES) {
            throw new IllegalArgumentException("a TLV has room for " + MAX_VALUE_BYTES + " bytes, not for " + value.length);
        }
    }

    /** In bytes, on the wire. */
    int encodedLength() {
        return (HEADER_BYTES + value.length + 3) / 4 * 4;
    }
}
