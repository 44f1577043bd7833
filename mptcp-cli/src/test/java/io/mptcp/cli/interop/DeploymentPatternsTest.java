package io.mptcp.cli.interop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mptcp.cli.interop.Transfer.Received;
import io.mptcp.cli.lab.EmulatedPath;
import io.mptcp.cli.lab.KernelMptcpSocket;
import io.mptcp.cli.lab.Lab;
import io.mptcp.cli.lab.LabNamespace;
import io.mptcp.cli.lab.LabRequirements;
import io.mptcp.netty.host.MptcpStack;
import io.mptcp.netty.host.PathSpec;
import io.mptcp.netty.host.PathTerms;
import io.mptcp.netty.host.Uplinks;
import io.mptcp.netty.linux.KernelMptcp;
import io.mptcp.netty.socket.MptcpServerSocketFactory;
import io.mptcp.netty.socket.MptcpSocketFactory;
import io.mptcp.pm.Endpoint;
import io.mptcp.pm.EndpointFlag;
import io.mptcp.pm.PathLimits;
import io.mptcp.pm.PathRole;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Where Multipath TCP is put to use: who has one link and who has several, with this stack at one end and the kernel at the other, and with this stack at both.
 * The client uploads; what each link carried is the witness.
 */
@Timeout(120)
class DeploymentPatternsTest {
    private static final int PORT = 5000;
    private static final int BYTES = 2_000_000;
    private static final long PATIENCE_SECONDS = 40;
    private static final long POLL_NANOS = 10_000_000L;
    private static final int LIMIT = 8;
    /** Of two equal links, or of three subflows over four. */
    private static final double LEAST_SHARE = 0.15;

    /** Who is who. */
    enum Ends {
        OUR_CLIENT(true, false),
        OUR_SERVER(false, true),
        BOTH_OURS(true, true);

        final boolean ourClient;
        final boolean ourServer;

        Ends(boolean ourClient, boolean ourServer) {
            this.ourClient = ourClient;
            this.ourServer = ourServer;
        }
    }

    /** Both directions of an open connection. */
    private record Stream(InputStream in, OutputStream out, Transfer.End end) {
        static Stream of(Socket socket) throws Exception {
            return new Stream(socket.getInputStream(), socket.getOutputStream(), socket::shutdownOutput);
        }

        static Stream of(KernelMptcpSocket socket) {
            return new Stream(socket.inputStream(), socket.outputStream(), socket::shutdownOutput);
        }
    }

    private Lab lab;
    private RoutedLab network;
    private Stream client;
    private Stream server;

    @BeforeEach
    void check() {
        assumeTrue(LabRequirements.missing().isEmpty(), () -> "no laboratory: " + LabRequirements.missing());
        assumeTrue(KernelMptcp.available(), "this kernel has no MPTCP");
    }

    @AfterEach
    void remove() {
        if (lab != null) {
            lab.close();
        }
    }

    // ---- the two ends, and the connection between them ----

    private void build(int clientLinks, int serverLinks) {
        lab = Lab.create();
        network = new RoutedLab(lab, clientLinks, serverLinks);
        for (LabNamespace end : List.of(network.client, network.server)) {
            end.ip("mptcp limits set subflows " + LIMIT + " add_addr_accepted " + LIMIT);
        }
    }

    private void connect(Ends ends, boolean secondIsBackup) throws Exception {
        CompletableFuture<Stream> accepted = listen(ends.ourServer);
        IpEndpoint service = new IpEndpoint(IpAddress.parse(RoutedLab.serverAddress(1)), PORT);
        if (ends.ourClient) {
            List<PathSpec> paths = new ArrayList<>(IntStream.rangeClosed(1, network.clientLinks.size()).mapToObj(i -> PathSpec.of(RoutedLab.uplink(i))).toList());
            if (secondIsBackup) {
                paths.set(1, paths.get(1).withTerms(PathTerms.DEFAULT.withRole(PathRole.BACKUP)));
            }
            MptcpStack stack = stack(network.client, paths);
            Socket socket = lab.own(MptcpSocketFactory.over(stack).createSocket(RoutedLab.serverAddress(1), PORT));
            client = Stream.of(socket);
        } else {
            for (int i = 2; i <= network.clientLinks.size(); i++) {
                network.client.ip("mptcp endpoint add " + RoutedLab.clientAddress(i) + " dev " + RoutedLab.uplink(i) + " subflow" + (secondIsBackup ? " backup" : ""));
            }
            KernelMptcpSocket socket = network.client.call(() -> KernelMptcpSocket.connect(service));
            lab.own(socket::close);
            client = Stream.of(socket);
        }
        client.out.write(0);
        server = accepted.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        assertEquals(0, server.in.read());
    }

    /** A listener, which tells of its addresses beyond the first. @return the connection to come */
    private CompletableFuture<Stream> listen(boolean ours) throws Exception {
        if (ours) {
            MptcpStack stack = stack(network.server, IntStream.rangeClosed(1, network.serverLinks.size()).mapToObj(i -> PathSpec.of(RoutedLab.serverDevice(i))).toList());
            onLoop(stack, uplinks -> {
                for (int i = 2; i <= network.serverLinks.size(); i++) {
                    uplinks.pathManager().addEndpoint(Endpoint.of(IpAddress.parse(RoutedLab.serverAddress(i)), EndpointFlag.SIGNAL));
                }
            });
            ServerSocket listener = lab.own(MptcpServerSocketFactory.over(stack).createServerSocket(PORT));
            return inBackground(() -> Stream.of(lab.own(listener.accept())));
        }
        for (int i = 2; i <= network.serverLinks.size(); i++) {
            network.server.ip("mptcp endpoint add " + RoutedLab.serverAddress(i) + " dev " + RoutedLab.serverDevice(i) + " signal");
        }
        int listener = network.server.call(() -> KernelMptcpSocket.listen(KernelMptcp.IPPROTO_MPTCP, new IpEndpoint(IpAddress.parse("0.0.0.0"), PORT), null));
        lab.own(() -> KernelMptcpSocket.closeListener(listener));
        return inBackground(() -> {
            KernelMptcpSocket socket = KernelMptcpSocket.accept(listener);
            lab.own(socket::close);
            return Stream.of(socket);
        });
    }

    private static <T> CompletableFuture<T> inBackground(Callable<T> action) {
        CompletableFuture<T> result = new CompletableFuture<>();
        Thread.ofPlatform().daemon().start(() -> {
            try {
                result.complete(action.call());
            } catch (Throwable t) {
                result.completeExceptionally(t);
            }
        });
        return result;
    }

    /** Its loops begin in the namespace, and stay there. Announced addresses are taken, as with {@code mptcp limits set add_addr_accepted}. */
    private MptcpStack stack(LabNamespace where, List<PathSpec> paths) throws Exception {
        MptcpStack.Builder builder = MptcpStack.builder();
        paths.forEach(builder::path);
        MptcpStack stack = lab.own(where.call(builder::build));
        onLoop(stack, uplinks -> uplinks.pathManager().setLimits(new PathLimits(LIMIT, LIMIT)));
        return stack;
    }

    /** Something that is done to uplinks. */
    private interface Change {
        void apply(Uplinks uplinks) throws Exception;
    }

    private static void onLoop(MptcpStack stack, Change change) throws Exception {
        Uplinks uplinks = stack.next();
        uplinks.loop().submit(() -> {
            change.apply(uplinks);
            uplinks.driver().wake();
            return null;
        }).get();
    }

    // ---- what goes over it ----

    private static void await(String what, Callable<Boolean> condition) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!condition.call()) {
            assertTrue(System.nanoTime() < deadline, "never: " + what);
            LockSupport.parkNanos(POLL_NANOS);
        }
    }

    private static List<Long> carried(List<EmulatedPath> links) {
        return links.stream().map(link -> link.forward().deliveredBytes()).toList();
    }

    private void upload() throws Exception {
        CompletableFuture<Received> received = Transfer.receive(server.in);
        Transfer.send(client.out, BYTES, client.end);
        assertEquals(Received.expected(BYTES), received.get(PATIENCE_SECONDS, TimeUnit.SECONDS));
    }

    private static void assertAllUsed(List<EmulatedPath> links, String whose) {
        List<Long> carried = carried(links);
        double all = carried.stream().mapToLong(Long::longValue).sum();
        System.out.println(whose + " links carried, in percent: " + carried.stream().map(bytes -> Math.round(100 * bytes / all)).toList());
        assertTrue(carried.stream().allMatch(bytes -> bytes > LEAST_SHARE * all), () -> whose + " links carried " + carried);
    }

    @ParameterizedTest
    @EnumSource
    void aClientWithOneLinkReachesBothLinksOfAServer(Ends ends) throws Exception {
        build(1, 2);
        connect(ends, false);
        upload();
        assertAllUsed(network.serverLinks, "the server's");
    }

    @ParameterizedTest
    @EnumSource
    void aClientWithTwoLinksUsesBothToAServerWithOne(Ends ends) throws Exception {
        build(2, 1);
        connect(ends, false);
        upload();
        assertAllUsed(network.clientLinks, "the client's");
    }

    @ParameterizedTest
    @EnumSource
    void whereBothHaveTwoLinksAllFourAreUsed(Ends ends) throws Exception {
        build(2, 2);
        connect(ends, false);
        upload();
        assertAllUsed(network.clientLinks, "the client's");
        assertAllUsed(network.serverLinks, "the server's");
    }

    /** The first link says nothing more in the middle of the upload; until then the second has carried no payload. */
    @ParameterizedTest
    @EnumSource
    void aMobileLinkIsForWhenTheOtherIsGone(Ends ends) throws Exception {
        build(2, 1);
        connect(ends, true);
        CompletableFuture<Received> received = Transfer.receive(server.in);
        Transfer.send(client.out, BYTES, client.end);
        await("a third of the upload", () -> carried(network.clientLinks).getFirst() > BYTES / 3);
        long byBackup = carried(network.clientLinks).getLast();
        network.clientLinks.getFirst().cut();
        assertEquals(Received.expected(BYTES), received.get(PATIENCE_SECONDS, TimeUnit.SECONDS));
        assertTrue(byBackup < BYTES / 100, "bytes over the backup while the other worked: " + byBackup);
        List<Long> carried = carried(network.clientLinks);
        System.out.println("the backup carried " + byBackup + " bytes before the other link was gone, " + (carried.getLast() - byBackup) + " after that");
        assertTrue(carried.getLast() > BYTES / 4, "links carried " + carried);
    }
}
