package io.mptcp.tun;

/** A configuration that cannot be used. The message is one line for the person who wrote it: {@code FILE:LINE: what, what to do}. */
public final class ConfigException extends Exception {
    private static final long serialVersionUID = 1L;

    public ConfigException(String message) {
        super(message);
    }
}
