package io.mptcp.cli;

import io.mptcp.netty.host.SetupException;
import io.mptcp.tun.ConfigException;
import io.mptcp.tun.NamespaceExec;
import io.mptcp.tun.TunConfig;
import io.mptcp.tun.TunDaemon;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The {@code mptcp-tun} command, also reached as {@code mptcp tun}. */
@Command(name = "mptcp-tun",
        description = "Carries the TCP connections of this host over several paths: a TUN device takes them in, MPTCP takes them out.",
        synopsisSubcommandLabel = "COMMAND",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:stopped by SIGTERM or SIGINT, or nothing wrong with the configuration", "1:it was tried and failed",
            "2:wrong usage or configuration"},
        subcommands = {TunCommand.Run.class, TunCommand.CheckConfig.class, TunCommand.Exec.class, SetupCommand.class,
            RelayCommand.class, RelaySetupCommand.class, RelayKeyCommand.class})
final class TunCommand implements Runnable {
    static final String DEFAULT_CONFIG = "/etc/mptcp-tun/mptcp-tun.yaml";

    @Mixin
    private CommonOptions common;

    @Spec
    private CommandSpec spec;

    static CommandLine commandLine() {
        CommandLine line = CommandLines.of(new TunCommand());
        line.getSubcommands().get("exec").setStopAtPositional(true); // options after the program's name are the program's
        return line;
    }

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
    @Command(name = "run", description = "Run in the foreground until SIGTERM or SIGINT. Prints 'ready: DEVICE ...' when connections can come. "
            + "SIGHUP makes it read its configuration again.")
    static final class Run implements Callable<Integer> {
        @Mixin
        private CommonOptions common;

        @Option(names = {"-c", "--config"}, paramLabel = "FILE", defaultValue = DEFAULT_CONFIG,
                description = "Configuration in YAML; docs/mptcp-tun.example.yaml explains every key. Default: ${DEFAULT-VALUE}.")
        private Path config;

        @Override
        public Integer call() {
            load(config); // what is wrong with it is said as this command's errors are
            return TunDaemon.run(() -> {
                TunConfig read = TunConfig.load(config);
                common.setLogLevel(read.log());
                common.setJsonLog(read.jsonLog());
                return read;
            });
        }
    }

    /** {@code mptcp-tun check-config}. */
    @Command(name = "check-config", description = "Read the configuration and say whether it can be used; nothing is changed on the host.")
    static final class CheckConfig implements Callable<Integer> {
        @Mixin
        private CommonOptions common;

        @Spec
        private CommandSpec spec;

        @Option(names = {"-c", "--config"}, paramLabel = "FILE", defaultValue = DEFAULT_CONFIG, description = "Configuration in YAML. Default: ${DEFAULT-VALUE}.")
        private Path config;

        @Override
        public Integer call() {
            load(config);
            spec.commandLine().getOut().println(config + ": ok");
            spec.commandLine().getOut().flush();
            return ExitCodes.OK;
        }
    }

    /** {@code mptcp-tun exec}. */
    @Command(name = "exec", description = "Run one program in a network namespace of its own, behind the stack: its TCP connections go over all paths. "
            + "UDP of it goes over one path, other traffic nowhere; names are looked up over TCP. Needs root and iproute2. Ends with the program's exit code.",
            exitCodeListHeading = "%nExit codes:%n", exitCodeList = {"N:that of the program", "1:it could not be run", "2:wrong usage or configuration"})
    static final class Exec implements Callable<Integer> {
        @Mixin
        private CommonOptions common;

        @Mixin
        private PathOptions pathOptions;

        @Spec
        private CommandSpec spec;

        @Option(names = {"-c", "--config"}, paramLabel = "FILE", description = "Take paths, scheduler, congestion control and limits from a daemon's configuration.")
        private Path config;

        @Option(names = "--user", paramLabel = "NAME", description = "Run the program as this user. Default: root, or who called sudo.")
        private String user;

        @Parameters(arity = "1..*", paramLabel = "COMMAND", description = "The program and its arguments.")
        private List<String> command;

        @Override
        public Integer call() {
            pathOptions.check(spec.commandLine());
            if (config == null && pathOptions.paths().isEmpty()) {
                throw new ParameterException(spec.commandLine(), "the paths are missing: --path eth0 --path wlan0, or --config FILE");
            }
            common.setLogLevel("warn");
            try {
                String sudoUser = System.getenv("SUDO_USER");
                return NamespaceExec.run(configuration(), user != null ? user : sudoUser, command);
            } catch (SetupException e) {
                throw CommandFailure.failed(e.getMessage(), e);
            }
        }

        private TunConfig configuration() {
            TunConfig base = config == null ? TunConfig.ofPaths(pathOptions.paths()) : load(config);
            return base.forOneProgram(pathOptions.paths());
        }
    }
}
