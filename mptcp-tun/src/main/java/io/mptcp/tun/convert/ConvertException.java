package io.mptcp.tun.convert;

/** What came is no Convert message that can be dealt with. */
public final class ConvertException extends Exception {
    private static final long serialVersionUID = 1;

    private final transient ConvertError error;

    public ConvertException(ConvertError error, String what) {
        super(what, null, false, false); // Strangers cause it: no stack trace for them.
        this.error = error;
    }

    /** What the peer is told. */
    public ConvertError error() {
        return error;
    }
}
