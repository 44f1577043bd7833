package io.mptcp.cli;

import io.mptcp.netty.host.PathSpec;
import io.mptcp.netty.host.PathTerms;
import io.mptcp.pm.PathRole;
import io.mptcp.tun.ConfigException;
import io.mptcp.tun.PathsConfig;
import io.mptcp.tun.RelaySpec;
import io.mptcp.tun.TunConfig;
import java.io.IOException;
import java.net.NetworkInterface;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code mptcp-tun setup}. */
@Command(name = "setup", description = "Write a configuration: by the options given, or with a few questions when no --path is given.")
final class SetupCommand implements Callable<Integer> {
    @Mixin
    private CommonOptions common;

    @Mixin
    private PathOptions pathOptions;

    @Spec
    private CommandSpec spec;

    @Option(names = {"-o", "--output"}, paramLabel = "FILE", defaultValue = TunCommand.DEFAULT_CONFIG, description = "File to write. Default: ${DEFAULT-VALUE}.")
    private Path output;

    @Option(names = "--route", paramLabel = "NETWORK", description = "Destinations whose TCP connections are taken, once for each; 0.0.0.0/0 and ::/0 for all. Default: all.")
    private List<String> routes = new ArrayList<>();

    @Option(names = "--relay", paramLabel = "FILE", description = "A relay to go by, as 'mptcp-tun relay-setup' has written it there for this client. Default: none.")
    private Path relayFile;

    @Option(names = "--dashboard", negatable = true, description = "Metrics and dashboard on 127.0.0.1:9654. Default: yes.")
    private Boolean dashboard;

    @Option(names = "--force", description = "Replace a file that is there.")
    private boolean force;

    @Override
    public Integer call() throws IOException {
        pathOptions.check(spec.commandLine());
        List<PathSpec> paths = pathOptions.paths();
        if (paths.isEmpty()) {
            paths = ask();
        }
        if (routes.isEmpty()) {
            routes = List.of("0.0.0.0/0", "::/0");
        }
        String text;
        try {
            text = configuration(paths, relayFile == null ? List.of() : RelaySpec.load(relayFile));
            TunConfig.parse(output.toString(), text);
        } catch (ConfigException e) {
            throw CommandFailure.usage(e.getMessage());
        }
        SecretFile.write(output, text, force);
        spec.commandLine().getOut().println(output + ": written. Start with: systemctl enable --now mptcp-tun (or: mptcp-tun run --config " + output + ")");
        spec.commandLine().getOut().flush();
        return ExitCodes.OK;
    }

    private List<PathSpec> ask() throws IOException {
        Questions questions = new Questions(spec.commandLine().getOut(), "name the paths with --path");
        List<String> devices = Questions.uplinks().stream().map(NetworkInterface::getName).toList();
        if (devices.isEmpty()) {
            throw CommandFailure.failed("no interface with an address is up: connect one, or name paths with --path");
        }
        List<String> names = questions.askForWords("Interfaces to use, the best first", String.join(" ", devices));
        List<String> backups = questions.askForWords("Those of them that are only backups", "none");
        if (routes.isEmpty()) {
            routes = questions.askForWords("Destinations to carry", "0.0.0.0/0 ::/0");
        }
        if (relayFile == null) {
            String file = questions.ask("File from a relay ('mptcp-tun relay-setup' writes it there), none for no relay", "none");
            relayFile = file.equals("none") ? null : Path.of(file);
        }
        if (dashboard == null) {
            dashboard = questions.ask("Metrics and dashboard on http://127.0.0.1:9654/ (yes or no)", "yes").startsWith("y");
        }
        List<PathSpec> paths = new ArrayList<>();
        for (String name : names) {
            try {
                PathRole role = backups.contains(name) ? PathRole.BACKUP : PathRole.USE;
                paths.add(PathSpec.of(name).withTerms(PathTerms.DEFAULT.withRole(role)));
            } catch (IllegalArgumentException e) {
                throw new ParameterException(spec.commandLine(), e.getMessage());
            }
        }
        return paths;
    }

    private String configuration(List<PathSpec> paths, List<RelaySpec> relays) {
        StringBuilder yaml = new StringBuilder("""
                # Configuration of mptcp-tun, written by 'mptcp-tun setup'. docs/mptcp-tun.example.yaml has every key.
                tun:
                  device: mptcp0
                """);
        if (routes.stream().anyMatch(route -> !route.contains(":"))) {
            yaml.append("  address: 10.255.0.1/30\n");
        }
        if (routes.stream().anyMatch(route -> route.contains(":"))) {
            yaml.append("  address6: fd00:6d70:7463:7000::1/64\n");
        }
        yaml.append("  routes: [").append(routes.stream().map(route -> "'" + route + "'").collect(Collectors.joining(", "))).append("]\n").append(PathsConfig.yaml(paths)).append(RelaySpec.yaml(relays));
        return yaml.append(dashboard == null || dashboard ? "http:\n  listen: 127.0.0.1:9654\n" : "").toString();
    }
}
