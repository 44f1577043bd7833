package io.mptcp.cli.interop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.cli.interop.Transfer.Received;
import io.mptcp.cli.lab.EmulatedPath;
import io.mptcp.cli.lab.KernelMptcpSocket;
import io.mptcp.cli.lab.Lab;
import io.mptcp.cli.lab.LabNamespace;
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
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Timeout;

/** An upload through a {@link RoutedLab}, with this stack at one end and the kernel at the other, or with this stack at both. */
@Timeout(120)
abstract class RoutedInteropTest extends KernelLabTest {
    private static final int PORT = 5000;
    static final int BYTES = 2_000_000;
    private static final long PATIENCE_SECONDS = 40;
    private static final long POLL_NANOS = 10_000_000L;
    private static final int LIMIT = 8;

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

    RoutedLab network;
    private Stream client;
    private Stream server;
    private MptcpStack clientStack;
    private MptcpStack serverStack;
    private Callable<Stream> connecting;
    private Callable<Stream> accepting;

    // ---- the two ends, and the connection between them ----

    /** The network, a server that listens and tells of its addresses beyond the first, and a client that knows its links. */
    void build(Ends ends, int clientLinks, int serverLinks, boolean secondIsBackup) throws Exception {
        lab = Lab.create();
        network = new RoutedLab(lab, clientLinks, serverLinks);
        for (LabNamespace end : List.of(network.client, network.server)) {
            end.ip("mptcp limits set subflows " + LIMIT + " add_addr_accepted " + LIMIT);
        }
        if (ends.ourServer) {
            ourServer();
        } else {
            kernelServer();
        }
        if (ends.ourClient) {
            ourClient(secondIsBackup);
        } else {
            kernelClient(secondIsBackup);
        }
    }

    private void ourServer() throws Exception {
        serverStack = stack(network.server, IntStream.rangeClosed(1, network.serverLinks.size()).mapToObj(i -> PathSpec.of(RoutedLab.serverDevice(i))).toList());
        onLoop(serverStack, uplinks -> {
            for (int i = 2; i <= network.serverLinks.size(); i++) {
                uplinks.pathManager().addEndpoint(Endpoint.of(IpAddress.parse(RoutedLab.serverAddress(i)), EndpointFlag.SIGNAL));
            }
            return null;
        });
        ServerSocket listener = lab.own(MptcpServerSocketFactory.over(serverStack).createServerSocket(PORT));
        accepting = () -> Stream.of(lab.own(listener.accept()));
    }

    private void kernelServer() {
        for (int i = 2; i <= network.serverLinks.size(); i++) {
            network.server.ip("mptcp endpoint add " + RoutedLab.serverAddress(i) + " dev " + RoutedLab.serverDevice(i) + " signal");
        }
        int listener = network.server.call(() -> KernelMptcpSocket.listen(KernelMptcp.IPPROTO_MPTCP, new IpEndpoint(IpAddress.parse("0.0.0.0"), PORT), null));
        lab.own(() -> KernelMptcpSocket.closeListener(listener));
        accepting = () -> {
            KernelMptcpSocket socket = KernelMptcpSocket.accept(listener);
            lab.own(socket::close);
            return Stream.of(socket);
        };
    }

    private void ourClient(boolean secondIsBackup) throws Exception {
        List<PathSpec> paths = new ArrayList<>(IntStream.rangeClosed(1, network.clientLinks.size()).mapToObj(i -> PathSpec.of(RoutedLab.uplink(i))).toList());
        if (secondIsBackup) {
            paths.set(1, paths.get(1).withTerms(PathTerms.DEFAULT.withRole(PathRole.BACKUP)));
        }
        clientStack = stack(network.client, paths);
        MptcpSocketFactory sockets = MptcpSocketFactory.over(clientStack);
        connecting = () -> Stream.of(lab.own(sockets.createSocket(RoutedLab.serverAddress(1), PORT)));
    }

    private void kernelClient(boolean secondIsBackup) {
        for (int i = 2; i <= network.clientLinks.size(); i++) {
            network.client.ip("mptcp endpoint add " + RoutedLab.clientAddress(i) + " dev " + RoutedLab.uplink(i) + " subflow" + (secondIsBackup ? " backup" : ""));
        }
        IpEndpoint service = new IpEndpoint(IpAddress.parse(RoutedLab.serverAddress(1)), PORT);
        connecting = () -> {
            KernelMptcpSocket socket = network.client.call(() -> KernelMptcpSocket.connect(service));
            lab.own(socket::close);
            return Stream.of(socket);
        };
    }

    /** A connection, the next to be used by {@link #upload}. */
    void connect() throws Exception {
        CompletableFuture<Stream> accepted = inBackground(accepting);
        client = connecting.call();
        client.out.write(0);
        server = accepted.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        assertEquals(0, server.in.read());
    }

    /** Counters of the client that are not 0, by the kernel's names. */
    Map<String, Long> clientCounters() throws Exception {
        return counters(clientStack, network.client);
    }

    Map<String, Long> serverCounters() throws Exception {
        return counters(serverStack, network.server);
    }

    private static Map<String, Long> counters(MptcpStack stack, LabNamespace kernel) throws Exception {
        if (stack != null) {
            return onLoop(stack, uplinks -> uplinks.driver().stack().counters().nonZero());
        }
        Map<String, Long> counters = new TreeMap<>(kernel.counters("MPTcpExt"));
        counters.values().removeIf(value -> value == 0);
        return counters;
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
        onLoop(stack, uplinks -> {
            uplinks.pathManager().setLimits(new PathLimits(LIMIT, LIMIT));
            return null;
        });
        return stack;
    }

    /** Something that is done to uplinks, or asked. */
    private interface Action<T> {
        T apply(Uplinks uplinks) throws Exception;
    }

    private static <T> T onLoop(MptcpStack stack, Action<T> action) throws Exception {
        Uplinks uplinks = stack.next();
        return uplinks.loop().submit(() -> {
            T result = action.apply(uplinks);
            uplinks.driver().wake();
            return result;
        }).get();
    }

    // ---- what goes over it ----

    static void await(String what, Callable<Boolean> condition) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!condition.call()) {
            assertTrue(System.nanoTime() < deadline, "never: " + what);
            LockSupport.parkNanos(POLL_NANOS);
        }
    }

    static List<Long> carried(List<EmulatedPath> links) {
        return links.stream().map(link -> link.forward().deliveredBytes()).toList();
    }

    /** Begins; {@link #finish} waits for it. */
    CompletableFuture<Received> startUpload() {
        CompletableFuture<Received> received = Transfer.receive(server.in);
        Transfer.send(client.out, BYTES, client.end);
        return received;
    }

    static void finish(CompletableFuture<Received> upload) throws Exception {
        assertEquals(Received.expected(BYTES), upload.get(PATIENCE_SECONDS, TimeUnit.SECONDS));
    }

    void upload() throws Exception {
        finish(startUpload());
    }
}
