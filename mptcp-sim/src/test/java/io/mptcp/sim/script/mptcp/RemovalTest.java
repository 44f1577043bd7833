package io.mptcp.sim.script.mptcp;

import static io.mptcp.sim.script.Packet.packet;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.sim.script.FakePeer;
import io.mptcp.sim.script.Script;
import io.mptcp.sim.script.Segment;
import io.mptcp.spi.PathCommands;
import io.mptcp.spi.PathManager;
import io.mptcp.stack.Counter;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.StackConfig;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import io.mptcp.wire.MptcpOption.AddAddr;
import io.mptcp.wire.MptcpOption.Dss;
import io.mptcp.wire.MptcpOption.MpJoinSyn;
import io.mptcp.wire.MptcpOption.MpJoinSynAck;
import io.mptcp.wire.MptcpOption.MpPrio;
import io.mptcp.wire.MptcpOption.MpTcpRst;
import io.mptcp.wire.MptcpOption.RemoveAddr;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Addresses that go: RFC 8684 section 3.4.2, from both sides. */
class RemovalTest {
    private static final IpAddress SECOND_LOCAL = IpAddress.parse("10.9.9.8");
    private static final IpAddress UNUSED = IpAddress.parse("10.9.9.7");
    /** What the handshake measures; the retransmission timeout is 200 ms above it. */
    private static final long RTT_MILLIS = 20;

    private PathCommands commands;
    private Script script;
    private FakePeer peer;
    private FakePeer second;
    private MptcpConnection connection;

    private final class Holder implements PathManager {
        @Override
        public String name() {
            return "holder";
        }

        @Override
        public void onEstablished(PathCommands pathCommands) {
            commands = pathCommands;
        }
    }

    /** Two subflows: id 0 of both sides over link 0, id 1 here and 7 there over link 1. */
    @BeforeEach
    void connect() {
        script = new Script(StackConfig.defaults().withPathManager(Holder::new)).listen();
        peer = FakePeer.client(script);
        peer.rttMillis = RTT_MILLIS;
        peer.openMptcp().confirm();
        peer.skip();
        connection = script.accepted();
        second = peer.joining(1);
        second.stackEnd = new IpEndpoint(SECOND_LOCAL, Script.PORT);
        second.rttMillis = RTT_MILLIS;
        second.openJoin(7);
    }

    private String stateOf(int subflow) {
        return connection.subflows().get(subflow).state();
    }

    /** What the stack says on whichever subflow it likes; the answer is heard there. */
    private Segment expectSignal() {
        Segment segment = peer.poll();
        FakePeer to = segment == null ? second : peer;
        segment = segment == null ? second.expect() : segment;
        script.advance(1);
        to.ack();
        return segment.flags(".").noData();
    }

    // ---- the peer's ----

    @Test
    void aSubflowOfARemovedAddressThatStillAnswersStays() {
        peer.inject(packet(".").option(new RemoveAddr(List.of(7))));
        second.expect(packet(".").seq(0).ack(1)).noData();
        Script.write(connection, "a");
        peer.expect().data(1, "a");
        peer.ack();
        script.advance(RTT_MILLIS);
        second.ack();
        script.advance(60_000);
        for (Segment s = second.poll(); s != null; s = second.poll()) {
            s.flags(".");
        }
        assertEquals("ESTABLISHED", stateOf(1));
        assertEquals(0, script.count(Counter.RmSubflow));
    }

    @Test
    void oneThatAnswersNothingIsReset() {
        peer.inject(packet(".").option(new RemoveAddr(List.of(7))));
        for (int i = 0; i < 3; i++) {
            second.expect(packet(".").seq(0)).noData();
            peer.expectNothing();
            script.advance(4_000);
        }
        second.expect().flags("R.").option(MpTcpRst.class);
        assertEquals("CLOSED", stateOf(1));
        assertEquals("ESTABLISHED", stateOf(0));
        assertEquals(1, script.count(Counter.RmSubflow));
    }

    @Test
    void whatItCarriesIsSentElsewhereAtOnce() {
        peer.inject(packet(".").option(new MpPrio(true)));
        Script.write(connection, "lost");
        second.expect().data(1, "lost");
        peer.inject(packet(".").option(new RemoveAddr(List.of(7))));
        peer.expect().data(1, "lost");
    }

    @Test
    void addressZeroIsTheFirstSubflows() {
        second.inject(packet(".").option(new RemoveAddr(List.of(0))));
        peer.expect(packet(".").seq(0)).noData();
        Script.write(connection, "second");
        second.expect().data(1, "second");
        script.advance(20_000);
        second.skip();
        second.ack();
        assertEquals("CLOSED", stateOf(0));
    }

    @Test
    void anIdNobodyUsesIsIgnored() {
        peer.inject(packet(".").option(new RemoveAddr(List.of(9))));
        script.expectNothing();
    }

    @Test
    void theOnlySubflowIsAskedToo() {
        second.inject(packet("R."));
        peer.inject(packet(".").option(new RemoveAddr(List.of(0))));
        peer.expect(packet(".").seq(0)).noData();
        peer.ack();
        Script.write(connection, "still here");
        peer.expect().data(1, "still here");
    }

    // ---- ours ----

    @Test
    void aWithdrawnAddressIsToldOfWhenItsSubflowHasEnded() {
        assertTrue(commands.withdrawAddress(SECOND_LOCAL));
        Segment fin = second.expect().flags("F.");
        assertTrue(fin.option(MpPrio.class).backup(), "the peer shall use others");
        peer.expectNothing();
        second.inject(packet("."));
        assertEquals(List.of(1), peer.expect().flags(".").noData().option(RemoveAddr.class).addressIds());
        second.inject(packet("F."));
        second.expect().flags(".");
        script.expectNothing();
        assertEquals(1, script.count(Counter.RmAddrTx));
        Script.write(connection, "on");
        peer.expect().data(1, "on");
    }

    @Test
    void whatAWithdrawnAddressHasSentIsDelivered() {
        peer.inject(packet(".").option(new MpPrio(true)));
        Script.write(connection, "all of it");
        second.expect().data(1, "all of it");
        commands.withdrawAddress(SECOND_LOCAL);
        second.expect().flags("F.").seq(10);
        second.inject(packet(".").ack(10).option(second.dssAck(10)));
        script.expectNothing();
        second.inject(packet(".").option(second.dssAck(10)));
        peer.expect().option(RemoveAddr.class);
    }

    @Test
    void aSubflowThatNoLongerAnswersIsNotWaitedFor() {
        peer.inject(packet(".").option(new MpPrio(true)));
        Script.write(connection, "lost");
        second.expect().data(1, "lost");
        commands.withdrawAddress(SECOND_LOCAL);
        second.expect().flags("F.");
        script.advance(1_000);
        boolean told = false;
        for (Segment s = peer.poll(); s != null; s = peer.poll()) {
            told |= s.has(RemoveAddr.class);
        }
        assertTrue(told);
    }

    @Test
    void anAddressThatWasOnlyAnnouncedIsWithdrawnToo() {
        commands.announceAddress(5, UNUSED, 1_000_000_000L);
        expectSignal().option(AddAddr.class);
        assertTrue(commands.withdrawAddress(UNUSED));
        assertEquals(List.of(5), expectSignal().option(RemoveAddr.class).addressIds());
        script.advance(10_000);
        for (Segment s = peer.poll(); s != null; s = peer.poll()) {
            assertFalse(s.has(AddAddr.class), "it is not announced again");
        }
    }

    @Test
    void anAddressThePeerHasNeverHeardOfIsNoneToTellOf() {
        assertFalse(commands.withdrawAddress(UNUSED));
        script.expectNothing();
    }

    @Test
    void eachIsToldOfAsSoonAsItMayBe() {
        commands.announceAddress(5, UNUSED, Long.MAX_VALUE);
        expectSignal().option(AddAddr.class);
        commands.withdrawAddress(UNUSED);
        commands.withdrawAddress(SECOND_LOCAL);
        second.expect().flags("F.");
        second.inject(packet("."));
        assertEquals(List.of(5), expectSignal().option(RemoveAddr.class).addressIds(), "which did not have to wait");
        assertEquals(List.of(1), peer.expect().option(RemoveAddr.class).addressIds());
    }

    @Test
    void aWithdrawnAddressMayBeUsedAgainUnderItsId() {
        commands.withdrawAddress(SECOND_LOCAL);
        second.expect().flags("F.");
        second.inject(packet("F."));
        second.skip();
        assertEquals(List.of(1), peer.expect().option(RemoveAddr.class).addressIds());
        assertTrue(commands.openSubflow(1, SECOND_LOCAL, peer.local, false) > 0);
        assertEquals(1, peer.joinedOver(1).expectSyn().option(MpJoinSyn.class).addressId());
    }

    // ---- address ids ----

    /** B-230: another address may have it after REMOVE_ADDR, and not before. */
    @Test
    void anIdIsFreeForAnotherAddressWhenThePeerHasBeenToldOfItsRemoval() {
        IpAddress other = IpAddress.parse("10.9.9.6");
        commands.announceAddress(5, UNUSED, Long.MAX_VALUE);
        assertEquals(5, expectSignal().option(AddAddr.class).addressId());
        script.advance(400);
        commands.withdrawAddress(UNUSED);
        assertEquals(List.of(5), expectSignal().option(RemoveAddr.class).addressIds());
        assertFalse(commands.withdrawAddress(UNUSED), "it has been");
        commands.announceAddress(5, other, Long.MAX_VALUE);
        AddAddr announced = expectSignal().option(AddAddr.class);
        assertEquals(other, announced.address());
        assertEquals(5, announced.addressId());
        script.advance(400);
        commands.announceAddress(5, UNUSED, Long.MAX_VALUE);
        assertEquals(2, expectSignal().option(AddAddr.class).addressId());
    }

    @Test
    void anAddressHasOneIdAndAnIdOneAddress() {
        commands.announceAddress(5, UNUSED, Long.MAX_VALUE);
        assertEquals(5, expectSignal().option(AddAddr.class).addressId());
        script.advance(400);
        commands.announceAddress(6, UNUSED, Long.MAX_VALUE);
        assertEquals(5, expectSignal().option(AddAddr.class).addressId(), "it has one already");
        script.advance(400);
        IpAddress other = IpAddress.parse("10.9.9.6");
        commands.announceAddress(5, other, Long.MAX_VALUE);
        AddAddr announced = expectSignal().option(AddAddr.class);
        assertEquals(other, announced.address());
        assertTrue(announced.addressId() != 5 && announced.addressId() > 1, announced::toString);
    }

    @Test
    void aJoinNamesTheIdOfItsSourceAddress() {
        commands.openSubflow(1, SECOND_LOCAL, peer.local, false);
        assertEquals(1, peer.joinedOver(1).expectSyn().option(MpJoinSyn.class).addressId());
        commands.openSubflow(2, commands.initialLocal().address(), peer.local, false);
        assertEquals(0, peer.joinedOver(2).expectSyn().option(MpJoinSyn.class).addressId());
        commands.openSubflow(3, UNUSED, peer.local, false);
        assertEquals(2, peer.joinedOver(3).expectSyn().option(MpJoinSyn.class).addressId());
    }

    @Test
    void theAnswerToAJoinNamesTheIdOfTheAddressItWentTo() {
        FakePeer third = peer.joining(2);
        third.stackEnd = new IpEndpoint(UNUSED, Script.PORT);
        third.inject(third.syn().option(new MpJoinSyn(false, 9, peer.stackToken(), 1)));
        assertEquals(2, third.expect().flags("S.").option(MpJoinSynAck.class).addressId());
        FakePeer fourth = peer.joining(2);
        fourth.inject(fourth.syn().option(new MpJoinSyn(false, 9, peer.stackToken(), 1)));
        assertEquals(0, fourth.expect().flags("S.").option(MpJoinSynAck.class).addressId());
    }

    @Test
    void anAddressIsAnnouncedOnASubflowThatAnswers() {
        peer.inject(packet(".").option(new MpPrio(true)));
        Script.write(connection, "lost");
        second.expect().data(1, "lost");
        script.advance(1_000); // the second subflow is silent now
        second.skip();
        peer.skip();
        commands.announceAddress(5, UNUSED, Long.MAX_VALUE);
        script.advance(0);
        for (Segment s = second.poll(); s != null; s = second.poll()) {
            assertFalse(s.has(AddAddr.class));
        }
        assertTrue(peer.expect().has(AddAddr.class));
    }

    @Test
    void dataThatComesKeepsItsDataAckBesideARemoval() {
        commands.announceAddress(5, UNUSED, Long.MAX_VALUE);
        expectSignal().option(AddAddr.class);
        second.inject(packet("R."));
        commands.withdrawAddress(UNUSED);
        peer.send("data");
        peer.expect().option(Dss.class);
    }
}
