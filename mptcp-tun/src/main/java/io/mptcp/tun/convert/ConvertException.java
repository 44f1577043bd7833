package io.mptcp.tun.convert;

/** What came is no Convert message that can be dealt with. */
public final class ConvertException extends Exception {
    private static final long serialVersionUID = 1;

    private final transient ConvertError error;
    private final transient byte[] value;

    public ConvertException(ConvertError error, String what) {
        this(error, what, new byte[0]);
    }

    /** @param value of the Error TLV, see {@link ErrorTlv} */
    ConvertException(ConvertError error, String what, byte[] value) {
        super(what, null, false, false); // Strangers cause it: no stack trace for them.
        this.error = error;
        this.value = value;
    }

    /** What the peer is told. */
    public ConvertError error() {
        return error;
    }

    /** What the peer is told. @param message what it has sent, as far as it is known */
    public Tlv tlv(byte[] message) {
        return switch (error) {
            case MALFORMED_MESSAGE, UNSUPPORTED_MESSAGE -> ErrorTlv.echo(error, message);
            case UNSUPPORTED_TCP_OPTION -> ErrorTlv.unsupportedOptions(value);
            default -> ErrorTlv.of(error);
        };
    }
}
