package io.mptcp.cli.interop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.cli.lab.KernelMptcpSocket;
import io.mptcp.cli.lab.LabException;
import io.mptcp.cli.lab.LabNamespace;
import io.mptcp.cli.lab.LabProcess;
import io.mptcp.cli.lab.TwoPathLab;
import io.mptcp.netty.ConnectionHandler;
import io.mptcp.netty.host.ConnectListener;
import io.mptcp.netty.host.PathSpec;
import io.mptcp.netty.host.UplinkSettings;
import io.mptcp.netty.host.Uplinks;
import io.mptcp.netty.linux.KernelMptcp;
import io.mptcp.netty.linux.NetworkNamespace;
import io.mptcp.pm.Endpoint;
import io.mptcp.pm.EndpointFlag;
import io.mptcp.pm.HostPathManager;
import io.mptcp.pm.PathLimits;
import io.mptcp.pm.PathRole;
import io.mptcp.spi.PathEvent;
import io.mptcp.spi.PathEvent.Type;
import io.mptcp.stack.CloseReason;
import io.mptcp.stack.ConnectOptions;
import io.mptcp.stack.Counter;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.StackConfig;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import io.netty.channel.IoEventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Every flag of an endpoint, ours towards the kernel and the kernel's towards us, on a connection that is open: its counters and
 * {@code ip mptcp monitor} tell what the kernel saw.
 */
class EndpointInteropTest extends TwoPathInteropTest {
    private static final int PORT = 5000;
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final long POLL_NANOS = 20_000_000L;
    /** Takes whatever comes, and says nothing by itself. */
    private static final ConnectionHandler SILENT = (connection, readiness) -> connection.read(MemorySegment.ofArray(new byte[1000]), 0, 1000);

    private final List<PathEvent> events = new CopyOnWriteArrayList<>();
    private MultiThreadIoEventLoopGroup group;
    private Uplinks uplinks;
    private MptcpConnection connection;

    @AfterEach
    void closeOurSide() {
        if (uplinks != null) {
            uplinks.close();
        }
        if (group != null) {
            group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
        }
    }

    // ---- our side ----

    private void openUplinks(LabNamespace namespace, String... devices) throws Exception {
        NetworkNamespace home = NetworkNamespace.named(namespace.name());
        ThreadFactory threads = new DefaultThreadFactory("uplinks", true);
        ThreadFactory inNamespace = task -> threads.newThread(() -> {
            try {
                home.enter();
            } catch (Exception e) {
                throw new LabException(e.getMessage(), e);
            }
            task.run();
        });
        group = new MultiThreadIoEventLoopGroup(1, inNamespace, EpollIoHandler.newFactory());
        uplinks = Uplinks.open((IoEventLoop) group.next(), List.of(devices).stream().map(PathSpec::of).toList(), UplinkSettings.of(StackConfig.defaults()));
        uplinks.pathManager().events().addListener(events::add);
    }

    private <T> T onLoop(Callable<T> action) throws Exception {
        return uplinks.loop().submit(() -> {
            T result = action.call();
            uplinks.driver().wake();
            return result;
        }).get();
    }

    private static HostPathManager withoutEndpoints(HostPathManager manager) {
        manager.flushEndpoints();
        return manager;
    }

    private static Endpoint endpoint(String address, int id, EndpointFlag... flags) {
        return Endpoint.of(IpAddress.parse(address), flags).withId(id);
    }

    /** A connection to the kernel's server over the first path, with joins possible. */
    private void connect() throws Exception {
        IpEndpoint service = new IpEndpoint(IpAddress.parse(TwoPathLab.SERVICE_V4), PORT);
        // On every address: Linux takes joins only where somebody listens.
        int listener = network.server().call(() -> KernelMptcpSocket.listen(KernelMptcp.IPPROTO_MPTCP, new IpEndpoint(IpAddress.parse("0.0.0.0"), PORT), null));
        lab.own(() -> KernelMptcpSocket.closeListener(listener));
        CompletableFuture<KernelMptcpSocket> accepted = new CompletableFuture<>();
        Thread.ofPlatform().daemon().start(() -> {
            try {
                KernelMptcpSocket socket = KernelMptcpSocket.accept(listener);
                accepted.complete(socket);
                socket.inputStream().readAllBytes();
            } catch (Exception e) {
                accepted.completeExceptionally(e);
            }
        });
        openUplinks(network.client(), "p1", "p2");
        CompletableFuture<MptcpConnection> connected = new CompletableFuture<>();
        onLoop(() -> {
            withoutEndpoints(uplinks.pathManager());
            return uplinks.connect(service, PATIENCE.toMillis(), new ConnectListener() {
                @Override
                public void connected(MptcpConnection opened) {
                    opened.attach(SILENT);
                    opened.write(MemorySegment.ofArray(new byte[] {1}), 0, 1);
                    connected.complete(opened);
                }

                @Override
                public void failed(CloseReason reason) {
                    connected.completeExceptionally(new AssertionError(reason));
                }
            });
        });
        connection = connected.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        lab.own(accepted.get(PATIENCE.toSeconds(), TimeUnit.SECONDS)::close);
        awaitEvent(Type.ESTABLISHED, 1);
    }

    /** The kernel's connection to a server of ours. */
    private void accept() throws Exception {
        openUplinks(network.server(), "q1", "q2");
        IpEndpoint service = new IpEndpoint(IpAddress.parse(TwoPathLab.SERVICE_V4), PORT);
        onLoop(() -> {
            withoutEndpoints(uplinks.pathManager());
            return uplinks.listen(new IpEndpoint(IpAddress.ANY, PORT), ConnectOptions.DEFAULT, (on, opened) -> {
                connection = opened;
                return SILENT;
            });
        });
        KernelMptcpSocket socket = network.client().call(() -> KernelMptcpSocket.connect(service));
        lab.own(socket::close);
        socket.outputStream().write(new byte[1]);
        awaitEvent(Type.ESTABLISHED, 1);
    }

    // ---- what came of it ----

    private void await(BooleanSupplier condition, Supplier<String> otherwise) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() < deadline, otherwise);
            LockSupport.parkNanos(POLL_NANOS);
        }
    }

    private void awaitCounter(LabNamespace kernel, String name, long value) {
        await(() -> kernel.counters("MPTcpExt").get(name) >= value, () -> name + " is not " + value + " in " + nonZero(kernel) + "; our events: " + events);
        assertEquals(value, kernel.counters("MPTcpExt").get(name), name);
    }

    private static Map<String, Long> nonZero(LabNamespace kernel) {
        Map<String, Long> counters = new java.util.TreeMap<>(kernel.counters("MPTcpExt"));
        counters.values().removeIf(value -> value == 0);
        return counters;
    }

    private PathEvent awaitEvent(Type type, int count) {
        await(() -> events.stream().filter(event -> event.type() == type).count() >= count, () -> "no " + type + " but " + events);
        return events.stream().filter(event -> event.type() == type).toList().get(count - 1);
    }

    private static LabProcess monitor(LabNamespace kernel) {
        return kernel.start(List.of("stdbuf", "-oL", "ip", "mptcp", "monitor"));
    }

    // ---- ours, and the kernel as server ----

    @Test
    void theKernelSeesOurSubflowBackupAndDeletion() throws Exception {
        LabProcess monitor = monitor(network.server());
        connect();
        LabNamespace kernel = network.server();
        onLoop(() -> uplinks.pathManager().addEndpoint(endpoint(TwoPathLab.clientV4(2), 7, EndpointFlag.SUBFLOW)));
        awaitCounter(kernel, "MPJoinAckRx", 1);
        String joined = monitor.awaitLine("SF_ESTABLISHED", PATIENCE);
        assertTrue(joined.contains("remid=7") && joined.contains("backup=0"), joined);
        onLoop(() -> uplinks.pathManager().changeEndpoint(7, true, false));
        awaitCounter(kernel, "MPPrioRx", 1);
        String priority = monitor.awaitLine("SF_PRIO", PATIENCE);
        assertTrue(priority.contains("remid=7"), priority);
        onLoop(() -> {
            uplinks.pathManager().deleteEndpoint(7);
            return null;
        });
        awaitCounter(kernel, "RmAddr", 1);
        String removed = monitor.awaitLine("REMOVED", PATIENCE);
        assertTrue(removed.contains("remid=7"), removed);
        onLoop(() -> uplinks.pathManager().addEndpoint(endpoint(TwoPathLab.clientV4(2), 8, EndpointFlag.SUBFLOW, EndpointFlag.BACKUP)));
        awaitCounter(kernel, "MPJoinSynBackupRx", 1);
        awaitCounter(kernel, "MPJoinAckRx", 2);
        List<String> reasons = onLoop(() -> connection.paths().stream().map(path -> path.reason()).toList());
        assertEquals(List.of("backup, and others work", "in use"), reasons.subList(0, 2));
    }

    @Test
    void theKernelTakesOurSignalAndTakesItBack() throws Exception {
        connect();
        LabNamespace kernel = network.server();
        onLoop(() -> uplinks.pathManager().addEndpoint(endpoint(TwoPathLab.clientV4(2), 5, EndpointFlag.SIGNAL)));
        awaitCounter(kernel, "AddAddr", 1);
        awaitCounter(kernel, "EchoAddTx", 1);
        onLoop(() -> {
            uplinks.pathManager().deleteEndpoint(5);
            return null;
        });
        awaitCounter(kernel, "RmAddr", 1);
    }

    @Test
    void ourFullmeshJoinsEveryAddressOfTheKernel() throws Exception {
        connect();
        LabNamespace kernel = network.server();
        kernel.ip("mptcp endpoint add " + TwoPathLab.serverV4(2) + " dev q2 signal id 3");
        assertEquals(3, awaitEvent(Type.ANNOUNCED, 1).remId());
        onLoop(() -> {
            uplinks.pathManager().addEndpoint(endpoint(TwoPathLab.clientV4(2), 7, EndpointFlag.SUBFLOW, EndpointFlag.FULLMESH));
            uplinks.pathManager().setLimits(new PathLimits(8, 8));
            return null;
        });
        awaitCounter(kernel, "MPJoinAckRx", 2); // to the service address and to the announced one
        kernel.ip("mptcp endpoint delete id 3");
        assertEquals(3, awaitEvent(Type.REMOVED, 1).remId());
    }

    @Test
    void aPathSwitchedOffIsGoneForTheKernelToo() throws Exception {
        connect();
        LabNamespace kernel = network.server();
        onLoop(() -> uplinks.pathManager().addEndpoint(endpoint(TwoPathLab.clientV4(2), 7, EndpointFlag.SUBFLOW)));
        awaitCounter(kernel, "MPJoinAckRx", 1);
        onLoop(() -> {
            uplinks.pathManager().setRole(0, PathRole.OFF);
            return null;
        });
        awaitCounter(kernel, "RmAddr", 1);
        onLoop(() -> connection.write(MemorySegment.ofArray(new byte[1000]), 0, 1000));
        await(() -> connection.bytesAcked() >= 1001, () -> "the kernel has not acknowledged over the path that is left: " + events);
    }

    /** A path whose route comes later than its interface is used as soon as there is one. */
    @Test
    void aPathThatGetsARouteIsUsed() throws Exception {
        network.client().ip("route del default dev p2");
        connect();
        onLoop(() -> uplinks.pathManager().addEndpoint(Endpoint.ofLink(1, EndpointFlag.SUBFLOW)));
        assertEquals("no route to " + TwoPathLab.SERVICE_V4, onLoop(() -> connection.paths().getFirst().reason()));
        network.client().ip("route add default via " + TwoPathLab.serverV4(2) + " dev p2 metric 200");
        awaitCounter(network.server(), "MPJoinAckRx", 1);
    }

    // ---- the kernel's, and ours as server ----

    @Test
    void weSeeTheKernelsSubflowBackupAndDeletion() throws Exception {
        LabNamespace kernel = network.client();
        accept();
        kernel.ip("mptcp endpoint add " + TwoPathLab.clientV4(2) + " dev p2 subflow id 4");
        PathEvent joined = awaitEvent(Type.SF_ESTABLISHED, 1);
        assertEquals(4, joined.remId());
        assertTrue(joined.serverSide());
        kernel.ip("mptcp endpoint change id 4 backup");
        assertTrue(awaitEvent(Type.SF_PRIO, 1).backup());
        kernel.ip("mptcp endpoint delete id 4");
        assertEquals(4, awaitEvent(Type.REMOVED, 1).remId());
        kernel.ip("mptcp endpoint add " + TwoPathLab.clientV4(2) + " dev p2 subflow backup id 6");
        PathEvent again = awaitEvent(Type.SF_ESTABLISHED, 2);
        assertTrue(again.backup());
    }

    @Test
    void theKernelJoinsAnAddressOurServerSignals() throws Exception {
        LabNamespace kernel = network.client();
        LabProcess monitor = monitor(kernel);
        accept();
        onLoop(() -> uplinks.pathManager().addEndpoint(endpoint(TwoPathLab.serverV4(2), 9, EndpointFlag.SIGNAL)));
        awaitCounter(kernel, "AddAddr", 1);
        awaitCounter(kernel, "EchoAddTx", 1);
        String announced = monitor.awaitLine("ANNOUNCED", PATIENCE);
        assertTrue(announced.contains("remid=9"), announced);
        awaitEvent(Type.SF_ESTABLISHED, 1);
        onLoop(() -> {
            uplinks.pathManager().deleteEndpoint(9);
            return null;
        });
        awaitCounter(kernel, "RmAddr", 1);
    }

    /** The kernel of our host would reset joins to a port that only we know of. */
    @Test
    void theKernelJoinsAnAddressWithAPortOfItsOwn() throws Exception {
        LabNamespace kernel = network.client();
        accept();
        IpAddress address = IpAddress.parse(TwoPathLab.serverV4(2));
        Endpoint wanted = new Endpoint(9, address, PORT + 1, Set.of(EndpointFlag.SIGNAL), -1);
        onLoop(() -> uplinks.pathManager().addEndpoint(wanted));
        PathEvent joined = awaitEvent(Type.SF_ESTABLISHED, 1);
        assertEquals(new IpEndpoint(address, PORT + 1), joined.local());
        awaitCounter(kernel, "MPJoinSynAckRx", 1);
        onLoop(() -> {
            uplinks.pathManager().deleteEndpoint(9);
            return null;
        });
        awaitCounter(kernel, "RmAddr", 1);
        onLoop(() -> uplinks.pathManager().addEndpoint(wanted)); // its port can be had again
    }

    @Test
    void theKernelsFullmeshComesFromEveryAddress() throws Exception {
        LabNamespace kernel = network.client();
        kernel.ip("mptcp endpoint add " + TwoPathLab.clientV4(2) + " dev p2 subflow fullmesh id 2");
        accept();
        awaitEvent(Type.SF_ESTABLISHED, 1);
        onLoop(() -> uplinks.pathManager().addEndpoint(endpoint(TwoPathLab.serverV4(2), 9, EndpointFlag.SIGNAL)));
        PathEvent second = awaitEvent(Type.SF_ESTABLISHED, 2);
        assertEquals(2, second.remId());
        assertEquals(9, second.locId());
    }

    @Test
    void ourLimitIsRespectedAndTheKernelIsTold() throws Exception {
        LabNamespace kernel = network.client();
        accept();
        onLoop(() -> {
            uplinks.pathManager().setLimits(new PathLimits(0, 0));
            return null;
        });
        kernel.ip("mptcp endpoint add " + TwoPathLab.clientV4(2) + " dev p2 subflow id 4");
        await(() -> uplinks.driver().stack().counters().get(Counter.MPJoinRejected) == 1, () -> "no join was refused: " + nonZero(kernel));
        assertEquals(0L, kernel.counters("MPTcpExt").get("MPJoinSynAckRx"));
        assertEquals(0, events.stream().filter(event -> event.type() == Type.SF_ESTABLISHED).count());
    }

    /** RFC 8684 section 3.2 allows it; Linux has nobody listening at its port, and answers with a plain RST. We do not insist. */
    @Test
    void aKernelClientTakesNoJoinsFromUs() throws Exception {
        LabNamespace kernel = network.client();
        network.server().ip("route add " + TwoPathLab.clientV4(1) + "/32 via " + TwoPathLab.clientV4(2) + " dev q2 metric 900");
        accept();
        onLoop(() -> {
            uplinks.pathManager().setPolicy(uplinks.pathManager().policy().withPassiveJoins(true));
            uplinks.pathManager().addEndpoint(endpoint(TwoPathLab.serverV4(2), 9, EndpointFlag.SUBFLOW));
            return null;
        });
        awaitEvent(Type.SF_CLOSED, 1);
        assertEquals("the peer, which opened the connection, takes no joins", onLoop(() -> connection.paths().getFirst().reason()));
        assertEquals(0, kernel.counters("MPTcpExt").get("MPJoinSynRx"));
    }
}
