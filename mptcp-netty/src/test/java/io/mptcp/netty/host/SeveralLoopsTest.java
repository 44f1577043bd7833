package io.mptcp.netty.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.netty.ConnectionHandler;
import io.mptcp.netty.StreamHandler;
import io.mptcp.stack.CloseReason;
import io.mptcp.stack.Counter;
import io.mptcp.stack.Listener;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** One server on three event loops, each with an engine of its own; clients with two paths, whose joins come to any of the three. */
@Timeout(60)
class SeveralLoopsTest {
    private static final int LOOPS = 3;
    private static final int CLIENTS = 12;
    private static final long BYTES = 400_000;

    @Test
    void joinsReachTheLoopOfTheirConnection() throws Exception {
        List<MptcpStack> clients = new ArrayList<>();
        try (MptcpStack server = MptcpStack.builder().loops(LOOPS).udpPath("lo", IpAddress.parse("127.0.0.1")).build()) {
            MptcpListener listener = server.listen(new IpEndpoint(IpAddress.ANY, 0), ListenOptions.DEFAULT,
                    (uplinks, connection) -> new StreamHandler(connection.token(), BYTES));
            IpEndpoint remote = new IpEndpoint(IpAddress.parse("127.0.0.1"), listener.local().port());
            List<StreamHandler> handlers = new ArrayList<>();
            List<CompletableFuture<Void>> ends = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                clients.add(MptcpStack.builder().udpPath("lo", IpAddress.parse("127.0.0.2")).udpPath("lo", IpAddress.parse("127.0.0.3")).build());
                handlers.add(new StreamHandler(i, BYTES));
                ends.add(connect(clients.getLast(), remote, handlers.getLast()));
            }
            for (CompletableFuture<Void> end : ends) {
                end.get(40, TimeUnit.SECONDS);
            }
            for (StreamHandler handler : handlers) {
                assertEquals(BYTES, handler.received);
                assertEquals(CloseReason.CLOSED, handler.connection.closeReason());
            }
            long joins = 0;
            int used = 0;
            for (Uplinks uplinks : server.shards()) {
                long accepted = uplinks.loop().submit(() -> uplinks.driver().stack().counters().get(Counter.PassiveOpens)).get();
                joins += uplinks.loop().submit(() -> uplinks.driver().stack().counters().get(Counter.MPJoinAckRx)).get();
                assertEquals(0, uplinks.loop().submit(() -> uplinks.driver().stack().counters().get(Counter.MPJoinNoTokenFound)).get());
                used += accepted > 0 ? 1 : 0;
            }
            assertEquals(CLIENTS, joins);
            assertTrue(used > 1, "all connections came to one loop");
        } finally {
            clients.forEach(MptcpStack::close);
        }
    }

    /** The port is free again everywhere as soon as that is told: who tries again when the last loop's is, too, succeeds. */
    @Test
    void whereOneLoopCannotListenNoneDoes() throws Exception {
        try (MptcpStack server = MptcpStack.builder().loops(LOOPS).udpPath("lo", IpAddress.parse("127.0.0.1")).build()) {
            Uplinks last = server.shards().getLast();
            for (int round = 0; round < 20; round++) {
                Listener other = last.loop().submit(() -> last.listen(new IpEndpoint(IpAddress.ANY, 0), last.defaultOptions(), null)).get();
                IpEndpoint taken = other.local();
                assertThrows(SetupException.class, () -> server.listen(taken, ListenOptions.DEFAULT, null));
                for (Uplinks uplinks : server.shards().subList(0, LOOPS - 1)) {
                    assertEquals(taken, uplinks.openPort(taken));
                    uplinks.loop().submit(() -> uplinks.closePort(taken)).get();
                    assertFalse(uplinks.loop().submit(() -> uplinks.driver().stack().isLocalPortUsed(taken.port())).get());
                }
                last.loop().submit(() -> last.close(other)).get();
                server.listen(taken, ListenOptions.DEFAULT, null).close();
            }
        }
    }

    @Test
    void pathsThatCannotBeSharedAreRefused() {
        MptcpStack.Builder builder = MptcpStack.builder().loops(2)
                .path(PathSpec.of("lo", IpAddress.parse("127.0.0.9"), PathSpec.Kind.TUN));
        String message = assertThrows(IllegalStateException.class, builder::build).getMessage();
        assertEquals("path lo: tun links cannot be shared by several event loops, use one", message);
    }

    private static CompletableFuture<Void> connect(MptcpStack stack, IpEndpoint remote, StreamHandler handler) {
        CompletableFuture<Void> end = new CompletableFuture<>();
        stack.connect(remote, 10_000, new ConnectListener() {
            @Override
            public void connected(MptcpConnection connection) {
                connection.attach(new AfterJoin(handler, end));
            }

            @Override
            public void failed(CloseReason reason) {
                end.completeExceptionally(new IllegalStateException(reason.toString()));
            }
        });
        return end;
    }

    /** Leaves everything to the server until there are both subflows: no connection is over before its join has arrived. */
    private static final class AfterJoin implements ConnectionHandler {
        private final StreamHandler handler;
        private final CompletableFuture<Void> end;
        private boolean joined;

        AfterJoin(StreamHandler handler, CompletableFuture<Void> end) {
            this.handler = handler;
            this.end = end;
        }

        @Override
        public void ready(MptcpConnection connection, int readiness) {
            joined |= connection.subflows().stream().filter(subflow -> subflow.state().equals("ESTABLISHED")).count() == 2;
            if (joined) {
                handler.ready(connection, readiness);
            }
            if (handler.isClosed()) {
                end.complete(null);
            }
        }
    }
}
