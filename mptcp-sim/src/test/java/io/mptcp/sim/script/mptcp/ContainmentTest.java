package io.mptcp.sim.script.mptcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.sim.script.FakePeer;
import io.mptcp.sim.script.Script;
import io.mptcp.spi.PacketScheduler;
import io.mptcp.spi.PathCommands;
import io.mptcp.spi.PathManager;
import io.mptcp.spi.SchedulerView;
import io.mptcp.stack.CloseReason;
import io.mptcp.stack.Counter;
import io.mptcp.stack.Limits;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.StackConfig;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import io.mptcp.wire.MptcpOption.MpJoinSyn;
import io.mptcp.wire.TcpSegment;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What throws inside the stack, policies above all, costs one connection: the others go on, and the owner of the stack is told. */
class ContainmentTest {
    private static final class Bug extends RuntimeException {
        private static final long serialVersionUID = 1;

        Bug(String where) {
            super(where);
        }
    }

    /** Where the manager of every connection throws; null for nowhere. */
    private String throwsIn;
    private final List<RuntimeException> failures = new ArrayList<>();
    private final List<MptcpConnection> failed = new ArrayList<>();
    private Script script;
    private FakePeer friend;
    private MptcpConnection other;

    private final class Faulty implements PathManager {
        private void at(String where) {
            if (where.equals(throwsIn)) {
                throw new Bug(where);
            }
        }

        @Override
        public String name() {
            return "faulty";
        }

        @Override
        public void onEstablished(PathCommands commands) {
            at("onEstablished");
            commands.wakeAt(commands.nowNanos() + 50_000_000L);
        }

        @Override
        public void onTimer(PathCommands commands) {
            at("onTimer");
        }

        @Override
        public void onClosed(PathCommands commands) {
            at("onClosed");
        }

        @Override
        public boolean acceptsJoin(PathCommands commands, int linkId, IpAddress local) {
            at("acceptsJoin");
            return true;
        }

        @Override
        public int addressId(PathCommands commands, int linkId, IpAddress local) {
            at("addressId");
            return 0;
        }

        @Override
        public boolean isBackup(PathCommands commands, int linkId, IpAddress local) {
            at("isBackup");
            return false;
        }
    }

    /** With one connection that works, and has to go on working. */
    private void listen(StackConfig config) {
        script = new Script(config.withPathManager(() -> {
            if ("create".equals(throwsIn)) {
                throw new Bug("create");
            }
            return new Faulty();
        }));
        script.stack.onInternalError((connection, failure) -> {
            failed.add(connection);
            failures.add(failure);
        });
        script.listen();
        friend = FakePeer.client(script).openMptcp().confirm();
        friend.skip();
        other = script.accepted();
        script.advance(100);
    }

    private void expectContained(int errors) {
        throwsIn = null;
        assertEquals(errors, script.count(Counter.InternalErrors));
        assertEquals(errors, failures.size());
        friend.send("still here");
        friend.expect().dataAck(11);
        assertEquals("still here", Script.read(other));
        Script.write(other, "so am I");
        friend.expect().data(1, "so am I");
        friend.ack();
        assertEquals(1, script.stack.connectionCount());
        assertEquals(1, script.stack.flowCount());
        assertEquals(0, script.stack.synQueueSize());
        script.advance(60_000);
        assertEquals(CloseReason.NONE, other.closeReason());
    }

    private void expectReset(FakePeer peer) {
        boolean reset = false;
        for (var segment = peer.poll(); segment != null; segment = peer.poll()) {
            reset |= segment.has(TcpSegment.RST);
        }
        assertTrue(reset, "the peer is told");
    }

    @Test
    void aManagerThatThrowsWhenAskedAboutAJoin() {
        for (String question : List.of("acceptsJoin", "addressId", "isBackup")) {
            failures.clear();
            failed.clear();
            listen(StackConfig.defaults());
            FakePeer victim = FakePeer.client(script).openMptcp().confirm();
            MptcpConnection connection = script.accepted();
            script.advance(100);
            victim.skip();
            throwsIn = question;
            FakePeer join = victim.joining(1);
            join.inject(join.syn().option(new MpJoinSyn(false, 7, victim.stackToken(), 1)));
            join.expect().flags("R.").ack(1);
            expectReset(victim);
            assertEquals(CloseReason.INTERNAL, connection.closeReason());
            assertSame(connection, failed.getFirst());
            assertEquals(question, failures.getFirst().getMessage());
            expectContained(1);
        }
    }

    /** And each time the place it had among the half-open ones is free again. */
    @Test
    void aManagerOrItsFactoryThatThrowsWhileAConnectionIsMade() {
        for (String where : List.of("create", "isBackup")) {
            failures.clear();
            listen(StackConfig.defaults().withLimits(Limits.defaults().toBuilder().maxHalfOpen(1).maxConnections(2).build()));
            throwsIn = where;
            for (int i = 0; i < 3; i++) {
                FakePeer.client(script).openPlain().expect().flags("R");
            }
            expectContained(3);
            FakePeer.client(script).openMptcp();
        }
    }

    @Test
    void oneWhoseEventFails() {
        for (String event : List.of("onEstablished", "onTimer")) {
            failures.clear();
            listen(StackConfig.defaults());
            throwsIn = event;
            FakePeer victim = FakePeer.client(script).openMptcp().confirm();
            MptcpConnection connection = script.accepted();
            script.advance(100);
            expectReset(victim);
            assertEquals(CloseReason.INTERNAL, connection.closeReason());
            expectContained(1);
        }
    }

    @Test
    void oneThatFailsAgainAtTheEnd() {
        listen(StackConfig.defaults());
        throwsIn = "onClosed";
        FakePeer victim = FakePeer.client(script).openMptcp().confirm();
        victim.skip();
        victim.inject(io.mptcp.sim.script.Packet.packet("R"));
        script.advance(200_000);
        expectContained(1);
    }

    @Test
    void aSchedulerThatThrows() {
        listen(StackConfig.defaults());
        FakePeer victim = FakePeer.client(script).openMptcp().confirm();
        MptcpConnection connection = script.accepted();
        victim.joining(1).openJoin(7); // with one subflow there is nothing to ask
        victim.skip();
        connection.setScheduler(new PacketScheduler() {
            @Override
            public String name() {
                return "faulty";
            }

            @Override
            public long select(SchedulerView view) {
                throw new Bug("select");
            }
        });
        Script.write(connection, "never sent");
        expectReset(victim);
        assertEquals(CloseReason.INTERNAL, connection.closeReason());
        expectContained(1);
    }

    @Test
    void aTracerThatThrowsCostsNothing() {
        boolean[] faulty = new boolean[1];
        listen(StackConfig.defaults().withTracer(event -> {
            if (faulty[0]) {
                throw new Bug("tracer");
            }
        }));
        faulty[0] = true;
        FakePeer.client(script).openMptcp().confirm();
        MptcpConnection connection = script.accepted();
        assertEquals(CloseReason.NONE, connection.closeReason());
        connection.abort();
        script.advance(1);
        faulty[0] = false;
        expectContained(failures.size());
        assertTrue(failures.size() >= 3, "created, established, closed");
    }

    @Test
    void whatThrowsWhileTheCallerOpensAConnectionIsTheCallers() {
        listen(StackConfig.defaults());
        throwsIn = "isBackup";
        assertThrows(Bug.class, () -> script.connect());
        throwsIn = "create";
        assertThrows(Bug.class, () -> script.connect());
        expectContained(0);
    }
}
