package io.mptcp.cli;

/** The {@code mptcp-tun} command: {@code mptcp tun} under the name that service files use. */
public final class MptcpTun {
    private MptcpTun() {
    }

    public static void main(String[] args) {
        CommandLines.runAndExit(TunCommand.commandLine(), args);
    }
}
