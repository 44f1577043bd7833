package io.mptcp.cli;

import picocli.AutoComplete;

/** Prints the completion script for bash of a command: {@code mptcp} or {@code mptcp-tun}. Run when packages are built. */
public final class Completion {
    private Completion() {
    }

    public static void main(String[] args) {
        boolean daemon = args.length == 1 && args[0].equals("mptcp-tun");
        System.out.println(AutoComplete.bash(daemon ? "mptcp-tun" : "mptcp", daemon ? TunCommand.commandLine() : Mptcp.commandLine()));
    }
}
