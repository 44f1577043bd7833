package io.mptcp.cli;

import io.mptcp.tun.ConfigException;
import io.mptcp.tun.relay.RelayConfig;
import io.mptcp.tun.relay.RelayDaemon;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code mptcp-tun relay}. */
@Command(name = "relay", description = "Run the far end in the foreground: takes clients' connections by Multipath TCP and carries them on to their destinations. "
        + "Prints 'ready: ...' when they can come.")
final class RelayCommand implements Callable<Integer> {
    static final String DEFAULT_CONFIG = "/etc/mptcp-tun/relay.yaml";

    @Mixin
    private CommonOptions common;

    @Spec
    private CommandSpec spec;

    @Option(names = {"-c", "--config"}, paramLabel = "FILE", defaultValue = DEFAULT_CONFIG,
            description = "Configuration in YAML; docs/relay.example.yaml explains every key. Default: ${DEFAULT-VALUE}.")
    private Path config;

    @Option(names = "--check", description = "Only say whether the configuration can be used.")
    private boolean check;

    @Override
    public Integer call() {
        RelayConfig read;
        try {
            read = RelayConfig.load(config);
        } catch (ConfigException e) {
            throw CommandFailure.usage(e.getMessage());
        }
        if (check) {
            spec.commandLine().getOut().println(config + ": ok");
            read.warnings().forEach(warning -> spec.commandLine().getOut().println("warning: " + warning));
            spec.commandLine().getOut().flush();
            return ExitCodes.OK;
        }
        common.setLogLevel(read.log());
        common.setJsonLog(read.jsonLog());
        return RelayDaemon.run(read, () -> RelayConfig.load(config));
    }
}
