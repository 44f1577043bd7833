package io.mptcp.cli;

import io.mptcp.cli.lab.FileServer;
import io.mptcp.cli.lab.KernelMptcpSocket;
import io.mptcp.cli.lab.LabNamespace;
import io.mptcp.cli.lab.LabProcess;
import io.mptcp.cli.lab.TwoPathLab;
import io.mptcp.tun.stream.RelayKey;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** A relay on the service addresses of a {@link DaemonLab}, and behind it web servers in plain TCP that only it may go to. */
final class RelayLab {
    static final String TOKEN = "0123456789abcdef0123456789abcdef";
    static final int PORT = 443;
    static final String TARGET_V4 = "10.88.0.1";
    static final String TARGET_V6 = "fd88::1";
    static final int WEB = 8080;
    private static final int IPPROTO_TCP = 6;
    private static final Duration PATIENCE = Duration.ofSeconds(120);

    final DaemonLab lab;
    final Path certificate;
    final Path key;
    final Path socket;
    final String pin;
    LabProcess relay;

    RelayLab(DaemonLab lab) throws IOException {
        this.lab = lab;
        this.certificate = lab.directory.resolve("relay.crt");
        this.key = lab.directory.resolve("relay.key");
        this.socket = lab.directory.resolve("relay.sock");
        this.pin = RelayKey.write(certificate, key);
        lab.network.server().address("lo", TARGET_V4 + "/32");
        lab.network.server().address("lo", TARGET_V6 + "/128");
        for (String address : List.of(TARGET_V4, TARGET_V6)) {
            IpEndpoint target = new IpEndpoint(IpAddress.parse(address), WEB);
            int fd = lab.network.server().call(() -> KernelMptcpSocket.listen(IPPROTO_TCP, target, null));
            lab.lab.own(new FileServer(fd));
        }
    }

    /** @param by kernel or stack. @param more lines of the configuration */
    void startRelay(String by, String more) throws IOException {
        relay = lab.launch(lab.network.server(), "relay", "--config", configureRelay(by, more).toString());
        relay.awaitLine("ready", PATIENCE);
    }

    /** Writes the configuration. @return the file */
    Path configureRelay(String by, String more) throws IOException {
        return Files.writeString(lab.directory.resolve("relay.yaml"), """
                listen: [{address: '[::]:%d', by: %s}]
                paths: [{device: q1}, {device: q2}]
                users: [{name: alice, token: %s}]
                control: {socket: '%s'}
                %s""".formatted(PORT, by, TOKEN, socket, more));
    }

    String tls() {
        return "tls: {certificate: '" + certificate + "', key: '" + key + "'}\n";
    }

    static String egress() {
        return "egress: [{to: " + TARGET_V4 + ", ports: [" + WEB + ", 9]}, {to: '" + TARGET_V6 + "', ports: " + WEB + "}]\n";
    }

    String client(String token, String trust) {
        return "relays: [{name: vps, server: ['" + TwoPathLab.SERVICE_V4 + ":" + PORT + "', '[" + TwoPathLab.SERVICE_V6 + "]:" + PORT + "'], user: alice, token: "
                + token + ", " + trust + "}]\n";
    }

    String pinned() {
        return "pin: " + pin;
    }

    /** Starts the daemon over both paths, its device taking what goes to the targets. */
    void startClient(String more) throws IOException {
        Files.writeString(lab.config, """
                tun: {device: mptcp0, address: 10.255.0.1/30, address6: 'fd00:6d70::1/64', routes: [%s, '%s']}
                control: {socket: '%s'}
                proxy: {socks5: 127.0.0.1:1080, http-connect: 127.0.0.1:8118}
                paths: [{device: p1}, {device: p2}]
                %s""".formatted(TARGET_V4 + "/32", TARGET_V6 + "/128", lab.socket, more));
        lab.daemon = lab.launch("run", "--config", lab.config.toString());
        lab.daemon.awaitLine("ready", PATIENCE);
    }

    /** A host on a network behind the client, which is its router. */
    LabNamespace lan() {
        LabNamespace client = lab.network.client();
        LabNamespace lan = lab.lab.namespace("lan");
        lab.lab.connect(lan, "eth0", client, "lan0");
        lan.address("eth0", "192.168.7.2/24");
        lan.address("eth0", "fd07::2/64");
        client.address("lan0", "192.168.7.1/24");
        client.address("lan0", "fd07::1/64");
        lan.ip("route add default via 192.168.7.1", "route add ::/0 via fd07::1");
        client.sysctl("net.ipv4.ip_forward", "1");
        client.sysctl("net.ipv6.conf.all.forwarding", "1");
        return lan;
    }

    static String url(String address, long bytes) {
        return "http://" + address + ":" + WEB + "/file?bytes=" + bytes;
    }

    /** What {@code mptcp relay --json} says. */
    String status() {
        return lab.ask(socket, "relay", "--json").out();
    }

    /** Waits until it says this. */
    String await(String pattern) {
        long deadlineNanos = System.nanoTime() + PATIENCE.toNanos();
        String said = status();
        while (!said.matches("(?s).*" + pattern + ".*")) {
            if (System.nanoTime() > deadlineNanos) {
                throw new AssertionError("the relay never said " + pattern + ": " + said + "\n" + relay.lines());
            }
            DaemonLab.pause();
            said = status();
        }
        return said;
    }
}
