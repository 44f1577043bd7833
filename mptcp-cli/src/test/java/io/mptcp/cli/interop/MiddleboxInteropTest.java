package io.mptcp.cli.interop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mptcp.cli.interop.StreamPlan.Ending;
import io.mptcp.cli.lab.EmulatedPath;
import io.mptcp.cli.lab.KernelMptcpSocket;
import io.mptcp.cli.lab.Lab;
import io.mptcp.cli.lab.LabNamespace;
import io.mptcp.cli.lab.LabRequirements;
import io.mptcp.cli.lab.LinkProfile;
import io.mptcp.cli.lab.MiddleboxFilter;
import io.mptcp.cli.lab.TwoPathLab;
import io.mptcp.netty.linux.KernelMptcp;
import io.mptcp.sim.Middlebox;
import io.mptcp.sim.Middleboxes;
import io.mptcp.wire.Checksum;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import io.mptcp.wire.PacketSlot;
import io.mptcp.wire.TcpSegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Middleboxes between our stack and the kernel's (RFC 8684 sections 3.7 and 6), on paths of a connection that is open: what each side receives is the
 * stream, or ends with a reason, and nothing hangs. Both send half a megabyte.
 */
class MiddleboxInteropTest {
    private static final int PORT = 5000;
    /** More than the minute for which both stacks wait for another subflow when the last one is gone. */
    private static final long PATIENCE_SECONDS = 90;
    private static final LinkProfile LINK = LinkProfile.of(20, 5, 50);
    private static final Ending ENDING = Ending.CLIENT_CLOSES_FIRST;

    /** Who is on our side. */
    enum Role { OUR_CLIENT, OUR_SERVER }

    @TempDir
    private Path directory;
    private Lab lab;
    private TwoPathLab network;
    private LabNamespace kernel;
    private StackHost stack;
    private StackStream ours;
    private CompletableFuture<String> theirs;
    private final CountDownLatch go = new CountDownLatch(1);

    @BeforeEach
    void build() {
        assumeTrue(LabRequirements.missing().isEmpty(), () -> "no laboratory: " + LabRequirements.missing());
        assumeTrue(KernelMptcp.available(), "this kernel has no MPTCP");
        lab = Lab.create();
        network = TwoPathLab.create(lab, LINK, LINK);
    }

    @AfterEach
    void remove() throws Exception {
        try {
            if (stack != null) {
                stack.close();
            }
        } finally {
            if (lab != null) {
                lab.close();
            }
        }
    }

    /** Connects and waits until there are so many subflows, one for each path from the first on. */
    private void open(Role role, boolean ourChecksums, boolean theirChecksums, int subflows) throws Exception {
        boolean ourClient = role == Role.OUR_CLIENT;
        kernel = ourClient ? network.server() : network.client();
        kernel.sysctl("net.mptcp.checksum_enabled", theirChecksums ? "1" : "0");
        IpEndpoint service = new IpEndpoint(IpAddress.parse(TwoPathLab.SERVICE_V4), PORT);
        stack = new StackHost(ourClient ? network.client() : network.server(), ourClient ? List.of("p1", "p2") : List.of("q1", "q2"),
                ourClient ? new int[0] : new int[] {PORT}, null, ourChecksums, directory.resolve("trace.pcapng"));
        ours = new StackStream(ourClient ? ENDING.client : ENDING.server, established -> established.size() >= subflows);
        if (ourClient) {
            int listener = kernel.call(() -> KernelMptcpSocket.listen(KernelMptcp.IPPROTO_MPTCP, new IpEndpoint(IpAddress.parse("0.0.0.0"), PORT), null));
            lab.own(() -> KernelMptcpSocket.closeListener(listener));
            theirs = inBackground(() -> KernelMptcpSocket.accept(listener), ENDING.server);
            List<io.mptcp.pm.Path> paths = List.of(path(1), path(2)).subList(0, subflows);
            stack.connect(paths, IpAddress.parse(TwoPathLab.clientV4(1)), service, ours);
        } else {
            if (subflows == 2) {
                kernel.ip("mptcp endpoint add " + TwoPathLab.clientV4(2) + " dev p2 subflow");
            }
            stack.listen(PORT, ours);
            theirs = inBackground(() -> kernel.call(() -> KernelMptcpSocket.connect(service)), ENDING.client);
        }
        ours.joined.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    private static io.mptcp.pm.Path path(int number) {
        return new io.mptcp.pm.Path(number - 1, IpAddress.parse(TwoPathLab.clientV4(number)), null, false);
    }

    /** A way to a connected socket. */
    private interface Opening {
        KernelMptcpSocket open() throws Exception;
    }

    private CompletableFuture<String> inBackground(Opening opening, StreamPlan plan) {
        CompletableFuture<String> outcome = new CompletableFuture<>();
        Thread.ofPlatform().daemon().name("kernel").start(() -> {
            try {
                KernelStream.start(plan, opening.open(), go).thenAccept(outcome::complete);
            } catch (Exception e) {
                outcome.complete("the kernel's side: " + e.getMessage());
            }
        });
        return outcome;
    }

    private void install(int path, Middlebox forward, Middlebox backward) {
        EmulatedPath on = network.paths().get(path - 1);
        on.forward().filter(new MiddleboxFilter(forward));
        on.backward().filter(new MiddleboxFilter(backward));
    }

    private void finish() throws Exception {
        go.countDown();
        stack.go(List.of(ours));
        try {
            CompletableFuture.allOf(ours.outcome, theirs).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new AssertionError("stuck: ours " + stack.query(ours::toString) + ", the kernel's " + theirs.getNow("not yet") + "\n" + counters(), e);
        }
    }

    private void assertExact() throws Exception {
        finish();
        assertEquals("", ours.outcome.get(), this::counters);
        assertEquals("", theirs.get(), this::counters);
    }

    /** Who gets less than the whole stream is told so, and what it gets is right. */
    private void assertExactOrWithAReason() throws Exception {
        finish();
        assertEquals("", stack.query(ours::contentFault), this::counters);
        assertTrue(!theirs.get().contains("is wrong"), theirs.get());
    }

    private String counters() {
        return "ours " + stack.counters() + "\nthe kernel's " + kernelCounters();
    }

    private Map<String, Long> kernelCounters() {
        Map<String, Long> counters = new TreeMap<>(kernel.counters("MPTcpExt"));
        counters.values().removeIf(value -> value == 0);
        return counters;
    }

    private void assertCounted(String name) {
        long both = kernel.counters("MPTcpExt").getOrDefault(name, 0L) + stack.counters().getOrDefault(name, 0L);
        assertTrue(both > 0, () -> name + " is not counted: " + counters());
    }

    // ---- one of two paths ----

    @ParameterizedTest
    @EnumSource
    void changedPayloadIsFoundByChecksumsAndComesAgainOverTheOtherPath(Role role) throws Exception {
        open(role, true, true, 2);
        install(2, Middleboxes.changePayloadWithoutCancelling(5), Middleboxes.changePayloadWithoutCancelling(5));
        assertExact();
        assertCounted("DataCsumErr");
        assertCounted("MPFailTx");
        assertCounted("MPFailRx");
    }

    @ParameterizedTest
    @EnumSource
    void optionsThatVanishOnAJoinedPathEndItsSubflowAlone(Role role) throws Exception {
        open(role, false, false, 2);
        install(2, Middleboxes.stripMptcp(Middleboxes::isNotSyn), Middleboxes.stripMptcp(Middleboxes::isNotSyn));
        assertExact();
    }

    @ParameterizedTest
    @EnumSource
    void aNatThatForgetsItsBindingCostsOneSubflow(Role role) throws Exception {
        open(role, false, false, 2);
        install(2, port(0), port(2));
        assertExact();
    }

    /** Ports of the client are others from now on. @param offset of the field in the TCP header */
    private static Middlebox port(int offset) {
        ValueLayout.OfShort layout = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
        return packet -> {
            long at = packet.offset + offset;
            packet.buffer.set(layout, at, (short) (packet.buffer.get(layout, at) ^ 0x2000));
            Checksum.fillTcp(packet);
            return true;
        };
    }

    @ParameterizedTest
    @EnumSource
    void aJoinThatVanishesHoldsUpNothing(Role role) throws Exception {
        network.paths().get(1).cut();
        open(role, false, false, 1);
        if (role == Role.OUR_SERVER) {
            kernel.ip("mptcp endpoint add " + TwoPathLab.clientV4(2) + " dev p2 subflow");
        }
        assertExact();
    }

    // ---- both paths ----

    @ParameterizedTest
    @EnumSource
    void whatIsSentWhileAllPathsAreGoneArrivesWhenOneIsBack(Role role) throws Exception {
        open(role, false, false, 2);
        network.paths().forEach(EmulatedPath::cut);
        go.countDown();
        stack.go(List.of(ours));
        TimeUnit.SECONDS.sleep(3);
        network.paths().getLast().restore();
        assertExact();
    }

    // ---- the only path ----

    @ParameterizedTest
    @EnumSource
    void optionsThatVanishOnTheOnlyPathEndInTcpOrWithAReason(Role role) throws Exception {
        open(role, false, false, 1);
        install(1, Middleboxes.stripMptcp(Middleboxes::isNotSyn), Middleboxes.stripMptcp(Middleboxes::isNotSyn));
        assertExactOrWithAReason();
    }

    @ParameterizedTest
    @EnumSource
    void optionsThatVanishFromDataAloneEndInTcpOrWithAReason(Role role) throws Exception {
        open(role, false, false, 1);
        Middlebox box = Middleboxes.stripMptcp(MiddleboxInteropTest::hasPayload);
        install(1, box, packet -> true);
        assertExactOrWithAReason();
    }

    private static boolean hasPayload(PacketSlot packet) {
        return packet.length > TcpSegment.headerLength(packet.buffer, packet.offset);
    }

    /**
     * RFC 8684 section 3.7: whoever finds it says so by MP_FAIL, and the rest is TCP, where the application gets what the box has made of it. Not with
     * the kernel as client: it stops sending after this fallback, always when the server is a kernel, too (seen with 6.18).
     */
    @ParameterizedTest
    @EnumSource(names = "OUR_CLIENT")
    void changedPayloadOnTheOnlyPathIsNotSilent(Role role) throws Exception {
        open(role, true, true, 1);
        install(1, Middleboxes.changePayloadWithoutCancelling(40), packet -> true);
        finish();
        assertCounted("DataCsumErr");
        assertCounted("MPFailTx");
        assertCounted("MPFailRx");
    }

    // ---- checksums ----

    @ParameterizedTest
    @EnumSource
    void checksumsAreUsedWhenOnlyTheClientWantsThem(Role role) throws Exception {
        open(role, role == Role.OUR_CLIENT, role != Role.OUR_CLIENT, 2);
        install(2, Middleboxes.changePayloadWithoutCancelling(5), Middleboxes.changePayloadWithoutCancelling(5));
        assertExact();
        assertCounted("DataCsumErr");
    }

    @ParameterizedTest
    @EnumSource
    void checksumsAreUsedWhenOnlyTheServerWantsThem(Role role) throws Exception {
        open(role, role != Role.OUR_CLIENT, role == Role.OUR_CLIENT, 2);
        install(2, Middleboxes.changePayloadWithoutCancelling(5), Middleboxes.changePayloadWithoutCancelling(5));
        assertExact();
        assertCounted("DataCsumErr");
    }
}
