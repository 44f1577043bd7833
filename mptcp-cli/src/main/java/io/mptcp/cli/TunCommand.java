package io.mptcp.cli;

import io.mptcp.tun.ConfigException;
import io.mptcp.tun.TunConfig;
import io.mptcp.tun.TunDaemon;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The {@code mptcp-tun} command, also reached as {@code mptcp tun}. */
@Command(name = "mptcp-tun",
        description = "Carries the TCP connections of this host over several paths: a TUN device takes them in, MPTCP takes them out.",
        synopsisSubcommandLabel = "COMMAND",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:stopped by SIGTERM or SIGINT, or nothing wrong with the configuration", "1:it was tried and failed",
            "2:wrong usage or configuration"},
        subcommands = {TunCommand.Run.class, TunCommand.CheckConfig.class})
final class TunCommand implements Runnable {
    @Mixin
    private CommonOptions common;

    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "a command is missing: one of " + String.join(", ", spec.subcommands().keySet()));
    }

    private static TunConfig load(Path file) {
        try {
            return TunConfig.load(file);
        } catch (ConfigException e) {
            throw CommandFailure.usage(e.getMessage());
        }
    }

    /** {@code mptcp-tun run}. */
    @Command(name = "run", description = "Run in the foreground until SIGTERM or SIGINT. Prints 'ready: DEVICE ...' when connections can come.")
    static final class Run implements Callable<Integer> {
        @Mixin
        private CommonOptions common;

        @Option(names = {"-c", "--config"}, paramLabel = "FILE", required = true,
                description = "Configuration in YAML; docs/mptcp-tun.example.yaml explains every key.")
        private Path config;

        @Override
        public Integer call() {
            TunConfig read = load(config);
            common.setLogLevel(read.log());
            return TunDaemon.run(read);
        }
    }

    /** {@code mptcp-tun check-config}. */
    @Command(name = "check-config", description = "Read the configuration and say whether it can be used; nothing is changed on the host.")
    static final class CheckConfig implements Callable<Integer> {
        @Mixin
        private CommonOptions common;

        @Spec
        private CommandSpec spec;

        @Option(names = {"-c", "--config"}, paramLabel = "FILE", required = true, description = "Configuration in YAML.")
        private Path config;

        @Override
        public Integer call() {
            load(config);
            spec.commandLine().getOut().println(config + ": ok");
            spec.commandLine().getOut().flush();
            return ExitCodes.OK;
        }
    }
}
