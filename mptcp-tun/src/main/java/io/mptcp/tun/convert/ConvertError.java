package io.mptcp.tun.convert;

/** Codes of the Error TLV (RFC 8803 section 6.2.8). */
public enum ConvertError {
    UNSUPPORTED_VERSION(0, "unsupported version"),
    MALFORMED_MESSAGE(1, "malformed message"),
    UNSUPPORTED_MESSAGE(2, "unsupported message"),
    MISSING_COOKIE(3, "missing cookie"),
    NOT_AUTHORIZED(32, "not authorized"),
    UNSUPPORTED_TCP_OPTION(33, "unsupported TCP option"),
    RESOURCE_EXCEEDED(64, "resource exceeded"),
    NETWORK_FAILURE(65, "network failure"),
    CONNECTION_RESET(96, "connection reset"),
    DESTINATION_UNREACHABLE(97, "destination unreachable");

    private final int code;
    private final String text;

    ConvertError(int code, String text) {
        this.code = code;
        this.text = text;
    }

    /** On the wire. */
    public int code() {
        return code;
    }

    /** @return null for a code that is none of these */
    public static ConvertError of(int code) {
        for (ConvertError error : values()) {
            if (error.code == code) {
                return error;
            }
        }
        return null;
    }

    @Override
    public String toString() {
        return text;
    }
}
