package io.mptcp.tun.http;

import java.io.Serial;

/** What was asked for cannot be done; the message is the one line a person sees. */
public final class HttpFailure extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1;

    private final int status;

    private HttpFailure(int status, String message) {
        super(message, null, false, false);
        this.status = status;
    }

    /** The request is wrong. */
    public static HttpFailure wrong(String message) {
        return new HttpFailure(400, message);
    }

    /** There is no such thing. */
    public static HttpFailure missing(String message) {
        return new HttpFailure(404, message);
    }

    /** The request is right, and cannot be done as things are. */
    public static HttpFailure conflict(String message) {
        return new HttpFailure(409, message);
    }

    int status() {
        return status;
    }
}
