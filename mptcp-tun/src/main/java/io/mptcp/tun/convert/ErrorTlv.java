package io.mptcp.tun.convert;

import java.util.Arrays;

/** What went wrong (RFC 8803 section 6.2.8): code (8 bits), and a value of which each code has its own. */
public final class ErrorTlv {
    /** What a delay of 0 means, at least. */
    private static final int DEFAULT_DELAY_SECONDS = 30;

    private ErrorTlv() {
    }

    /** With the value that says nothing; of {@link ConvertError#UNSUPPORTED_VERSION} it is the versions that are supported. */
    public static Tlv of(ConvertError error) {
        return tlv(error, error == ConvertError.UNSUPPORTED_VERSION ? ConvertMessage.VERSION : 0, new byte[0]);
    }

    /** Malformed or unsupported: the message, or as much of it as there is room for, comes back, where it is aligned as it was. */
    public static Tlv echo(ConvertError error, byte[] message) {
        int room = ConvertMessage.MAX_BYTES - ConvertMessage.HEADER_BYTES - Tlv.HEADER_BYTES - 2;
        return tlv(error, 0, Arrays.copyOf(message, Math.min(message.length, room)));
    }

    /** A cookie is needed, and this is one for who asked. */
    public static Tlv missingCookie(byte[] cookie) {
        return tlv(ConvertError.MISSING_COOKIE, 0, cookie);
    }

    public static Tlv unsupportedOptions(byte[] kinds) {
        return tlv(ConvertError.UNSUPPORTED_TCP_OPTION, kinds.length == 0 ? 0 : kinds[0], kinds.length == 0 ? kinds : Arrays.copyOfRange(kinds, 1, kinds.length));
    }

    /** Resources or the network: come again in so many seconds, 1 to 255. */
    public static Tlv delay(ConvertError error, int seconds) {
        return tlv(error, seconds, new byte[0]);
    }

    /** An ICMP message of type "destination unreachable" with this code. */
    public static Tlv unreachable(int icmpCode) {
        return tlv(ConvertError.DESTINATION_UNREACHABLE, icmpCode, new byte[0]);
    }

    private static Tlv tlv(ConvertError error, int first, byte[] rest) {
        byte[] value = new byte[2 + rest.length];
        value[0] = (byte) error.code();
        value[1] = (byte) first;
        System.arraycopy(rest, 0, value, 2, rest.length);
        return new Tlv(Tlv.ERROR, value);
    }

    /** For how many seconds a converter does not want to be asked again, 0 for an error that does not say so. */
    public static int delaySeconds(Tlv error) {
        int code = error.value()[0] & 0xff;
        if (code != ConvertError.RESOURCE_EXCEEDED.code() && code != ConvertError.NETWORK_FAILURE.code()) {
            return 0;
        }
        return error.value()[1] == 0 ? DEFAULT_DELAY_SECONDS : error.value()[1] & 0xff;
    }

    /** The cookie that {@link ConvertError#MISSING_COOKIE} gives, null where it gives none. */
    public static byte[] cookie(Tlv error) {
        boolean given = (error.value()[0] & 0xff) == ConvertError.MISSING_COOKIE.code() && error.value().length > 2;
        return given ? Arrays.copyOfRange(error.value(), 2, error.value().length) : null;
    }
}
