package io.mptcp.cli;

import io.mptcp.netty.host.PathSpec;
import io.mptcp.netty.linux.KernelMptcp;
import io.mptcp.tun.ConfigException;
import io.mptcp.tun.ConfigNode;
import io.mptcp.tun.PathsConfig;
import io.mptcp.tun.RelaySpec;
import io.mptcp.tun.relay.RelayConfig;
import io.mptcp.tun.stream.RelayKey;
import io.mptcp.tun.stream.Tls;
import io.mptcp.wire.IpAddress;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code mptcp-tun relay-setup}. */
@Command(name = "relay-setup", description = "Write the configuration of a relay, its key, and for each user a file for 'mptcp-tun setup --relay FILE' on the client: "
        + "by the options given, or with a few questions when no --server is given.")
final class RelaySetupCommand implements Callable<Integer> {
    private static final int DEFAULT_PORT = 443;
    private static final int TOKEN_BYTES = 32;
    /** Not 25: a relay that can send mail soon does. */
    private static final String PORTS = "[22, 53, 80, 123, 443, 587, 993, 1024-65535]";

    @Mixin
    private CommonOptions common;

    @Spec
    private CommandSpec spec;

    @Option(names = {"-o", "--output"}, paramLabel = "FILE", defaultValue = RelayCommand.DEFAULT_CONFIG,
            description = "File to write; the others are put beside it. Default: ${DEFAULT-VALUE}.")
    private Path output;

    @Option(names = "--server", paramLabel = "ADDRESS[:PORT]", description = "By which clients reach this host, once for each address. Default port: 443.")
    private List<String> servers = new ArrayList<>();

    @Option(names = "--user", paramLabel = "NAME", description = "A client, once for each; it gets a token and a file client-NAME.yaml. Default: home.")
    private List<String> users = new ArrayList<>();

    @Option(names = "--egress", paramLabel = "NETWORK", description = "Where users may go, once for each, by ports " + PORTS + ". Default: 0.0.0.0/0 and ::/0, "
            + "which do not include private networks.")
    private List<String> egress = new ArrayList<>();

    @Option(names = "--force", description = "Replace files that are there: users get new tokens. A key that is there is used in any case.")
    private boolean force;

    private final SecureRandom random = new SecureRandom();

    @Override
    public Integer call() throws IOException {
        if (servers.isEmpty()) {
            ask();
        }
        users = users.isEmpty() ? List.of("home") : users;
        egress = egress.isEmpty() ? List.of("0.0.0.0/0", "::/0") : egress;
        List<InetSocketAddress> addresses = servers.stream().map(RelaySetupCommand::address).toList();
        List<String> tokens = users.stream().map(_ -> token()).toList();
        Path certificate = output.toAbsolutePath().resolveSibling("relay.crt");
        Path key = output.toAbsolutePath().resolveSibling("relay.key");
        String text = configuration(addresses, tokens, certificate, key);
        try {
            RelayConfig.parse(output.toString(), text);
        } catch (ConfigException e) {
            throw CommandFailure.usage(e.getMessage());
        }
        // Before anything is written.
        for (Path file : files()) {
            if (!force && Files.exists(file)) {
                throw SecretFile.isThere(file, null);
            }
        }
        String pin = Files.exists(certificate) && Files.exists(key) ? Tls.pin(certificate) : RelayKey.write(certificate, key);
        for (int i = 0; i < users.size(); i++) {
            RelaySpec relay = new RelaySpec("relay", addresses, users.get(i), tokens.get(i), new RelaySpec.TlsTrust(pin, null));
            SecretFile.write(clientFile(users.get(i)), "# For 'mptcp-tun setup --relay FILE' on " + users.get(i) + ". To be kept secret: who has the token may use the relay.\n"
                    + RelaySpec.yaml(List.of(relay)), force);
        }
        SecretFile.write(output, text, force);
        PrintWriter out = spec.commandLine().getOut();
        out.println(output + ": written. Start with: systemctl enable --now mptcp-tun-relay (or: mptcp-tun relay --config " + output + ")");
        users.forEach(user -> out.println(clientFile(user) + ": written. Copy it to " + user + ", and there: mptcp-tun setup --relay " + clientFile(user).getFileName()));
        out.flush();
        return ExitCodes.OK;
    }

    private void ask() throws IOException {
        Questions questions = new Questions(spec.commandLine().getOut(), "name the address with --server");
        String known = Questions.uplinks().stream().flatMap(device -> device.inetAddresses().filter(Questions::isGlobal))
                .map(address -> IpAddress.of(address.getAddress()).toString()).collect(Collectors.joining(" "));
        servers = questions.askForWords("Addresses by which clients reach this host", known);
        if (users.isEmpty()) {
            users = questions.askForWords("Names for its clients", "home");
        }
        if (egress.isEmpty()) {
            egress = questions.askForWords("Where they may go", "0.0.0.0/0 ::/0");
        }
    }

    private static InetSocketAddress address(String text) {
        try {
            return new InetSocketAddress(InetAddress.ofLiteral(IpAddress.parse(text).toString()), DEFAULT_PORT);
        } catch (IllegalArgumentException withPort) {
            try {
                return ConfigNode.socketAddress(text);
            } catch (IllegalArgumentException e) {
                throw CommandFailure.usage("--server: '" + text + "' is not an address as 203.0.113.9, 203.0.113.9:443 or '[2001:db8::9]:443'");
            }
        }
    }

    private String token() {
        byte[] bytes = new byte[TOKEN_BYTES];
        random.nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    private List<Path> files() {
        List<Path> files = new ArrayList<>(List.of(output));
        users.forEach(user -> files.add(clientFile(user)));
        return files;
    }

    private Path clientFile(String user) {
        return output.resolveSibling("client-" + user + ".yaml");
    }

    private String configuration(List<InetSocketAddress> addresses, List<String> tokens, Path certificate, Path key) throws IOException {
        StringBuilder yaml = new StringBuilder("""
                # Configuration of 'mptcp-tun relay', written by 'mptcp-tun relay-setup'. docs/relay.example.yaml has every key.
                listen:
                """);
        addresses.stream().map(InetSocketAddress::getPort).distinct().forEach(port -> yaml.append("  - address: '[::]:").append(port).append("'\n"));
        yaml.append("tls:\n  certificate: '").append(certificate).append("'\n  key: '").append(key).append("'\nusers:\n");
        for (int i = 0; i < users.size(); i++) {
            yaml.append("  - {name: '").append(users.get(i)).append("', token: '").append(tokens.get(i)).append("'}\n");
        }
        yaml.append("egress:\n");
        egress.forEach(network -> yaml.append("  - {to: '").append(network).append("', ports: ").append(PORTS).append("}\n"));
        if (!KernelMptcp.available()) { // this stack listens, over interfaces
            yaml.append(PathsConfig.yaml(Questions.uplinks().stream().map(device -> PathSpec.of(device.getName())).toList()));
        }
        return yaml.toString();
    }
}
