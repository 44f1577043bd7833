package io.mptcp.sim.script.mptcp;

import static io.mptcp.sim.script.Packet.packet;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.sim.script.FakePeer;
import io.mptcp.sim.script.Script;
import io.mptcp.stack.Blackhole;
import io.mptcp.stack.ConnectOptions;
import io.mptcp.stack.Counter;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.MptcpPatience;
import io.mptcp.stack.StackConfig;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import io.mptcp.wire.MptcpOption.MpCapableSyn;
import io.mptcp.wire.MptcpOption.MpCapableSynAck;
import java.util.List;
import org.junit.jupiter.api.Test;

/** RFC 8684 section 3.9.3: paths that swallow SYNs with MP_CAPABLE are remembered, each by itself. */
class BlackholeTest {
    private static final long HOUR_MILLIS = 3_600_000;

    private final Script script = new Script(StackConfig.defaults());
    private final FakePeer server = FakePeer.server(script);

    /** Three SYNs with MP_CAPABLE get lost, one without is answered. */
    private void findBlackhole() {
        MptcpConnection connection = script.connect();
        FakePeer peer = FakePeer.server(script);
        for (int i = 0; i < 3; i++) {
            peer.expectSyn().option(MpCapableSyn.class);
            script.advance(1000L << i);
        }
        peer.expectSyn().noMptcp();
        peer.inject(peer.synAck());
        peer.expect().flags(".").noMptcp();
        assertEquals("MPCapableSYNTXDrop", connection.fallbackReason());
        connection.abort();
        peer.skip();
    }

    private void expectPlainSyn() {
        MptcpConnection connection = script.connect();
        FakePeer.server(script).expectSyn().noMptcp();
        assertTrue(connection.isFallback());
        assertEquals("MPCapableSYNTXDisabled", connection.fallbackReason());
        connection.abort();
    }

    private void expectMptcpSyn() {
        MptcpConnection connection = script.connect();
        FakePeer.server(script).expectSyn().option(MpCapableSyn.class);
        assertFalse(connection.isFallback());
        connection.abort();
    }

    /** As with Linux's net.mptcp.syn_retrans_before_tcp_fallback and blackhole_timeout of 0. */
    @Test
    void howLongItIsTriedAndRememberedCanBeSet() {
        Script impatient = new Script(StackConfig.defaults().withPatience(new MptcpPatience(0, 0, 1_000_000_000L)));
        for (int i = 0; i < 2; i++) { // nothing is learned from the first
            MptcpConnection connection = impatient.connect();
            FakePeer peer = FakePeer.server(impatient);
            peer.expectSyn().option(MpCapableSyn.class);
            impatient.advance(1000);
            peer.expectSyn().noMptcp();
            peer.inject(peer.synAck());
            peer.expect().flags(".").noMptcp();
            assertEquals("MPCapableSYNTXDrop", connection.fallbackReason());
            connection.abort();
            peer.skip();
        }
        assertEquals(List.of(), impatient.stack.blackholes());
        assertEquals(2, impatient.count(Counter.Blackhole));
    }

    @Test
    void theNextConnectionThereBeginsAsTcp() {
        findBlackhole();
        expectPlainSyn();
        assertEquals(1, script.count(Counter.MPCapableSYNTXDrop));
        assertEquals(1, script.count(Counter.Blackhole));
        assertEquals(1, script.count(Counter.MPCapableSYNTXDisabled));
    }

    @Test
    void onlyThatDestinationOverThatLinkIsConcerned() {
        findBlackhole();
        IpEndpoint local = new IpEndpoint(Script.STACK.address(), 0);
        script.stack.connect(0, local, new IpEndpoint(IpAddress.parse("10.1.0.2"), 80), ConnectOptions.DEFAULT, null);
        script.stack.connect(1, local, server.local, ConnectOptions.DEFAULT, null);
        script.stack.connect(0, local, new IpEndpoint(server.local.address(), 81), ConnectOptions.DEFAULT, null);
        assertTrue(script.pollTo(new IpEndpoint(IpAddress.parse("10.1.0.2"), 80)).has(MpCapableSyn.class));
        assertTrue(script.pollTo(server.local).has(MpCapableSyn.class), "over another link");
        script.pollTo(new IpEndpoint(server.local.address(), 81)).noMptcp();
    }

    @Test
    void itIsForgottenAfterAnHourAndRememberedTwiceAsLongWhenFoundAgain() {
        findBlackhole();
        script.advance(HOUR_MILLIS - 1);
        expectPlainSyn();
        script.advance(1);
        findBlackhole();
        script.advance(2 * HOUR_MILLIS - 1);
        expectPlainSyn();
        script.advance(1);
        expectMptcpSyn();
    }

    @Test
    void theTimeIsDoubledSixTimesAtMost() {
        for (int i = 0; i < 9; i++) {
            findBlackhole();
            long hours = (script.stack.blackholes().getFirst().untilNanos() - script.nowNanos()) / 1_000_000 / HOUR_MILLIS;
            assertEquals(1L << Math.min(i, 6), hours);
            script.advance(hours * HOUR_MILLIS);
        }
    }

    @Test
    void aSuccessClearsIt() {
        findBlackhole();
        script.advance(HOUR_MILLIS);
        script.connect();
        FakePeer.server(script).acceptMptcp();
        assertEquals(List.of(), script.stack.blackholes());
    }

    @Test
    void itCanBeSeenAndCleared() {
        findBlackhole();
        Blackhole found = script.stack.blackholes().getFirst();
        assertEquals(server.local.address(), found.remote());
        assertEquals(0, found.linkId());
        assertEquals(1, found.times());
        script.stack.clearBlackholes();
        expectMptcpSyn();
    }

    @Test
    void oneDestinationOverOneLinkCanBeCleared() {
        findBlackhole();
        assertFalse(script.stack.clearBlackhole(1, server.local.address()), "over another link");
        assertFalse(script.stack.clearBlackhole(0, IpAddress.parse("10.1.0.2")), "to another destination");
        expectPlainSyn();
        assertTrue(script.stack.clearBlackhole(0, server.local.address()));
        assertEquals(List.of(), script.stack.blackholes());
        expectMptcpSyn();
    }

    @Test
    void whatHasExpiredIsNotShown() {
        findBlackhole();
        script.advance(HOUR_MILLIS - 1);
        assertEquals(1, script.stack.blackholes().size());
        script.advance(1);
        script.stack.expire(script.nowNanos());
        assertEquals(List.of(), script.stack.blackholes());
    }

    @Test
    void itIsForgottenWhenItsLinkHasBeenDown() {
        findBlackhole();
        script.stack.setLinkUp(1, false);
        script.stack.setLinkUp(1, true);
        assertEquals(1, script.stack.blackholes().size(), "of another link");
        script.stack.setLinkUp(0, false);
        script.stack.setLinkUp(0, true);
        assertEquals(List.of(), script.stack.blackholes());
        expectMptcpSyn();
    }

    @Test
    void aLateAnswerToAnEarlierSynShowsThereIsNone() {
        script.connect();
        FakePeer peer = FakePeer.server(script).mptcp();
        for (int i = 0; i < 3; i++) {
            peer.expectSyn();
            script.advance(1000L << i);
        }
        peer.expectSyn().noMptcp();
        peer.inject(peer.synAck().option(new MpCapableSynAck(1, 1, FakePeer.KEY)));
        peer.expect().flags(".").noMptcp();
        assertEquals(List.of(), script.stack.blackholes());
    }

    @Test
    void aDestinationThatNeverAnswersIsNone() {
        MptcpConnection connection = script.connect();
        script.advance(300_000);
        assertTrue(connection.isClosed());
        assertEquals(List.of(), script.stack.blackholes());
    }

    @Test
    void theMemoryIsBounded() {
        for (int i = 0; i < 300; i++) {
            IpEndpoint remote = new IpEndpoint(IpAddress.parse("10.2." + i / 250 + "." + (1 + i % 250)), 80);
            script.stack.connect(0, new IpEndpoint(Script.STACK.address(), 0), remote, ConnectOptions.DEFAULT, null);
        }
        script.advance(7_500);
        // The fourth SYN of each is answered.
        int answered = 0;
        for (int i = 0; i < 300; i++) {
            FakePeer peer = FakePeer.at(script, new IpEndpoint(IpAddress.parse("10.2." + i / 250 + "." + (1 + i % 250)), 80));
            for (int n = 0; n < 4; n++) {
                peer.expectSyn();
            }
            peer.inject(peer.synAck());
            answered += peer.poll() == null ? 0 : 1;
        }
        assertEquals(300, answered);
        assertEquals(256, script.stack.blackholes().size());
    }
}
