package io.mptcp.cli.interop;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mptcp.cli.interop.StreamPlan.Ending;
import io.mptcp.cli.lab.Lab;
import io.mptcp.cli.lab.LabNamespace;
import io.mptcp.cli.lab.LabProcess;
import io.mptcp.cli.lab.LinkProfile;
import io.mptcp.cli.lab.TwoPathLab;
import io.mptcp.wire.IpAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Our stack and the kernel's MPTCP over two paths with rate and delay, as client and as server, with and without DSS checksums, over IPv4, IPv6 and
 * joined across families, in every way to end a connection, over clean, lossy and reordering paths. One laboratory for the first two and
 * the last, in which all its connections are open at once. Both sides' counters and the capture are the witnesses.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@Isolated("a pause makes either stack send a reset that it would not send otherwise")
class InteropMatrixTest extends KernelLabTest {
    private static final int FIRST_PORT = 5000;
    private static final Pattern TROUBLE = Pattern.compile("Fallback|MPRst|EstabResets|HMac|Corruption|Csum|NoMatch|NotMatching|Fail|Fastclose|Reset|Drop|Rejected|NoToken"
            + "|InfiniteMap|Blackhole|NoMPJoin|Malformed|Internal");
    /** As {@code ss} counts them: without the first one. */
    private static final Pattern ADDITIONAL_SUBFLOWS = Pattern.compile(" subflows:[1-9]");
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Pattern ABORTION = Pattern.compile("MPFastclose[TR]x|MPRst[TR]x|EstabResets");

    /** Who is on our side. */
    enum Role { OUR_CLIENT, OUR_SERVER }

    /** What the paths do. */
    enum Network {
        CLEAN(LinkProfile.of(200, 5, 50)),
        LOSS(CLEAN.profile.withLoss(0.01)),
        REORDERING(CLEAN.profile.withReordering(0.05, 4));

        final LinkProfile profile;

        Network(LinkProfile profile) {
            this.profile = profile;
        }
    }

    @TempDir
    private static Path directory;
    private TwoPathLab network;

    static Stream<Arguments> groups() {
        return Stream.of(Network.values()).flatMap(network -> Stream.of(Role.values()).flatMap(role ->
                Stream.of(false, true).map(checksum -> Arguments.of(network, role, checksum))));
    }

    @Order(1)
    @ParameterizedTest(name = "{0}, {1}, checksum {2}")
    @MethodSource("groups")
    void connectionsOfAllFamiliesEndInEveryWay(Network paths, Role role, boolean checksum) throws Exception {
        lab = Lab.create();
        network = TwoPathLab.create(lab, paths.profile, paths.profile);
        boolean ourClient = role == Role.OUR_CLIENT;
        LabNamespace kernel = ourClient ? network.server() : network.client();
        kernel.sysctl("net.mptcp.checksum_enabled", checksum ? "1" : "0");
        if (ourClient) {
            kernel.ip("mptcp endpoint add " + TwoPathLab.SERVICE_V6 + " signal");
        } else {
            kernel.ip("mptcp endpoint add " + TwoPathLab.clientV4(2) + " dev p2 subflow", "mptcp endpoint add " + TwoPathLab.clientV6(2) + " dev p2 subflow");
        }
        List<InteropCell> cells = cells();
        try (StackHost stack = stack(ourClient, cells, checksum, capture(paths, role, checksum))) {
            InteropCell.Wave orderly = new InteropCell.Wave(network, stack, ourClient, cells.stream().filter(cell -> cell.ending() != Ending.ABORT).toList());
            orderly.join();
            assertKernelSees(kernel, orderly.size());
            assertAll(orderly.finish());
            assertEquals(List.of(), stack.resets(), "resets");
            int answers = stack.answersToPayload();
            assertEquals(Map.of(), withoutAnswers(troubles(stack.counters()), answers), "our counters");
            assertEquals(Map.of(), withoutAnswers(troubles(kernelCounters(kernel)), answers), "the kernel's counters");
            assertEquals(0, (ourClient ? network.client() : network.server()).counters("Tcp").get("OutRsts"), "resets by the kernel in our place");

            InteropCell.Wave aborted = new InteropCell.Wave(network, stack, ourClient, cells.stream().filter(cell -> cell.ending() == Ending.ABORT).toList());
            aborted.join();
            assertAll(aborted.finish());
            assertAborted(ourClient ? stack.counters() : kernelCounters(kernel), ourClient ? kernelCounters(kernel) : stack.counters(), aborted.size());
            assertConnections(kernelCounters(kernel), ourClient, cells.size(), paths);
        }
    }

    @Order(2)
    @ParameterizedTest(name = "{0}, {1}, checksum {2}")
    @MethodSource("groups")
    void tsharkFindsNoFaultInTheirCaptures(Network paths, Role role, boolean checksum) throws Exception {
        assumeTrue(TsharkCapture.isInstalled(), "tshark is not installed");
        Path file = capture(paths, role, checksum);
        assumeTrue(Files.exists(file), "the connections have not been made: run the whole class");
        List<InteropCell> cells = cells();
        TsharkCapture capture = new TsharkCapture(file, FIRST_PORT, FIRST_PORT + cells.size() - 1);
        capture.assertNoFaults();
        capture.assertConnections(cells.size());
        Map<Integer, long[]> bytes = new TreeMap<>();
        cells.stream().filter(cell -> cell.ending() != Ending.ABORT).forEach(cell ->
                bytes.put(cell.port(), new long[] {cell.ending().server.sendBytes(), cell.ending().client.sendBytes()}));
        capture.assertDataSequences(bytes, checksum);
    }

    private static Path capture(Network paths, Role role, boolean checksum) {
        return directory.resolve(paths + "-" + role + "-" + checksum + ".pcapng");
    }

    private StackHost stack(boolean ourClient, List<InteropCell> cells, boolean checksum, Path capture) {
        int[] ports = ourClient ? new int[0] : cells.stream().mapToInt(InteropCell::port).toArray();
        List<String> devices = ourClient ? List.of("p1", "p2") : List.of("q1", "q2");
        return new StackHost(ourClient ? network.client() : network.server(), devices, ports,
                ourClient ? null : IpAddress.parse(TwoPathLab.SERVICE_V6), checksum, capture);
    }

    private static List<InteropCell> cells() {
        List<InteropCell> cells = new ArrayList<>();
        for (InteropCell.Family family : InteropCell.Family.values()) {
            for (Ending ending : Ending.values()) {
                cells.add(new InteropCell(family, ending, FIRST_PORT + cells.size()));
            }
        }
        return cells;
    }

    /** What {@code ss} and the gauges show while all connections are open and joined. */
    private static void assertKernelSees(LabNamespace kernel, int connections) {
        assertEquals(connections, kernel.counters("MPTcpExt").get("MPCurrEstab"), "MPCurrEstab");
        LabProcess ss = kernel.start(List.of("ss", "-HMniO", "state", "established"));
        ss.awaitEndOfOutput(PATIENCE);
        List<String> sockets = ss.lines().stream().filter(line -> !line.isBlank()).toList();
        assertEquals(connections, sockets.size(), sockets.toString());
        assertTrue(sockets.stream().allMatch(line -> ADDITIONAL_SUBFLOWS.matcher(line).find()), sockets.toString());
    }

    /** MP_FASTCLOSE for each connection, and for each subflow a RST at most, from who aborted. */
    private static void assertAborted(Map<String, Long> by, Map<String, Long> of, int connections) {
        assertTrue(by.getOrDefault("MPFastcloseTx", 0L) >= connections, by.toString());
        assertTrue(of.getOrDefault("MPFastcloseRx", 0L) >= connections, of.toString());
        for (Map<String, Long> counters : List.of(by, of)) {
            Map<String, Long> others = new TreeMap<>(troubles(counters));
            others.keySet().removeIf(name -> ABORTION.matcher(name).matches());
            assertEquals(Map.of(), others);
        }
    }

    /** The kernel's own count of handshakes and joins. Those whose segments are lost it may count twice. */
    private static void assertConnections(Map<String, Long> kernel, boolean ourClient, int connections, Network paths) {
        List<String> names = ourClient ? List.of("MPCapableSYNRX", "MPCapableACKRX", "MPJoinSynRx", "MPJoinAckRx")
                : List.of("MPCapableSYNTX", "MPCapableSYNACKRX", "MPJoinSynTx", "MPJoinSynAckRx");
        for (String name : names) {
            long count = kernel.getOrDefault(name, 0L);
            assertTrue(count >= connections, name + ": " + kernel);
            assertTrue(paths == Network.LOSS || !ourClient || count == connections, name + ": " + kernel);
        }
    }

    private static Map<String, Long> kernelCounters(LabNamespace namespace) {
        Map<String, Long> counters = new TreeMap<>(namespace.counters("MPTcpExt"));
        for (String name : List.of("EstabResets", "InCsumErrors")) {
            counters.put(name, namespace.counters("Tcp").get(name));
        }
        counters.values().removeIf(value -> value == 0);
        return counters;
    }

    /** A reset that answers payload after the end of a connection is counted by both sides. */
    private static Map<String, Long> withoutAnswers(Map<String, Long> troubles, int answers) {
        troubles.computeIfPresent("MPRstRx", (name, count) -> count <= answers ? null : count);
        troubles.computeIfPresent("MPRstTx", (name, count) -> count <= answers ? null : count);
        return troubles;
    }

    /** Counters that must be 0 when all was well. */
    private static Map<String, Long> troubles(Map<String, Long> counters) {
        Map<String, Long> troubles = new TreeMap<>(counters);
        troubles.values().removeIf(value -> value == 0);
        troubles.keySet().removeIf(name -> !TROUBLE.matcher(name).find());
        return troubles;
    }
}
