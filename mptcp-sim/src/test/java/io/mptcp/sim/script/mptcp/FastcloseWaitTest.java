package io.mptcp.sim.script.mptcp;

import static io.mptcp.sim.script.Packet.packet;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.sim.script.FakePeer;
import io.mptcp.sim.script.Script;
import io.mptcp.sim.script.Segment;
import io.mptcp.stack.CloseReason;
import io.mptcp.stack.Counter;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.StackConfig;
import io.mptcp.stack.WireProfile;
import io.mptcp.wire.MptcpOption.MpFastclose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** RFC 8684 section 3.5, option A: an abort that is repeated until the peer has heard it. */
class FastcloseWaitTest {
    private static final WireProfile OPTION_A = new WireProfile(false, false, false, false, false, false, true, false);
    private static final MpFastclose FASTCLOSE = new MpFastclose(FakePeer.KEY);

    private Script script;
    private FakePeer peer;
    private FakePeer second;
    private MptcpConnection connection;

    @BeforeEach
    void connect() {
        script = new Script(StackConfig.defaults().withWire(OPTION_A)).listen();
        peer = FakePeer.client(script);
        peer.rttMillis = 20;
        peer.openMptcp().confirm();
        peer.skip();
        connection = script.accepted();
        second = peer.joining(1);
        second.rttMillis = 20;
        second.openJoin(7);
        second.skip();
    }

    @Test
    void oneSubflowSaysItAndTheOthersAreReset() {
        connection.abort();
        peer.expect().flags(".").noData().onlyMptcp(FASTCLOSE);
        second.expect().flags("R.").noMptcp();
        assertEquals(CloseReason.ABORTED, connection.closeReason());
        assertEquals(1, script.stack.connectionCount());
        peer.inject(packet("R."));
        assertEquals(0, script.stack.connectionCount());
        script.expectNothingUntil(120_000);
    }

    @Test
    void withoutAnswerItIsSaidThreeTimesMoreAndThenOnAReset() {
        connection.abort();
        peer.expect().flags(".").onlyMptcp(FASTCLOSE);
        second.expect();
        for (int i = 0; i < 3; i++) {
            script.expectNothing();
            script.advance(220L << i);
            peer.expect().flags(".").onlyMptcp(FASTCLOSE);
        }
        script.advance(220L << 3);
        peer.expect().flags("R.").onlyMptcp(FASTCLOSE);
        assertEquals(0, script.stack.connectionCount());
        assertEquals(5, script.count(Counter.MPFastcloseTx));
        script.expectNothingUntil(120_000);
    }

    @Test
    void aFastcloseThatCrossesOursIsAnsweredByAReset() {
        connection.abort();
        peer.skip();
        second.skip();
        peer.inject(packet(".").option(new MpFastclose(peer.session.remoteKey)));
        peer.expect().flags("R.");
        assertEquals(0, script.stack.connectionCount());
        assertEquals(CloseReason.ABORTED, connection.closeReason());
    }

    @Test
    void whatThePeerStillSendsIsNotTakenAndAnsweredByTheSame() {
        connection.abort();
        peer.skip();
        second.skip();
        peer.send("too late");
        peer.expect().flags(".").ack(1).onlyMptcp(FASTCLOSE);
        assertEquals(0, connection.readableBytes());
    }

    @Test
    void nothingNewIsSentAnyMore() {
        Script.write(connection, Script.pattern(100_000));
        peer.skip();
        second.skip();
        Script.write(connection, Script.pattern(100_000));
        peer.skip();
        second.skip();
        connection.abort();
        peer.ack();
        for (Segment s = peer.poll(); s != null; s = peer.poll()) {
            assertEquals(0, s.payload.length);
        }
    }

    @Test
    void aSubflowThatAnswersIsPreferred() {
        Script.write(connection, "lost");
        peer.expect().data(1, "lost");
        script.advance(1_000);
        peer.skip();
        second.skip();
        second.ack();
        connection.abort();
        assertTrue(second.expect().flags(".").has(MpFastclose.class));
    }
}
