package io.mptcp.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.spi.PathCommands;
import io.mptcp.spi.PathManager;
import io.mptcp.stack.CloseReason;
import io.mptcp.stack.ConnectOptions;
import io.mptcp.stack.Counter;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.Readiness;
import io.mptcp.stack.Stack;
import io.mptcp.stack.StackConfig;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Two stacks, each on its own thread, over real UDP sockets and two paths on the loopback interface; needs no privileges. */
@Timeout(120)
@ParameterizedClass
@MethodSource("io.mptcp.netty.Loops#kinds")
class UdpTransferTest {
    private static final IpAddress FIRST = IpAddress.parse("127.0.0.1");
    private static final IpAddress SECOND = IpAddress.parse("127.0.0.2");

    private final MultiThreadIoEventLoopGroup group;
    private final UdpLink[] serverLinks = new UdpLink[2];
    private int port;
    private MptcpDriver client;
    private MptcpDriver server;

    UdpTransferTest(IoHandlerFactory kind) {
        group = new MultiThreadIoEventLoopGroup(2, kind);
    }

    @BeforeEach
    void open() throws Exception {
        serverLinks[0] = UdpLink.open(0, null, FIRST, 0, UdpLinkOptions.DEFAULT);
        port = serverLinks[0].udpPort(true);
        serverLinks[1] = UdpLink.open(1, null, SECOND, port, UdpLinkOptions.DEFAULT);
        server = driver(group.next(), 2, StackConfig.defaults(), serverLinks);
        client = driver(group.next(), 1, StackConfig.defaults().withPathManager(() -> new JoinOverSecondLink(port)),
                UdpLink.open(0, null, FIRST, 0, UdpLinkOptions.DEFAULT), UdpLink.open(1, null, SECOND, 0, UdpLinkOptions.DEFAULT));
    }

    @AfterEach
    void close() throws Exception {
        for (MptcpDriver driver : new MptcpDriver[] {client, server}) {
            if (driver != null) {
                on(driver, () -> {
                    driver.close();
                    return null;
                });
            }
        }
        group.shutdownGracefully(0, 0, TimeUnit.SECONDS).sync();
    }

    @Test
    void carriesBytesBothWaysOverTwoSubflows() throws Exception {
        long bytes = 20_000_000;
        StreamHandler accepted = new StreamHandler(1, bytes);
        StreamHandler connected = new StreamHandler(2, bytes);
        CompletableFuture<Void> serverDone = listen(accepted);
        CompletableFuture<Void> clientDone = connect(connected);
        clientDone.get();
        serverDone.get();
        assertEquals(CloseReason.CLOSED, connected.connection.closeReason());
        assertEquals(bytes, connected.received);
        assertEquals(bytes, accepted.received);
        assertEquals(accepted.sentDigest(), connected.receivedDigest());
        assertEquals(connected.sentDigest(), accepted.receivedDigest());

        StackStatistics statistics = on(client, () -> StackStatistics.capture(client, connected.connection, 1));
        assertFalse(statistics.fallback());
        assertEquals(2, statistics.subflows().size(), StatsJson.line(statistics));
        for (StackStatistics.Subflow subflow : statistics.subflows()) {
            assertTrue(subflow.info().bytesSent() > 0, StatsJson.line(statistics));
        }
        assertEquals(1, on(server, () -> server.stack().counters().get(Counter.MPJoinAckRx)));
    }

    private CompletableFuture<Void> listen(StreamHandler handler) throws Exception {
        CompletableFuture<Void> done = new CompletableFuture<>();
        on(server, () -> server.stack().listen(new IpEndpoint(IpAddress.ANY, port), false, ConnectOptions.DEFAULT, completing(handler, done)));
        return done;
    }

    private CompletableFuture<Void> connect(StreamHandler handler) throws Exception {
        CompletableFuture<Void> done = new CompletableFuture<>();
        on(client, () -> {
            MptcpConnection connection = client.stack().connect(0, new IpEndpoint(FIRST, 0), new IpEndpoint(FIRST, port),
                    ConnectOptions.DEFAULT, completing(handler, done));
            client.wake();
            return connection;
        });
        return done;
    }

    private static ConnectionHandler completing(StreamHandler handler, CompletableFuture<Void> done) {
        return (connection, readiness) -> {
            handler.ready(connection, readiness);
            if ((readiness & Readiness.CLOSED) != 0) {
                done.complete(null);
            }
        };
    }

    private static MptcpDriver driver(IoEventLoop loop, long seed, StackConfig config, UdpLink... links) throws Exception {
        Random random = new Random(seed);
        MptcpDriver driver = new MptcpDriver(loop, new Stack(config, random::nextLong));
        on(driver, () -> {
            for (UdpLink link : links) {
                driver.addLink(link);
            }
            return null;
        });
        return driver;
    }

    private static <T> T on(MptcpDriver driver, Callable<T> action) throws Exception {
        return driver.loop().submit(action).get();
    }

    /** Joins from the second link's address to the same address on the other side. */
    private record JoinOverSecondLink(int port) implements PathManager {
        @Override
        public String name() {
            return "second";
        }

        @Override
        public void onEstablished(PathCommands commands) {
            commands.openSubflow(1, SECOND, new IpEndpoint(SECOND, port), false);
        }
    }
}
