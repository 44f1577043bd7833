package io.mptcp.cli.testport;

import io.mptcp.cli.CommonOptions;
import io.mptcp.cli.ExitCodes;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code mptcp testport}. */
@Command(name = "testport",
        description = {"Lets another process drive this stack in virtual time over a UNIX socket: sockets, packets in and out, and the clock.",
            "Made for packetdrill; the frames are described in docs/test-port.md."})
public final class TestPortCommand implements Callable<Integer> {
    @Mixin
    private CommonOptions common;

    @Option(names = "--socket", paramLabel = "PATH", required = true, description = "UNIX socket to listen on; removed at the end.")
    private Path path;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        try (TestPortServer server = new TestPortServer(path)) {
            Runtime.getRuntime().addShutdownHook(new Thread(() -> path.toFile().delete()));
            spec.commandLine().getErr().println("listening on " + path);
            spec.commandLine().getErr().flush();
            server.serve();
        }
        return ExitCodes.OK;
    }
}
