package io.mptcp.sim.script.mptcp;

import static io.mptcp.sim.script.Packet.packet;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.sim.script.FakePeer;
import io.mptcp.sim.script.Script;
import io.mptcp.sim.script.Segment;
import io.mptcp.spi.PathCommands;
import io.mptcp.spi.PathManager;
import io.mptcp.stack.CloseReason;
import io.mptcp.stack.Counter;
import io.mptcp.stack.Keys;
import io.mptcp.stack.Limits;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.ResetReason;
import io.mptcp.stack.StackConfig;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import io.mptcp.wire.MptcpOption.MpJoinAck;
import io.mptcp.wire.MptcpOption.MpJoinSyn;
import io.mptcp.wire.MptcpOption.MpJoinSynAck;
import io.mptcp.wire.MptcpOption.MpTcpRst;
import io.mptcp.wire.MptcpOption;
import java.util.List;
import org.junit.jupiter.api.Test;

/** RFC 8684 section 3.2: MP_JOIN in both roles. */
class JoinTest {
    static final IpAddress SECOND_ADDRESS = IpAddress.parse("10.9.8.8");

    /** Joins from {@link #SECOND_ADDRESS} over link 1 as soon as that is allowed; keeps the commands for the test. */
    static final class SecondPath implements PathManager {
        PathCommands commands;

        @Override
        public String name() {
            return "second-path";
        }

        @Override
        public void onEstablished(PathCommands commands) {
            this.commands = commands;
            commands.openSubflow(1, SECOND_ADDRESS, commands.initialRemote(), false);
        }
    }

    private static final MptcpOption RESET_MPTCP = new MpTcpRst(ResetReason.MPTCP, false);

    private Script script = new Script(StackConfig.defaults()).listen();
    private FakePeer peer;
    private SecondPath manager;
    private MptcpConnection connection;

    private void accept() {
        peer = FakePeer.client(script).openMptcp().confirm();
        peer.skip();
        connection = script.accepted();
    }

    private FakePeer joinSyn(int token) {
        FakePeer join = peer.joining(1);
        return join.inject(join.syn().option(new MpJoinSyn(false, 7, token, 0x1234)));
    }

    // ---- passive side ----

    @Test
    void aJoinIsAnsweredAuthenticatedAndAcknowledgedFourTimes() {
        accept();
        FakePeer join = peer.joining(1).openJoin(7);
        assertEquals(2, connection.subflows().size());
        assertEquals("ESTABLISHED", connection.subflows().get(1).state());
        join.expectNothing();
    }

    @Test
    void theFourthAckCarriesADataAck() {
        accept();
        FakePeer join = joinSyn(peer.stackToken());
        MpJoinSynAck answer = join.expect().option(MpJoinSynAck.class);
        join.inject(packet(".").option(join.joinAck(0x1234, answer.nonce())));
        join.expect().flags(".").dataAck(1);
    }

    @Test
    void theSynAckIsAuthenticated() {
        accept();
        MpJoinSynAck answer = joinSyn(peer.stackToken()).expect().flags("S.").option(MpJoinSynAck.class);
        assertEquals(new Keys().joinSynAckHmac(peer.session.remoteKey, FakePeer.KEY, answer.nonce(), 0x1234), answer.truncatedHmac());
        assertEquals(0, answer.addressId(), "it came to the address of the first subflow");
    }

    @Test
    void aRepeatedThirdAckIsAnsweredAgain() {
        accept();
        FakePeer join = joinSyn(peer.stackToken());
        MpJoinSynAck answer = join.expect().option(MpJoinSynAck.class);
        for (int i = 0; i < 3; i++) {
            join.inject(packet(".").option(join.joinAck(0x1234, answer.nonce())));
            join.expect().flags(".").seq(1).ack(1);
        }
    }

    @Test
    void theSynAckIsRepeatedTheSame() {
        accept();
        FakePeer join = joinSyn(peer.stackToken());
        MpJoinSynAck first = join.expect().option(MpJoinSynAck.class);
        script.advance(1000);
        assertEquals(first, join.expect().flags("S.").option(MpJoinSynAck.class));
    }

    @Test
    void anUnknownTokenIsResetWithReasonOne() {
        accept();
        joinSyn(peer.stackToken() + 1).expect().flags("R.").ack(1).onlyMptcp(RESET_MPTCP);
        assertEquals(1, script.count(Counter.MPJoinNoTokenFound));
    }

    @Test
    void aJoinNeedsNoListenerOnItsPort() {
        accept();
        FakePeer join = peer.joining(1);
        join.stackEnd = new IpEndpoint(SECOND_ADDRESS, 4711);
        join.openJoin(3);
        assertEquals(2, connection.subflows().size());
    }

    /** Both keys are known with the third ACK, which is all it takes to check a join; path 2 may be the faster one. */
    @Test
    void aJoinMayOvertakeTheFirstDss() {
        peer = FakePeer.client(script).openMptcp();
        joinSyn(peer.stackToken()).expect().flags("S.").option(MpJoinSynAck.class);
        assertEquals(0, script.count(Counter.MPJoinRejected));
    }

    @Test
    void beyondTheLimitItIsRefusedWithReasonThree() {
        script = new Script(StackConfig.defaults().withLimits(Limits.defaults().toBuilder().maxSubflows(2).build())).listen();
        accept();
        peer.joining(1).openJoin(1);
        FakePeer third = peer.joining(2);
        third.inject(third.syn().option(new MpJoinSyn(false, 2, peer.stackToken(), 5)));
        third.expect().flags("R.").onlyMptcp(new MpTcpRst(ResetReason.PROHIBITED, false));
    }

    private FakePeer halfJoinTo(int address) {
        FakePeer join = peer.joining(1);
        join.stackEnd = new IpEndpoint(IpAddress.parse("10.8." + address / 256 + "." + address % 256), Script.PORT);
        return join.inject(join.syn().option(new MpJoinSyn(false, 7, peer.stackToken(), 1)));
    }

    /** The token is on the wire for all to see; only the third ACK shows who has the keys. */
    @Test
    void joinsThatAreNeverAuthenticatedUseUpNoAddressIds() {
        accept();
        for (int i = 1; i <= 300; i++) {
            FakePeer half = halfJoinTo(i);
            assertNotEquals(0, half.expect().flags("S.").option(MpJoinSynAck.class).addressId(), "which is the first subflow's");
            half.inject(packet("R").seq(1));
        }
        assertEquals(0, script.count(Counter.MPJoinRejected));
    }

    @Test
    void joinsAreRefusedWhenThereIsNoAddressIdLeft() {
        accept();
        for (int i = 1; i <= 255; i++) {
            FakePeer join = peer.joining(1);
            join.stackEnd = new IpEndpoint(IpAddress.parse("10.8.0." + i), Script.PORT);
            join.openJoin(7);
            join.inject(packet("R"));
        }
        halfJoinTo(256).expect().flags("R.").onlyMptcp(new MpTcpRst(ResetReason.PROHIBITED, false));
        assertEquals(17, halfJoinTo(17).expect().flags("S.").option(MpJoinSynAck.class).addressId(), "it has one");
    }

    @Test
    void halfOpenJoinsAreBoundedAndMoreIsMetWithSilence() {
        script = new Script(StackConfig.defaults().withLimits(Limits.defaults().toBuilder().maxHalfOpen(2).build())).listen();
        accept();
        FakePeer first = halfJoinTo(1);
        first.expect().flags("S.");
        halfJoinTo(2).expect().flags("S.");
        halfJoinTo(3).expectNothing();
        assertEquals(1, script.count(Counter.TCPReqQFullDrop));
        first.inject(packet("R").seq(1));
        peer.joining(2).openJoin(7);
        peer.joining(3).openJoin(7);
    }

    @Test
    void aThirdAckWithoutHmacIsReset() {
        accept();
        FakePeer join = joinSyn(peer.stackToken());
        join.expect();
        join.inject(packet("."));
        join.expect().flags("R.").seq(1).ack(1).onlyMptcp(RESET_MPTCP);
        assertEquals(CloseReason.NONE, connection.closeReason());
    }

    @Test
    void aThirdAckWithAWrongHmacIsReset() {
        accept();
        FakePeer join = joinSyn(peer.stackToken());
        join.expect();
        join.inject(packet(".").option(new MpJoinAck(1, 2, 3)));
        join.expect().flags("R.").onlyMptcp(RESET_MPTCP);
        assertEquals(1, script.count(Counter.MPJoinAckHMacFailure));
        assertEquals(1, script.count(Counter.MPJoinAckHMacFailure));
    }

    @Test
    void dataInsteadOfTheThirdAckIsReset() {
        accept();
        FakePeer join = joinSyn(peer.stackToken());
        join.expect();
        join.inject(packet("P.").data("early").option(join.dss(join.map(1, 1, 5))));
        join.expect().flags("R.").onlyMptcp(RESET_MPTCP);
        assertEquals("", Script.read(connection));
    }

    @Test
    void oneHalfOfAJoinMayTakeOverWhatTheOtherCarries() {
        accept();
        FakePeer join = peer.joining(1).openJoin(7);
        join.inject(packet("P.").data("second").option(join.dss(join.map(6, 1, 6))));
        join.expect().ack(7).dataAck(1);
        peer.inject(packet("P.").data("first").option(peer.dss(peer.map(1, 1, 5))));
        assertEquals("firstsecond", Script.read(connection));
        assertEquals(12, peer.expect().dataAck);
    }

    @Test
    void aBackupJoinIsNotedAndUsedOnlyWhenNothingElseIs() {
        accept();
        FakePeer join = peer.joining(1);
        join.inject(join.syn().option(new MpJoinSyn(true, 7, peer.stackToken(), 1)));
        MpJoinSynAck answer = join.expect().option(MpJoinSynAck.class);
        join.inject(packet(".").option(join.joinAck(1, answer.nonce())));
        join.skip();
        Script.write(connection, "for the regular one");
        peer.expect().data(1, "for the regular one");
        join.expectNothing();
        peer.inject(packet("R"));
        Script.write(connection, "!");
        assertTrue(join.expect().payload.length > 0);
    }

    // ---- active side ----

    private FakePeer connectAndJoin() {
        manager = new SecondPath();
        script = new Script(StackConfig.defaults().withPathManager(() -> manager));
        connection = script.connect();
        peer = FakePeer.server(script).acceptMptcp();
        assertNull(script.pollTo(peer.local), "no join before the data level has answered");
        peer.confirm();
        return peer.joinedOver(1);
    }

    @Test
    void ourJoinGoesByTheirTokenFromItsOwnAddress() {
        FakePeer join = connectAndJoin();
        MpJoinSyn syn = join.expectSyn().option(MpJoinSyn.class);
        assertEquals(new Keys().token(FakePeer.KEY), syn.token());
        assertEquals(1, syn.addressId());
        assertFalse(syn.backup());
        assertEquals(SECOND_ADDRESS, join.stackEnd.address());
    }

    @Test
    void ourThirdAckIsAuthenticated() {
        FakePeer join = connectAndJoin();
        MpJoinSyn syn = join.expectSyn().option(MpJoinSyn.class);
        join.inject(join.synAck().option(join.joinSynAck(syn.nonce(), 99)));
        join.expect().flags(".").seq(1).ack(1)
                .onlyMptcp(MpJoinAck.of(new Keys().joinAckHmac(peer.session.remoteKey, FakePeer.KEY, syn.nonce(), 99)));
    }

    @Test
    void noDataBeforeTheFourthAck() {
        FakePeer join = connectAndJoin();
        MpJoinSyn syn = join.expectSyn().option(MpJoinSyn.class);
        join.inject(join.synAck().option(join.joinSynAck(syn.nonce(), 99)));
        join.expect();
        peer.inject(packet("R"));
        Script.write(connection, "wait");
        join.expectNothing();
        join.ack();
        join.expect().data(1, "wait").mapping(1, 1, 4);
    }

    @Test
    void theThirdAckIsRepeatedUntilTheFourthComes() {
        FakePeer join = connectAndJoin();
        MpJoinSyn syn = join.expectSyn().option(MpJoinSyn.class);
        join.inject(join.synAck().option(join.joinSynAck(syn.nonce(), 99)));
        Segment third = join.expect();
        script.advance(199);
        join.expectNothing();
        script.advance(1);
        assertEquals(third.mptcp, join.expect().flags(".").mptcp);
        join.ack();
        script.advance(10_000);
        join.expectNothing();
    }

    @Test
    void theThirdAckIsRepeatedAfterTwoRoundTripsAndThenEverMoreSeldom() {
        FakePeer join = connectAndJoin();
        MpJoinSyn syn = join.expectSyn().option(MpJoinSyn.class);
        script.advance(200);
        join.inject(join.synAck().option(join.joinSynAck(syn.nonce(), 99)));
        Segment third = join.expect();
        for (int millis : new int[] {400, 400, 800, 1600}) {
            script.advance(millis - 1);
            join.expectNothing();
            script.advance(1);
            assertEquals(third.mptcp, join.expect().flags(".").mptcp);
        }
    }

    @Test
    void aFourthAckThatNeverComesEndsTheAttempt() {
        FakePeer join = connectAndJoin();
        MpJoinSyn syn = join.expectSyn().option(MpJoinSyn.class);
        join.inject(join.synAck().option(join.joinSynAck(syn.nonce(), 99)));
        script.advance(600_000);
        assertTrue(join.skip().flagLetters().startsWith("R"));
        assertEquals("CLOSED", connection.subflows().get(1).state());
        assertEquals(CloseReason.NONE, connection.closeReason());
    }

    @Test
    void aSynAckWithoutMpJoinIsReset() {
        FakePeer join = connectAndJoin();
        join.expectSyn();
        join.inject(join.synAck());
        join.expect().flags("R.").seq(1).ack(1).onlyMptcp(RESET_MPTCP);
        assertEquals(1, script.count(Counter.MPJoinSynAckNoMPJoin));
        assertEquals(CloseReason.NONE, connection.closeReason());
    }

    @Test
    void aSynAckWithAWrongHmacIsReset() {
        FakePeer join = connectAndJoin();
        join.expectSyn();
        join.inject(join.synAck().option(new MpJoinSynAck(false, 1, 0xbad, 99)));
        join.expect().flags("R.").onlyMptcp(RESET_MPTCP);
        assertEquals(1, script.count(Counter.MPJoinSynAckHMacFailure));
    }

    @Test
    void nonceAndPortAreNewForEveryAttempt() {
        FakePeer join = connectAndJoin();
        MpJoinSyn first = join.expectSyn().option(MpJoinSyn.class);
        join.inject(packet("R.").seq(0).ack(1));
        manager.onEstablished(manager.commands);
        FakePeer again = peer.joinedOver(1);
        MpJoinSyn second = again.expectSyn().option(MpJoinSyn.class);
        assertNotEquals(first.nonce(), second.nonce());
        assertNotEquals(join.stackEnd.port(), again.stackEnd.port());
        assertEquals(first.addressId(), second.addressId(), "one id for one address");
    }

    @Test
    void aJoinThatIsRefusedDoesNotHurtTheConnection() {
        FakePeer join = connectAndJoin();
        join.expectSyn();
        join.inject(packet("R.").seq(0).ack(1));
        assertEquals("CLOSED", connection.subflows().get(1).state());
        Script.write(connection, "alive");
        peer.expect().data(1, "alive");
    }

    @Test
    void signalsOnASubflowThatIsNotAuthenticatedYetMeanNothing() {
        accept();
        for (MptcpOption signal : List.of(new MptcpOption.MpFastclose(peer.session.remoteKey), new MptcpOption.MpFail(peer.wireDsn(1)),
                new MptcpOption.MpPrio(true), new MptcpOption.RemoveAddr(List.of(0)), new MptcpOption.AddAddr(9, peer.local.address(), 0, 0))) {
            FakePeer half = peer.joining(1);
            half.inject(half.syn().option(new MpJoinSyn(false, 7, peer.stackToken(), 1)));
            half.expect().flags("S.");
            half.inject(packet(".").option(signal));
            half.expect().flags("R.");
            peer.expectNothing();
        }
        FakePeer half = peer.joining(1);
        half.inject(half.syn().option(new MpJoinSyn(false, 7, peer.stackToken(), 1)));
        half.expect().flags("S.");
        half.inject(packet("R.").option(new MptcpOption.MpFastclose(peer.session.remoteKey)));
        assertEquals(0, script.count(Counter.MPFastcloseRx) + script.count(Counter.MPPrioRx) + script.count(Counter.MPFailRx)
                + script.count(Counter.AddAddr) + script.count(Counter.RmAddr));
        peer.send("unhurt");
        peer.expect().dataAck(7);
    }
}
