package io.mptcp.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mptcp.cli.lab.Command;
import io.mptcp.cli.lab.FileServer;
import io.mptcp.cli.lab.KernelMptcpSocket;
import io.mptcp.cli.lab.LabNamespace;
import io.mptcp.cli.lab.LabProcess;
import io.mptcp.cli.lab.LinkProfile;
import io.mptcp.cli.lab.TwoPathLab;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Two relays behind one address, as docs/relay-fleet.md has it: a balancer that knows nothing of Multipath TCP gives each connection to one of them, and by
 * flag C and ADD_ADDR its further subflows go there, past the balancer (RFC 8684 sections 3.1 and 3.4.1).
 */
class RelayFleetTest extends DaemonLabTest {
    private static final Path EXAMPLE = Path.of("..", "docs", "relay-fleet.nft");
    private static final int JOIN_PORT = 4430;
    private static final long ENDLESS = 500_000_000;
    /** That the balancer's hash gives one node all of so many connections does not happen. */
    private static final int MOST_CONNECTIONS = 40;
    private static final String ECHO_SERVER = """
            import socket
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(('10.88.0.1', 7)); print('listening', flush=True)
            while True: s.sendto(*s.recvfrom(65535))
            """;

    private final List<Node> nodes = new ArrayList<>();
    private RelayLab relays;

    RelayFleetTest() {
        super(LinkProfile.of(20, 10, 100), LinkProfile.of(20, 20, 100));
    }

    /** One relay, with a web server of its own beside it. */
    private final class Node {
        final int number;
        final LabNamespace host;
        final Path socket;
        LabProcess relay;

        Node(int number) {
            this.number = number;
            host = lab.lab.namespace("node" + number);
            socket = directory.resolve("node" + number + ".sock");
            LabNamespace balancer = lab.network.server();
            lab.lab.connect(host, "eth0", balancer, "n" + number);
            host.address("eth0", v4() + "/24");
            host.address("eth0", v6() + "/64");
            balancer.address("n" + number, "10.60." + number + ".1/24");
            balancer.address("n" + number, "fd60:" + number + "::1/64");
            host.ip("route add default via 10.60." + number + ".1", "route add ::/0 via fd60:" + number + "::1", "mptcp limits set subflows 8");
            host.address("lo", RelayLab.TARGET_V4 + "/32");
            IpEndpoint web = new IpEndpoint(IpAddress.parse(RelayLab.TARGET_V4), RelayLab.WEB);
            int fd = host.call(() -> KernelMptcpSocket.listen(6, web, null));
            lab.lab.own(new FileServer(fd));
        }

        String v4() {
            return "10.60." + number + ".2";
        }

        String v6() {
            return "fd60:" + number + "::2";
        }

        void start(String configuration) throws IOException {
            Path file = directory.resolve("node" + number + ".yaml");
            Files.writeString(file, configuration + "control: {socket: '" + socket + "'}\n");
            relay = lab.launch(host, "relay", "--config", file.toString());
            relay.awaitLine("ready", PATIENCE);
        }

        long says(String what) {
            Matcher found = Pattern.compile("\"" + what + "\":([0-9]+)").matcher(lab.ask(socket, "relay", "--json").out());
            return found.find() ? Long.parseLong(found.group(1)) : 0;
        }

        long kernelSays(String counter) {
            return host.counters("MPTcpExt").getOrDefault(counter, 0L);
        }
    }

    @BeforeEach
    void makeNodes() throws Exception {
        assumeTrue(Command.find("nft").isPresent(), "needs the program nft");
        relays = new RelayLab(lab);
        LabNamespace balancer = lab.network.server();
        balancer.sysctl("net.ipv4.ip_forward", "1");
        balancer.sysctl("net.ipv6.conf.all.forwarding", "1");
        nodes.add(new Node(1));
        nodes.add(new Node(2));
        balance(Files.readString(EXAMPLE));
    }

    private String v4(int node) {
        return nodes.get(node - 1).v4();
    }

    /** The example with the addresses that there are here. */
    private void balance(String example) throws Exception {
        String rules = example;
        for (int node = 1; node <= 2; node++) {
            rules = rules.replace("203.0.113.1" + node, v4(node)).replace("2001:db8::1" + node, nodes.get(node - 1).v6());
        }
        rules = rules.replace("203.0.113.9", TwoPathLab.SERVICE_V4).replace("2001:db8::9", TwoPathLab.SERVICE_V6);
        Path file = Files.writeString(directory.resolve("fleet.nft"), rules);
        LabProcess nft = lab.network.server().start(List.of("nft", "-f", file.toString()));
        assertEquals(0, nft.awaitExit(PATIENCE), nft.lines().toString());
    }

    private String clientsByStack() {
        return """
                listen: [{address: '[::]:443', by: stack}]
                paths: [{device: eth0}]
                users: [{name: alice, token: %s}]
                egress: [{to: %s, ports: [%d, 7]}]
                """.formatted(RelayLab.TOKEN, RelayLab.TARGET_V4, RelayLab.WEB) + relays.tls();
    }

    private static String fleet(Node node) {
        return """
                allow-join-initial-addr-port: false
                announce: [{address: %s, port: %d}, {address: '%s', port: %d}]
                """.formatted(node.v4(), JOIN_PORT, node.v6(), JOIN_PORT);
    }

    /** Without the limit of 100 seconds that others have: on a busy machine the test takes longer. */
    private LabProcess endless() {
        return lab.curl(RelayLab.url(RelayLab.TARGET_V4, ENDLESS), "--max-time", "0");
    }

    private long delivered(int path) {
        return lab.network.paths().get(path).backward().deliveredBytes();
    }

    @Test
    void everyJoinFindsTheRelayOfItsConnection() throws Exception {
        for (Node node : nodes) {
            node.start(clientsByStack() + fleet(node));
            node.host.start(List.of("python3", "-c", ECHO_SERVER)).awaitLine("listening", PATIENCE);
        }
        relays.startClient(relays.client(RelayLab.TOKEN, relays.pinned()) + "udp: {use: relay}\n");
        List<LabProcess> downloads = new ArrayList<>();
        while (nodes.stream().anyMatch(node -> node.says("connections") < 3)) { // one of them for datagrams
            assertTrue(downloads.size() < MOST_CONNECTIONS, "all at one relay");
            downloads.add(endless());
            int all = downloads.size() + 1;
            DaemonLab.await("one connection more", () -> nodes.stream().mapToLong(node -> node.says("connections")).sum() == all);
        }
        int all = downloads.size() + 1;
        DaemonLab.await("a join for each", () -> nodes.stream().mapToLong(node -> node.says("MPJoinAckRx")).sum() == all);
        // Connections begin over the first path, or over the second where that does not answer soon enough, as on a busy machine.
        String first = "-> 10.99.0.1:443\n";
        String join = "-> 10.60.%1$d.2:" + JOIN_PORT + "\n";
        String both = "p1 +ESTABLISHED [^\n]* %s[^\n]*\n +p2 +ESTABLISHED [^\n]* %s";
        String either = "(" + both.formatted(first, join) + "|" + both.formatted(join, first) + ")";
        lab.await(List.of(either.formatted(1), either.formatted(2)), "connections");
        echo();

        lab.network.paths().get(0).cut();
        long then = delivered(1);
        DaemonLab.await("data over the second alone", () -> delivered(1) > then + 1_000_000);
        lab.network.paths().get(0).restore();
        long before = delivered(0);
        DaemonLab.await("data over the first again", () -> delivered(0) > before + 500_000);
        assertAllRunning(downloads);
        for (Node node : nodes) {
            assertEquals(0, node.says("MPJoinNoTokenFound"), "joins that came to the wrong relay, " + node.number);
            assertEquals(0, node.says("MPJoinRejected"));
        }

        killed(downloads);
    }

    /** The balancer has nothing for UDP: it goes to the relay itself. */
    private void echo() {
        LabProcess echo = lab.network.client().start(List.of("python3", "-c", """
                import socket
                s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.connect(('10.88.0.1', 7)); s.settimeout(1)
                for attempt in range(60):
                    try: s.send(b'x'); s.recv(100); print('echoed'); break
                    except OSError: pass
                """));
        assertEquals(0, echo.awaitExit(PATIENCE), echo.lines().toString());
        echo.awaitEndOfOutput(PATIENCE);
        assertEquals(List.of("echoed"), echo.lines());
    }

    /** One relay is killed and taken out: what is new goes to the other, and what was there already stays. */
    private void killed(List<LabProcess> downloads) throws Exception {
        nodes.get(0).relay.kill();
        nodes.get(0).relay.awaitExit(PATIENCE);
        String example = Files.readString(EXAMPLE);
        String withoutTheFirst = example.replaceAll("mod 2 map \\{ 0 : [^,]*, 1 : ([^ ]*) }", "mod 1 map { 0 : $1 }");
        assertNotEquals(example, withoutTheFirst);
        balance(withoutTheFirst);
        Node left = nodes.get(1);
        long accepted = left.says("accepted");
        for (int i = 0; i < 5; i++) {
            LabProcess small = lab.curl(RelayLab.url(RelayLab.TARGET_V4, 1000));
            assertEquals(0, small.awaitExit(PATIENCE), small.lines() + "\n" + lab.daemon.lines() + "\n" + left.relay.lines());
        }
        assertTrue(left.says("accepted") >= accepted + 5, "all of them at the relay that is left");
        long before = left.says("connections");
        assertTrue(before >= 2 && downloads.stream().filter(download -> download.process().isAlive()).count() >= 2, "those of the other relay go on");
    }

    /** What all this is for: by the balancer, joins come to relays that know nothing of their connection. */
    @Test
    void byTheBalancerJoinsGoAstray() throws Exception {
        for (Node node : nodes) {
            node.start(clientsByStack());
        }
        relays.startClient(relays.client(RelayLab.TOKEN, relays.pinned()));
        for (int i = 0; nodes.stream().mapToLong(node -> node.says("MPJoinNoTokenFound")).sum() == 0; i++) {
            assertTrue(i < MOST_CONNECTIONS, "no join has gone astray");
            LabProcess download = lab.curl(RelayLab.url(RelayLab.TARGET_V4, 300_000));
            assertEquals(0, download.awaitExit(PATIENCE), download.lines() + "\n" + lab.daemon.lines());
        }
    }

    /** Services offered by relays on the kernel's Multipath TCP, to clients on the kernel's and on this project's. */
    @Test
    void soItIsWithTheKernelsMptcpAtEitherEnd() throws Exception {
        assumeTrue(Command.find("mptcpize").isPresent(), "needs the program mptcpize");
        for (Node node : nodes) {
            node.host.sysctl("net.mptcp.allow_join_initial_addr_port", "0");
            node.host.ip("mptcp endpoint add " + node.v4() + " dev eth0 signal port " + JOIN_PORT,
                    "mptcp endpoint add " + node.v6() + " dev eth0 signal port " + JOIN_PORT);
            node.start("forward: [{address: '[::]:443', by: kernel, to: " + RelayLab.TARGET_V4 + ":" + RelayLab.WEB + "}]\n");
        }
        LabNamespace client = lab.network.client();
        client.ip("mptcp endpoint add " + TwoPathLab.clientV4(2) + " dev p2 subflow fullmesh",
                "mptcp endpoint add " + TwoPathLab.clientV6(2) + " dev p2 subflow fullmesh");
        for (String address : List.of(TwoPathLab.SERVICE_V4, "[" + TwoPathLab.SERVICE_V6 + "]")) {
            carriedByBothNodes(() -> client.start(List.of("mptcpize", "run", "curl", "-sS", "-g", "--noproxy", "*", "-o", "/dev/null",
                    "http://" + address + ":443/file?bytes=" + ENDLESS)), () -> { });
        }
        lab.start("");
        carriedByBothNodes(() -> lab.curl("http://" + TwoPathLab.SERVICE_V4 + ":443/file?bytes=" + ENDLESS, "--max-time", "0"),
                () -> lab.await(List.of("p1 +ESTABLISHED [^\n]* -> 10.99.0.1:443\n", "p2 +ESTABLISHED [^\n]* -> 10.60.[12].2:" + JOIN_PORT + "\n"), "connections"));
    }

    private void carriedByBothNodes(Supplier<LabProcess> start, Runnable check) {
        long[] before = nodes.stream().mapToLong(node -> node.kernelSays("MPJoinAckRx")).toArray();
        List<LabProcess> downloads = new ArrayList<>();
        while (nodes.get(0).kernelSays("MPJoinAckRx") == before[0] || nodes.get(1).kernelSays("MPJoinAckRx") == before[1]) {
            assertTrue(downloads.size() < MOST_CONNECTIONS, "all at one relay");
            downloads.add(start.get());
            long joins = before[0] + before[1] + downloads.size();
            DaemonLab.await("a join for each", () -> nodes.stream().mapToLong(node -> node.kernelSays("MPJoinAckRx")).sum() >= joins);
        }
        check.run();
        assertAllRunning(downloads);
        for (Node node : nodes) {
            assertEquals(0, node.kernelSays("MPJoinNoTokenFound"), "joins that came to the wrong relay, " + node.number);
            assertNotEquals(0, node.kernelSays("MPJoinPortSynRx"));
        }
        downloads.forEach(LabProcess::close);
    }

    private static void assertAllRunning(List<LabProcess> downloads) {
        downloads.forEach(download -> assertTrue(download.process().isAlive(), () -> download.lines().toString()));
    }
}
