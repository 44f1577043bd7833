package io.mptcp.cli;

/** Exit codes of every command. */
public final class ExitCodes {
    public static final int OK = 0;
    /** It was tried and did not work: refused, unreachable, no privilege, verification failed, internal error. */
    public static final int FAILURE = 1;
    /** The command line or the configuration is wrong; nothing was tried. */
    public static final int USAGE = 2;

    private ExitCodes() {
    }
}
