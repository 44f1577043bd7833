package io.mptcp.sim.script;

import static io.mptcp.sim.script.Packet.packet;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.stack.Counter;
import io.mptcp.stack.Keys;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.StackConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The language of packet scripts: what it promises to those who write in it. */
class ScriptTest {
    private static Script script(boolean ipv6, boolean mptcp) {
        Script script = new Script(StackConfig.defaults().withMptcp(mptcp));
        return ipv6 ? script.overIpv6() : script;
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void sequenceNumbersOfBothSidesWrapInAConnectionThatIsAccepted(boolean ipv6) {
        Script script = script(ipv6, false).listen();
        FakePeer peer = FakePeer.client(script);
        peer.inject(peer.syn());
        Segment synAck = peer.expect(packet("S.").seq(0).ack(1));
        assertEquals(-3, synAck.rawSeq);
        peer.inject(packet(".")).send("0123456789abcdefghi");
        assertTrue(peer.rawSndNxt() > 0, "the peer's numbers have wrapped");
        MptcpConnection connection = script.accepted();
        assertEquals("0123456789abcdefghi", Script.read(connection));
        Script.write(connection, "over the edge");
        assertTrue(peer.skip().rawSeq < 0);
        peer.ack();
        Script.write(connection, "and on");
        assertTrue(peer.expect(packet("P.").seq(14).data("and on")).rawSeq > 0, "and so have the stack's");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void sequenceNumbersOfBothSidesWrapInAConnectionThatIsOpened(boolean ipv6) {
        Script script = script(ipv6, true);
        MptcpConnection connection = script.connect();
        FakePeer peer = FakePeer.server(script).acceptMptcp();
        Script.write(connection, "over the edge");
        Segment data = peer.expect(packet("P.").seq(1).data("over the edge"));
        assertTrue(data.rawSeq < 0 && data.rawSeq + data.payload.length > 0);
        assertEquals(0, script.millis(), "the script begins at zero, whatever the time of the numbers");
    }

    @Test
    void dataSequenceNumbersOfBothSidesCarryIntoTheHighHalf() {
        Keys keys = new Keys();
        Script script = script(false, true).listen();
        FakePeer accepted = FakePeer.client(script).openMptcp();
        assertEquals(-12, (int) keys.idsn(accepted.session.key));
        assertJustBelowTheWrap((int) keys.idsn(accepted.session.remoteKey));

        Script active = script(false, true);
        active.connect();
        assertJustBelowTheWrap((int) keys.idsn(FakePeer.server(active).acceptMptcp().session.remoteKey));
    }

    private static void assertJustBelowTheWrap(int idsn) {
        assertTrue(idsn < 0 && idsn >= -WrapRandom.CLOSE_KEYS_DISTANCE, () -> "initial data sequence number " + idsn);
    }

    @Test
    void failureTellsWhatWasExpectedWhatCameAndThePacketsSoFar() {
        Script script = script(false, true).listen();
        FakePeer peer = FakePeer.client(script).openMptcp().send("hello");
        script.at(7);
        peer.expect();
        script.advance(3);
        peer.send("more");
        AssertionError failure = assertThrows(AssertionError.class, () -> peer.expect(packet(".").ack(77)));
        String text = failure.getMessage();
        assertTrue(text.startsWith("at 10.000 ms: expected 77, but it is 10: acknowledgment number of [. seq 1 ack 10"), text);
        assertTrue(text.contains("     0.000 < 10.1.0.1:40000 S 0:0(0) win 65535 <mss 1460, sackOK, TS 77000/0, wscale 7, MP_CAPABLE"), text);
        assertTrue(text.contains("     0.000 > 10.1.0.1:40000 S. 0:0(0) ack 1 "), text);
        assertTrue(text.contains("    10.000 < 10.1.0.1:40000 P. 6:10(4) ack 1 "), text);
        assertTrue(text.contains("DSS ack 0000000000000001 dsn 0000000000000006 ssn 6 length 4"), text);
    }

    @Test
    void whatIsSentUnexpectedlyIsShownByExpectNothing() {
        Script script = Script.tcp().listen();
        FakePeer peer = FakePeer.client(script);
        peer.inject(peer.syn());
        AssertionError failure = assertThrows(AssertionError.class, script::expectNothing);
        assertTrue(failure.getMessage().contains("expected that nothing is sent, but there came\n    [S. "), failure.getMessage());
        assertThrows(AssertionError.class, () -> script.expectNothingUntil(5));
        peer.expect();
        script.expectNothingUntil(5);
        assertEquals(5, script.millis());
    }

    @Test
    void whatIsNotSaidOfAnExpectedPacketIsNotLookedAt() {
        Script script = Script.tcp().listen();
        FakePeer peer = FakePeer.client(script);
        peer.inject(peer.syn());
        Segment synAck = peer.expect(packet("S."));
        synAck.matches(packet("S.").mss(1460).sackPermitted());
        assertThrows(AssertionError.class, () -> synAck.matches(packet("S.").mss(1461)));
        assertThrows(AssertionError.class, () -> synAck.matches(packet("S")));
        assertThrows(AssertionError.class, () -> synAck.matches(packet("S.").withoutTimestamps()));
        assertThrows(AssertionError.class, () -> synAck.matches(packet("S.").data("x")));
        assertThrows(AssertionError.class, () -> synAck.matches(packet("S.").option(peer.mptcp().mpCapableSyn())));
    }

    @Test
    void timerThatFiresAtAnotherTimeThanExpectedIsNoticed() {
        Script script = Script.tcp().listen();
        FakePeer peer = FakePeer.client(script);
        peer.inject(peer.syn());
        peer.expect(packet("S."));
        assertThrows(AssertionError.class, () -> peer.expectAt(1_500, packet("S.")), "it came after 1000 ms");
    }

    @Test
    void peersOnSeveralLinksHaveAddressesOfTheirOwn() {
        Script script = script(true, false).listen();
        FakePeer first = FakePeer.client(script, 0).openPlain();
        FakePeer second = FakePeer.client(script, 3).openPlain();
        assertEquals("2001:db8:3::1", second.local.address().toString());
        first.send("to the first");
        MptcpConnection last = script.accepted();
        second.send("to the second");
        assertEquals("to the second", Script.read(last));
        second.expect(packet(".").ack(14));
        first.expect(packet(".").ack(13));
        assertEquals(2, script.count(Counter.PassiveOpens));
    }
}
