package io.mptcp.cli;

import io.mptcp.netty.host.PathSpec;
import io.mptcp.netty.host.PathTerms;
import io.mptcp.pm.PathRole;
import io.mptcp.tun.ConfigException;
import io.mptcp.tun.PathsConfig;
import io.mptcp.tun.TunConfig;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
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
        String text = configuration(paths);
        try {
            TunConfig.parse(output.toString(), text);
        } catch (ConfigException e) {
            throw CommandFailure.usage(e.getMessage());
        }
        write(text);
        spec.commandLine().getOut().println(output + ": written. Start with: systemctl enable --now mptcp-tun (or: mptcp-tun run --config " + output + ")");
        spec.commandLine().getOut().flush();
        return ExitCodes.OK;
    }

    private List<PathSpec> ask() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        List<String> devices = devices();
        if (devices.isEmpty()) {
            throw CommandFailure.failed("no interface with an address is up: connect one, or name paths with --path");
        }
        String names = question(out, in, "Interfaces to use, the best first", String.join(" ", devices));
        String backups = question(out, in, "Those of them that are only backups", "none");
        if (routes.isEmpty()) {
            routes = words(question(out, in, "Destinations to carry", "0.0.0.0/0 ::/0"));
        }
        if (dashboard == null) {
            dashboard = question(out, in, "Metrics and dashboard on http://127.0.0.1:9654/ (yes or no)", "yes").startsWith("y");
        }
        List<PathSpec> paths = new ArrayList<>();
        for (String name : words(names)) {
            try {
                PathRole role = words(backups).contains(name) ? PathRole.BACKUP : PathRole.USE;
                paths.add(PathSpec.of(name).withTerms(PathTerms.DEFAULT.withRole(role)));
            } catch (IllegalArgumentException e) {
                throw new ParameterException(spec.commandLine(), e.getMessage());
            }
        }
        return paths;
    }

    private static List<String> words(String text) {
        return Arrays.stream(text.split("[\\s,]+")).filter(word -> !word.isEmpty()).toList();
    }

    /** The answer; the default for an empty line. */
    private static String question(PrintWriter out, BufferedReader in, String text, String byDefault) throws IOException {
        out.print(text + " [" + byDefault + "]: ");
        out.flush();
        String answer = in.readLine();
        if (answer == null) {
            throw CommandFailure.usage("no answer: name the paths with --path where nobody can be asked");
        }
        return answer.isBlank() ? byDefault : answer.strip();
    }

    /** Interfaces that are up and have an address of their own. */
    private static List<String> devices() throws SocketException {
        List<String> names = new ArrayList<>();
        for (NetworkInterface device : NetworkInterface.networkInterfaces().toList()) {
            boolean global = device.inetAddresses().anyMatch(address -> !address.isLinkLocalAddress() && !address.isLoopbackAddress());
            if (device.isUp() && !device.isLoopback() && !device.isPointToPoint() && global) {
                names.add(device.getName());
            }
        }
        names.sort(null);
        return names;
    }

    private String configuration(List<PathSpec> paths) {
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
        yaml.append("  routes: [").append(routes.stream().map(route -> "'" + route + "'").collect(Collectors.joining(", "))).append("]\n").append(PathsConfig.yaml(paths));
        return yaml.append(dashboard == null || dashboard ? "http:\n  listen: 127.0.0.1:9654\n" : "").toString();
    }

    private void write(String text) throws IOException {
        Path folder = output.toAbsolutePath().getParent();
        Files.createDirectories(folder);
        EnumSet<StandardOpenOption> how = EnumSet.of(StandardOpenOption.WRITE, force ? StandardOpenOption.CREATE : StandardOpenOption.CREATE_NEW);
        if (force) {
            how.add(StandardOpenOption.TRUNCATE_EXISTING);
        }
        // It may get a token later.
        try (var channel = Files.newByteChannel(output, how, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-r-----")))) {
            channel.write(java.nio.ByteBuffer.wrap(text.getBytes(java.nio.charset.StandardCharsets.UTF_8)));
        } catch (FileAlreadyExistsException e) {
            throw CommandFailure.failed(output + ": is there already: look at it, or replace it with --force", e);
        }
    }
}
