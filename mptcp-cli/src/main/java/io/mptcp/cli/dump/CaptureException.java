package io.mptcp.cli.dump;

import java.io.IOException;
import java.io.Serial;

/** A file is no capture, or ceases to be one somewhere. The message says what and at which byte, but not which file. */
final class CaptureException extends IOException {
    @Serial
    private static final long serialVersionUID = 1;

    CaptureException(String message) {
        super(message);
    }
}
