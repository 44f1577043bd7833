package io.mptcp.cli.control;

import io.mptcp.cli.CommonOptions;
import io.mptcp.tun.ControlSettings;
import java.nio.file.Path;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Options of every command that asks a daemon. */
public final class ControlOptions {
    @Mixin
    private CommonOptions common;

    @Option(names = "--socket", paramLabel = "FILE",
            description = "Control socket of the daemon. Default: the value of MPTCP_SOCKET, or /run/mptcp-tun/control.sock.")
    private Path socket;

    @Option(names = {"-j", "--json"}, description = "Print what the daemon says as JSON.")
    private boolean json;

    boolean json() {
        return json;
    }

    ControlClient client() {
        String environment = System.getenv("MPTCP_SOCKET");
        return new ControlClient(socket != null ? socket : environment != null ? Path.of(environment) : ControlSettings.DEFAULT_SOCKET);
    }
}
