package io.mptcp.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mptcp.cli.lab.Command;
import io.mptcp.cli.lab.LabNamespace;
import io.mptcp.cli.lab.LabProcess;
import io.mptcp.cli.lab.LinkProfile;
import io.mptcp.cli.lab.TwoPathLab;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the walk-throughs for the kernel's MPTCP do with iperf3 and ncat, with this stack at one end and with it at both. */
class WalkThroughTest extends DaemonLabTest {
    private static final int IPERF_PORT = 5201;
    private static final int NCAT_PORT = 4321;
    /** More than handshakes and what tells the two ends of each other. */
    private static final long CARRIED_BYTES = 100_000;
    private static final long NOTHING_BYTES = 10_000;
    private static final List<String> MPTCPIZE = List.of("mptcpize", "run");
    /** Starts the rest of the line with an endless input. */
    private static final List<String> FED = List.of("sh", "-c", "exec \"$@\" </dev/zero", "sh");
    /** Starts the rest of the line and forgets what it prints. */
    private static final List<String> FORGOTTEN = List.of("sh", "-c", "exec \"$@\" >/dev/null", "sh");

    /** Who has this stack: a client has it by the daemon, a server by a command of its own. */
    enum Ends {
        OUR_CLIENT, OUR_SERVER, BOTH_OURS;

        boolean ourClient() {
            return this != OUR_SERVER;
        }

        boolean ourServer() {
            return this != OUR_CLIENT;
        }
    }

    WalkThroughTest() {
        super(LinkProfile.of(10, 5, 50), LinkProfile.of(10, 5, 50));
    }

    private static List<String> command(List<String> starter, String... program) {
        List<String> command = new ArrayList<>(starter);
        command.addAll(List.of(program));
        return command;
    }

    private static void need(String... programs) {
        for (String program : programs) {
            assumeTrue(Command.find(program).isPresent(), () -> "needs the program " + program);
        }
    }

    /** One more subflow, or none. */
    private void allowSubflows(Ends ends, int subflows) {
        if (ends.ourClient()) {
            assertEquals(0, lab.mptcp("limits", "set", "subflows", "" + subflows).code());
        } else {
            lab.network.client().ip("mptcp limits set subflows " + subflows);
        }
    }

    private LabProcess client(Ends ends, List<String> starter, String... program) {
        List<String> command = new ArrayList<>(starter);
        command.addAll(ends.ourClient() ? List.of() : MPTCPIZE);
        return lab.network.client().start(command(command, program));
    }

    /** Bytes that have passed so far, both directions together. */
    private List<Long> passed() {
        return lab.network.paths().stream().map(path -> path.forward().deliveredBytes() + path.backward().deliveredBytes()).toList();
    }

    private List<Long> passedSince(List<Long> before) {
        List<Long> now = passed();
        return IntStream.range(0, now.size()).mapToObj(path -> now.get(path) - before.get(path)).toList();
    }

    private void startOurClient(Ends ends) throws Exception {
        if (ends.ourClient()) {
            lab.start("");
        } else {
            lab.network.client().ip("mptcp endpoint add " + TwoPathLab.clientV4(2) + " dev p2 subflow");
        }
    }

    // ---- iperf3 ----

    private void startIperfServer(Ends ends) {
        LabNamespace server = lab.network.server();
        if (ends.ourServer()) {
            lab.launchMptcp(server, List.of(), "perf", "-s", "--path", "q1", "--path", "q2").awaitLine("listening", PATIENCE);
            return;
        }
        server.start(command(MPTCPIZE, "iperf3", "-s", "--forceflush")).awaitLine("listening", PATIENCE);
        LabProcess ss = server.start(List.of("ss", "-santi"));
        ss.awaitEndOfOutput(PATIENCE);
        assertTrue(String.join("\n", ss.lines()).matches("(?s).*LISTEN [^\n]*:" + IPERF_PORT + " [^\n]*\n[^\n]* tcp-ulp-mptcp.*"), ss.lines().toString());
    }

    private LabProcess iperf(Ends ends) {
        return client(ends, List.of(), "iperf3", "-c", TwoPathLab.SERVICE_V4, "-t", "1");
    }

    private List<Long> passedBy(LabProcess iperf, List<Long> before) {
        assertEquals(0, iperf.awaitExit(PATIENCE), () -> iperf.lines().toString());
        return passedSince(before);
    }

    @ParameterizedTest
    @EnumSource
    void iperf3WithOneSubflowUsesOneInterfaceAndWithTwoBoth(Ends ends) throws Exception {
        need("iperf3", "mptcpize");
        startOurClient(ends);
        startIperfServer(ends);
        allowSubflows(ends, 0);
        List<Long> before = passed();
        LabProcess alone = iperf(ends);
        if (ends.ourClient()) {
            lab.await(List.of("p1 +ESTABLISHED", "p2 +not used: [^\n]*limit"), "connections");
        }
        List<Long> one = passedBy(alone, before);
        allowSubflows(ends, 2);
        List<Long> beforeSecond = passed();
        List<Long> both = passedBy(iperf(ends), beforeSecond);
        System.out.println(ends + ": bytes over p1 and p2, with one subflow " + one + ", with two " + both);
        assertTrue(one.getFirst() > CARRIED_BYTES && one.getLast() < NOTHING_BYTES, "with one subflow: " + one);
        assertTrue(both.stream().allMatch(bytes -> bytes > CARRIED_BYTES), "with two subflows: " + both);
    }

    // ---- ncat ----

    private void startNcatServer(Ends ends) {
        LabNamespace server = lab.network.server();
        if (ends.ourServer()) {
            lab.launchMptcp(server, FED, "cat", "-k", "-l", "-v", "--path", "q1", "--path", "q2", "" + NCAT_PORT).awaitLine("listening", PATIENCE);
        } else {
            List<String> fed = command(FED, MPTCPIZE.toArray(String[]::new));
            server.start(command(fed, "ncat", "-v", "-k", "-l", TwoPathLab.SERVICE_V4, "" + NCAT_PORT)).awaitLine("Listening", PATIENCE);
        }
    }

    private void awaitBytes(int path, LabProcess ncat) {
        long from = passed().get(path - 1);
        DaemonLab.await("bytes over path " + path, () -> passed().get(path - 1) > from + CARRIED_BYTES);
        assertTrue(ncat.process().isAlive(), () -> ncat.lines().toString());
    }

    /** One connection, and whoever reads from it does not know. */
    @ParameterizedTest
    @EnumSource
    void ncatGoesOnWhileAnInterfaceGoesDownAndComesBack(Ends ends) throws Exception {
        need("ncat", "mptcpize");
        startOurClient(ends);
        startNcatServer(ends);
        LabProcess ncat = client(ends, FORGOTTEN, "ncat", TwoPathLab.SERVICE_V4, "" + NCAT_PORT);
        awaitBytes(1, ncat);
        awaitBytes(2, ncat);
        LabNamespace host = lab.network.client();
        host.ip("link set p2 down");
        awaitBytes(1, ncat);
        if (ends.ourClient()) {
            lab.await(List.of("p1 +ESTABLISHED", "p2 +not used: link down"), "connections");
        }
        // Its route went with it, as on any host.
        host.ip("link set p2 up", "route replace default via " + TwoPathLab.serverV4(2) + " dev p2 metric 200");
        awaitBytes(2, ncat);
    }
}
