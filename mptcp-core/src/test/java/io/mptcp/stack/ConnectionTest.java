package io.mptcp.stack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.spi.PathCommands;
import io.mptcp.spi.PathManager;
import io.mptcp.wire.IpAddress;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

class ConnectionTest {
    /** Opens one more subflow, over link 1, as soon as that is allowed. */
    private static final class SecondPath implements PathManager {
        @Override
        public String name() {
            return "second-path";
        }

        @Override
        public void onEstablished(PathCommands commands) {
            commands.openSubflow(1, TwoStacks.clientAddress(1), commands.initialRemote(), false);
        }
    }

    private static TwoStacks stacks(StackConfig client, StackConfig server) {
        TwoStacks net = new TwoStacks(client, server);
        net.server.listen(new io.mptcp.wire.IpEndpoint(IpAddress.ANY, TwoStacks.PORT), false, ConnectOptions.DEFAULT, null);
        return net;
    }

    @Test
    void mptcpIsNegotiatedAndBytesArriveBothWays() {
        TwoStacks net = stacks(StackConfig.defaults(), StackConfig.defaults());
        MptcpConnection client = net.connect();
        net.run(50);
        assertTrue(client.isConnected());
        assertFalse(client.isFallback());
        MptcpConnection server = TwoStacks.ready(net.server);
        assertEquals(Readiness.ACCEPTED | Readiness.CONNECTED | Readiness.WRITABLE | Readiness.SUBFLOWS, server.takeReadiness());

        TwoStacks.write(client, "ping");
        net.run(50);
        assertEquals("ping", TwoStacks.read(server));
        TwoStacks.write(server, "pong");
        net.run(50);
        assertEquals("pong", TwoStacks.read(client));
        assertFalse(server.isFallback());
        assertEquals(1, net.server.counters().get(Counter.MPCapableACKRX));
    }

    /** The room that was there when it was told may be too little when it is looked at: a larger window wants a larger send buffer. */
    @Test
    void whoAskedForRoomInVainIsToldWhenThereIsSome() {
        TwoStacks net = stacks(StackConfig.defaults(), StackConfig.defaults());
        MptcpConnection client = net.connect();
        net.run(50);
        client.takeReadiness();
        byte[] all = new byte[client.writableBytes()];
        assertEquals(all.length, client.write(MemorySegment.ofArray(all), 0, all.length));
        assertFalse(client.isWritable());

        net.run(50);
        assertTrue(client.isWritable());
        assertEquals(Readiness.WRITABLE, client.takeReadiness() & Readiness.WRITABLE);
    }

    /** B-303. The RSTs of an abort carry the peer's key, and go when the connection is no more. */
    @Test
    void keysAreClearedWhenAConnectionIsOver() {
        for (boolean abort : new boolean[] {false, true}) {
            TwoStacks net = stacks(StackConfig.defaults(), StackConfig.defaults());
            MptcpConnection client = net.connect();
            TwoStacks.write(client, "ping");
            net.run(50);
            MptcpConnection server = TwoStacks.ready(net.server);
            assertEquals("ping", TwoStacks.read(server));
            int token = client.core.data().sequence.localToken();
            assertTrue(client.core.data().sequence.localKey() != 0 && client.core.data().sequence.remoteKey() != 0);
            if (abort) {
                client.abort();
            } else {
                client.close();
                server.close();
            }
            net.run(200_000);
            assertEquals(abort ? CloseReason.RESET : CloseReason.CLOSED, server.closeReason());
            for (MptcpConnection over : new MptcpConnection[] {client, server}) {
                DataSequence sequence = over.core.data().sequence;
                assertEquals(0, sequence.localKey() | sequence.remoteKey());
            }
            assertEquals(token, client.core.data().sequence.localToken(), "statistics outlive it");
        }
    }

    @Test
    void bothSidesCloseInOrder() {
        TwoStacks net = stacks(StackConfig.defaults(), StackConfig.defaults());
        MptcpConnection client = net.connect();
        TwoStacks.write(client, "last words");
        client.shutdownOutput();
        net.run(100);
        MptcpConnection server = TwoStacks.ready(net.server);
        assertEquals("last words", TwoStacks.read(server));
        assertNull(TwoStacks.read(server));
        TwoStacks.write(server, "and mine");
        server.shutdownOutput();
        net.run(100);
        assertEquals("and mine", TwoStacks.read(client));
        assertNull(TwoStacks.read(client));
        net.run(100);
        assertEquals(CloseReason.CLOSED, client.closeReason());
        assertEquals(CloseReason.CLOSED, server.closeReason());
        net.run(70_000);
        assertEquals(0, net.client.connectionCount());
        assertEquals(0, net.server.connectionCount());
    }

    @Test
    void aSecondSubflowJoinsOnceThePeerHasConfirmedMptcp() {
        TwoStacks net = stacks(StackConfig.defaults().withPathManager(SecondPath::new), StackConfig.defaults());
        MptcpConnection client = net.connect();
        TwoStacks.write(client, "hello");
        net.run(200);
        assertEquals(2, client.subflows().size());
        assertTrue(client.subflows().stream().allMatch(s -> s.state().equals("ESTABLISHED")), client.subflows()::toString);
        assertEquals(1, net.server.counters().get(Counter.MPJoinAckRx));
        assertEquals(0, net.server.counters().get(Counter.MPJoinAckHMacFailure));
    }

    @Test
    void aPeerWithoutMptcpGetsPlainTcp() {
        TwoStacks net = stacks(StackConfig.defaults(), StackConfig.defaults().withMptcp(false));
        MptcpConnection client = net.connect();
        TwoStacks.write(client, "plain");
        client.shutdownOutput();
        net.run(200);
        MptcpConnection server = TwoStacks.ready(net.server);
        assertTrue(client.isFallback());
        assertEquals("MPCapableFallbackSYNACK", client.fallbackReason());
        assertEquals("plain", TwoStacks.read(server));
        assertNull(TwoStacks.read(server));
        server.close();
        net.run(200);
        assertEquals(CloseReason.CLOSED, client.closeReason());
    }

    @Test
    void aPortWithoutListenerRefuses() {
        TwoStacks net = new TwoStacks(StackConfig.defaults(), StackConfig.defaults());
        MptcpConnection client = net.connect();
        net.run(50);
        assertEquals(CloseReason.REFUSED, client.closeReason());
        assertEquals(0, net.client.connectionCount());
    }

    @Test
    void anAbortReachesThePeerAsReset() {
        TwoStacks net = stacks(StackConfig.defaults(), StackConfig.defaults());
        MptcpConnection client = net.connect();
        TwoStacks.write(client, "x");
        net.run(100);
        MptcpConnection server = TwoStacks.ready(net.server);
        client.abort();
        net.run(100);
        assertEquals(CloseReason.RESET, server.closeReason());
        assertEquals(1, net.server.counters().get(Counter.MPFastcloseRx));
    }

    @Test
    void aDeferredListenerDecidesBeforeTheHandshake() {
        TwoStacks net = new TwoStacks(StackConfig.defaults(), StackConfig.defaults());
        net.server.listen(new io.mptcp.wire.IpEndpoint(IpAddress.ANY, 0), true, ConnectOptions.DEFAULT, null);
        MptcpConnection first = net.connect();
        net.run(50);
        MptcpConnection pending = TwoStacks.ready(net.server);
        assertEquals(Readiness.ACCEPTED, pending.takeReadiness());
        assertFalse(first.isConnected());
        pending.accept();
        net.run(50);
        assertTrue(first.isConnected());

        MptcpConnection second = net.connect();
        net.run(50);
        MptcpConnection refused = TwoStacks.ready(net.server);
        while (refused == pending) {
            refused = TwoStacks.ready(net.server);
        }
        refused.abort();
        net.run(50);
        assertEquals(CloseReason.REFUSED, second.closeReason());
    }

    @Test
    void aSubflowThePeerHasGivenUpIsFoundOutAndOpenedAgain() {
        TwoStacks net = stacks(StackConfig.defaults().withPathManager(Reopening::new), StackConfig.defaults());
        MptcpConnection client = net.connect();
        TwoStacks.write(client, "hello");
        net.run(200);
        MptcpConnection server = TwoStacks.ready(net.server);
        assertEquals(2, server.subflows().size());

        net.lose = p -> p.linkId() == 1;
        net.server.setLinkUp(1, false); // the server drops its subflow, and the client cannot hear of it
        net.run(1000);
        net.server.setLinkUp(1, true);
        net.lose = p -> false;
        for (int i = 0; i < 40; i++) {
            TwoStacks.write(server, "data over the path that is left ");
            net.run(100);
            TwoStacks.read(client);
        }
        assertEquals(2, server.subflows().stream().filter(s -> s.state().equals("ESTABLISHED")).count(), server.subflows()::toString);
    }

    private static final class Reopening implements PathManager {
        @Override
        public String name() {
            return "reopening";
        }

        @Override
        public void onEstablished(PathCommands commands) {
            commands.openSubflow(1, TwoStacks.clientAddress(1), commands.initialRemote(), false);
        }

        @Override
        public void onSubflowClosed(PathCommands commands, int subflowId, int linkId, io.mptcp.wire.IpEndpoint local,
                                    io.mptcp.wire.IpEndpoint remote, int resetReason) {
            onEstablished(commands);
        }
    }
}
