package io.mptcp.cli.perf;

/** The test cannot go on; the message says why, in one line. */
final class PerfException extends RuntimeException {
    private static final long serialVersionUID = 1;

    PerfException(String message, Throwable cause) {
        super(message, cause);
    }
}
