package io.mptcp.sim.script.mptcp;

import static io.mptcp.sim.script.Packet.packet;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.sim.script.FakePeer;
import io.mptcp.sim.script.Script;
import io.mptcp.sim.script.Segment;
import io.mptcp.stack.ChecksumPolicy;
import io.mptcp.stack.CloseReason;
import io.mptcp.stack.Counter;
import io.mptcp.stack.Keys;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.StackConfig;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import io.mptcp.wire.MptcpOption.MpCapableAck;
import io.mptcp.wire.MptcpOption.MpCapableData;
import io.mptcp.wire.MptcpOption.MpCapableSyn;
import io.mptcp.wire.MptcpOption.MpCapableSynAck;
import io.mptcp.wire.MptcpOption;
import org.junit.jupiter.api.Test;

/** RFC 8684 section 3.1: the MP_CAPABLE handshake in both roles, and what makes it fall back to TCP (section 3.7). */
class MpCapableTest {
    private static final byte[] HELLO = "hello".getBytes();
    private final Script script = new Script(StackConfig.defaults()).listen();

    private static StackConfig withChecksum(boolean on) {
        return StackConfig.defaults().withChecksum(on);
    }

    // ---- passive side ----

    private FakePeer syn(int version, int flags) {
        FakePeer peer = FakePeer.client(script).mptcp();
        return peer.inject(peer.syn().option(new MpCapableSyn(version, flags)));
    }

    private void expectMptcpAnswer(FakePeer peer) {
        MpCapableSynAck answer = peer.expect().flags("S.").option(MpCapableSynAck.class);
        assertEquals(1, answer.version());
        assertEquals(0x01, answer.flags());
        assertNotEquals(0, answer.senderKey());
    }

    private void expectTcpAnswer(FakePeer peer) {
        peer.expect().flags("S.").noMptcp();
        peer.inject(packet("."));
        peer.inject(packet("P.").data("tcp"));
        MptcpConnection connection = script.accepted();
        assertTrue(connection.isFallback());
        assertEquals("tcp", Script.read(connection));
        peer.expect().flags(".").noMptcp();
    }

    @Test
    void versionOneIsAnswered() {
        expectMptcpAnswer(syn(1, 0x01));
    }

    @Test
    void aHigherVersionIsAnsweredWithOne() {
        expectMptcpAnswer(syn(2, 0x01));
    }

    @Test
    void versionZeroGetsTcp() {
        expectTcpAnswer(syn(0, 0x01));
    }

    @Test
    void extensibilityNotUnderstoodGetsTcp() {
        expectTcpAnswer(syn(1, 0x41));
    }

    @Test
    void noCryptoAlgorithmGetsTcp() {
        expectTcpAnswer(syn(1, 0x00));
    }

    @Test
    void onlyUnknownCryptoAlgorithmsGetTcp() {
        expectTcpAnswer(syn(1, 0x1e));
    }

    @Test
    void ofSeveralAlgorithmsSha256IsChosenAlone() {
        expectMptcpAnswer(syn(1, 0x1f));
    }

    @Test
    void aSynWithoutMpCapableGetsTcp() {
        FakePeer peer = FakePeer.client(script);
        peer.inject(peer.syn());
        expectTcpAnswer(peer);
    }

    @Test
    void mpCapableAndMpJoinTogetherGetTcp() {
        FakePeer peer = FakePeer.client(script);
        peer.inject(peer.syn().raw("1e0401011e0c1002ccad45aca1a2a3a4"));
        expectTcpAnswer(peer);
    }

    private void expectFallBackAfterThirdAck(int version, int flags) {
        FakePeer peer = syn(1, 1);
        peer.learnKey(peer.expect());
        peer.inject(packet(".").option(new MpCapableAck(version, flags, FakePeer.KEY, peer.session.remoteKey)));
        MptcpConnection connection = script.accepted();
        assertTrue(connection.isFallback());
        Script.write(connection, "tcp");
        peer.expect().data(1, "tcp").noMptcp();
        assertEquals(1, script.count(Counter.MPCapableFallbackACK));
    }

    @Test
    void aThirdAckOfAnotherVersionFallsBack() {
        expectFallBackAfterThirdAck(0, 0x01);
    }

    @Test
    void extensibilityNotUnderstoodInTheThirdAckFallsBack() {
        expectFallBackAfterThirdAck(1, 0x41);
    }

    @Test
    void noCryptoAlgorithmInTheThirdAckFallsBack() {
        expectFallBackAfterThirdAck(1, 0x00);
    }

    @Test
    void aRepeatedSynGetsTheSameKey() {
        FakePeer peer = syn(1, 1);
        MpCapableSynAck first = peer.expect().option(MpCapableSynAck.class);
        peer.inject(peer.syn().option(new MpCapableSyn(1, 1)));
        assertEquals(first, peer.expect().option(MpCapableSynAck.class));
    }

    @Test
    void aThirdAckWithoutKeysFallsBack() {
        FakePeer peer = syn(1, 1);
        peer.expect().flags("S.");
        peer.inject(packet("."));
        MptcpConnection connection = script.accepted();
        assertEquals("MPCapableFallbackACK", connection.fallbackReason());
        Script.write(connection, "tcp");
        peer.expect().data(1, "tcp").noMptcp();
    }

    @Test
    void aThirdAckWithAnotherKeyThanOursFallsBack() {
        FakePeer peer = syn(1, 1);
        peer.learnKey(peer.expect());
        peer.inject(packet(".").option(new MpCapableAck(1, 1, FakePeer.KEY, peer.session.remoteKey + 1)));
        assertTrue(script.accepted().isFallback());
    }

    @Test
    void aThirdAckWithKeyZeroFallsBack() {
        FakePeer peer = syn(1, 1);
        peer.learnKey(peer.expect());
        peer.inject(packet(".").option(new MpCapableAck(1, 1, 0, peer.session.remoteKey)));
        assertTrue(script.accepted().isFallback());
    }

    @Test
    void dataWithKeysMakesGoodALostThirdAck() {
        FakePeer peer = syn(1, 1);
        peer.learnKey(peer.expect());
        peer.inject(packet("P.").data(HELLO).option(peer.mpCapableData(HELLO)));
        MptcpConnection connection = script.accepted();
        assertFalse(connection.isFallback());
        assertEquals("hello", Script.read(connection));
        Segment ack = peer.expect().flags(".").ack(6).dataAck(6);
        assertTrue(ack.option(MptcpOption.Dss.class).ack().wide(), "whoever has not seen our DSN width gets all 64 bits");
    }

    @Test
    void dataWithKeysMayComeTwiceAndInPieces() {
        FakePeer peer = syn(1, 1);
        peer.learnKey(peer.expect());
        peer.inject(packet(".").option(peer.mpCapableAck()));
        MptcpOption whole = peer.mpCapableData(HELLO);
        peer.inject(packet("P.").seq(1).data("he").option(whole));
        peer.inject(packet("P.").seq(3).data("llo").option(whole));
        peer.inject(packet("P.").seq(1).data("hello").option(whole));
        MptcpConnection connection = script.accepted();
        assertEquals("hello", Script.read(connection));
        assertFalse(connection.isFallback());
        assertEquals(6, peer.skip().dataAck);
    }

    @Test
    void dataWithoutKeysOrDssFallsBack() {
        FakePeer peer = FakePeer.client(script).openMptcp();
        peer.inject(packet("P.").data("tcp"));
        MptcpConnection connection = script.accepted();
        assertEquals("MPCapableDataFallback", connection.fallbackReason());
        assertEquals("tcp", Script.read(connection));
        peer.expect().flags(".").ack(4).noMptcp();
    }

    @Test
    void whenTheServerSendsFirstItsDataIsMapped() {
        FakePeer peer = FakePeer.client(script).openMptcp();
        MptcpConnection connection = script.accepted();
        Script.write(connection, "welcome");
        peer.expect().data(1, "welcome").mapping(1, 1, 7).dataAck(1);
        peer.ack();
        assertEquals(7, connection.bytesAcked());
        assertFalse(connection.isFallback());
    }

    @Test
    void anAckOfTheFirstDataWithoutDataAckFallsBack() {
        FakePeer peer = FakePeer.client(script).openMptcp();
        MptcpConnection connection = script.accepted();
        Script.write(connection, "welcome");
        peer.expect();
        peer.inject(packet("."));
        assertEquals("MPCapableDataFallback", connection.fallbackReason());
        assertEquals(7, connection.bytesAcked());
    }

    @Test
    void keysOnALaterSegmentAreIgnored() {
        FakePeer peer = FakePeer.client(script).openMptcp();
        peer.send("hello");
        peer.send("world");
        peer.inject(packet("P.").seq(11).data("again").option(peer.mpCapableData("again".getBytes())));
        peer.inject(packet("P.").seq(11).data("again").option(peer.dss(peer.map(11, 11, 5))));
        MptcpConnection connection = script.accepted();
        assertEquals("helloworldagain", Script.read(connection));
        assertFalse(connection.isFallback());
    }

    // ---- active side ----

    @Test
    void ourSynOffersVersionOneAndSha256() {
        script.connect();
        FakePeer.server(script).expectSyn().onlyMptcp(new MpCapableSyn(1, 0x01));
    }

    @Test
    void theThirdAckCarriesBothKeys() {
        MptcpConnection connection = script.connect();
        FakePeer peer = FakePeer.server(script).mptcp();
        peer.expectSyn();
        peer.inject(peer.synAck().option(new MpCapableSynAck(1, 1, FakePeer.KEY)));
        MpCapableAck third = peer.expect().flags(".").option(MpCapableAck.class);
        assertEquals(FakePeer.KEY, third.receiverKey());
        assertEquals(connection.token(), new Keys().token(third.senderKey()));
    }

    @Test
    void theThirdAckIsRepeatedWhenTheSynAckIs() {
        script.connect();
        FakePeer peer = FakePeer.server(script).acceptMptcp();
        peer.inject(peer.synAck().option(new MpCapableSynAck(1, 1, FakePeer.KEY)));
        peer.expect().flags(".").option(MpCapableAck.class);
    }

    @Test
    void firstDataRepeatsTheKeysAndSoDoItsRetransmissions() {
        MptcpConnection connection = script.connect();
        FakePeer peer = FakePeer.server(script).acceptMptcp();
        Script.write(connection, "first");
        MpCapableData first = peer.expect().data(1, "first").option(MpCapableData.class);
        assertEquals(5, first.dataLevelLength());
        Script.write(connection, "second");
        peer.expect().data(6, "second").mapping(6, 6, 6);
        script.advance(5000);
        boolean again = false;
        for (Segment s = peer.poll(); s != null; s = peer.poll()) {
            if (s.seq == 1) {
                again = true;
                assertEquals(first, s.option(MpCapableData.class));
            }
        }
        assertTrue(again);
    }

    @Test
    void anAddressThatAnybodyMayHaveSentDoesNotShowThatThePeerHasTheKeys() {
        MptcpConnection connection = script.connect();
        FakePeer peer = FakePeer.server(script).acceptMptcp();
        peer.inject(packet(".").option(new MptcpOption.AddAddr(2, IpAddress.parse("192.0.2.10"), 0, 0x1234)));
        peer.inject(packet(".").option(new MptcpOption.AddAddrEcho(2, IpAddress.parse("192.0.2.10"), 0)));
        Script.write(connection, "first");
        peer.expect().data(1, "first").option(MpCapableData.class);
    }

    @Test
    void afterADataAckPlainMappingsAreUsed() {
        MptcpConnection connection = script.connect();
        FakePeer peer = FakePeer.server(script).acceptMptcp().confirm();
        Script.write(connection, "first");
        peer.expect().data(1, "first").mapping(1, 1, 5);
    }

    @Test
    void aSynAckWithoutMpCapableFallsBack() {
        MptcpConnection connection = script.connect();
        FakePeer peer = FakePeer.server(script).acceptPlain();
        assertEquals("MPCapableFallbackSYNACK", connection.fallbackReason());
        Script.write(connection, "tcp");
        peer.expect().data(1, "tcp").noMptcp();
        peer.inject(packet("P.").data("fine"));
        assertEquals("fine", Script.read(connection));
    }

    private void synAckFallsBack(int version, int flags, long key) {
        MptcpConnection connection = script.connect();
        FakePeer peer = FakePeer.server(script).mptcp();
        peer.expectSyn();
        peer.inject(peer.synAck().option(new MpCapableSynAck(version, flags, key)));
        peer.expect().flags(".").noMptcp();
        assertTrue(connection.isFallback());
        connection.abort();
        peer.skip();
    }

    @Test
    void aSynAckWithAnotherVersionFlagOrKeyFallsBack() {
        synAckFallsBack(0, 0x01, 7);
        synAckFallsBack(2, 0x01, 7);
        synAckFallsBack(1, 0x41, 7);
        synAckFallsBack(1, 0x00, 7);
        synAckFallsBack(1, 0x02, 7);
        synAckFallsBack(1, 0x01, 0);
    }

    @Test
    void afterThreeUnansweredSynsTheNextGoesWithoutMpCapable() {
        MptcpConnection connection = script.connect();
        FakePeer peer = FakePeer.server(script);
        for (int i = 0; i < 3; i++) {
            peer.expectSyn().option(MpCapableSyn.class);
            script.advance(1000L << i);
        }
        peer.expectSyn().noMptcp();
        peer.inject(peer.synAck());
        peer.expect().flags(".");
        assertTrue(connection.isFallback());
    }

    @Test
    void dataAcknowledgedWithoutDataAckFallsBackAndNothingIsLost() {
        MptcpConnection connection = script.connect();
        FakePeer peer = FakePeer.server(script).acceptMptcp();
        Script.write(connection, "first");
        peer.expect();
        peer.inject(packet("."));
        assertEquals("MPCapableDataFallback", connection.fallbackReason());
        assertEquals(5, connection.bytesAcked());
        peer.inject(packet("P.").data("answer"));
        assertEquals("answer", Script.read(connection));
    }

    /** Section 3.7: whoever still takes the connection for MPTCP learns it from the infinite mapping. */
    @Test
    void theFirstDataAfterFallbackCarriesAnInfiniteMapping() {
        MptcpConnection connection = script.connect();
        FakePeer peer = FakePeer.server(script).acceptMptcp();
        Script.write(connection, "first");
        peer.expect();
        peer.inject(packet("."));
        Script.write(connection, "second");
        peer.expect().data(6, "second").mapping(6, 6, 0);
        peer.inject(packet("."));
        Script.write(connection, "third");
        peer.expect().data(12, "third").noMptcp();
    }

    @Test
    void anInfiniteMappingMakesThisSideFallBackToo() {
        FakePeer peer = FakePeer.client(script).openMptcp();
        peer.send("mapped");
        peer.skip();
        peer.inject(packet("P.").data("plain").option(peer.dss(peer.map(7, 7, 0))));
        peer.inject(packet("P.").data("more"));
        MptcpConnection connection = script.accepted();
        assertEquals("InfiniteMapRx", connection.fallbackReason());
        assertEquals("mappedplainmore", Script.read(connection));
        assertEquals(0, peer.skip().mptcp.size());
        Script.write(connection, "reply");
        peer.expect().data(1, "reply").noMptcp();
    }

    @Test
    void aDataFinSentBeforeFallbackBecomesAFin() {
        MptcpConnection connection = script.connect();
        FakePeer peer = FakePeer.server(script).acceptMptcp();
        Script.write(connection, "all of it");
        connection.shutdownOutput();
        peer.skip();
        peer.inject(packet(".").ack(10)); // a middlebox took the options off
        Segment fin = peer.expect();
        assertEquals("F.", fin.flagLetters(), fin::toString);
        peer.inject(packet("F."));
        peer.expect().flags(".").ack(2);
        assertEquals(CloseReason.CLOSED, connection.closeReason());
    }

    @Test
    void afterFallbackJoinsAreRefused() {
        FakePeer peer = FakePeer.client(script).openMptcp();
        peer.inject(packet("P.").data("tcp"));
        FakePeer join = peer.joining(1);
        join.inject(join.syn().option(new MptcpOption.MpJoinSyn(false, 1, peer.stackToken(), 99)));
        join.expect().flags("R.").option(MptcpOption.MpTcpRst.class);
    }

    // ---- checksums ----

    private void checksum(boolean ours, boolean theirs, boolean expected) {
        Script server = new Script(withChecksum(ours)).listen();
        FakePeer peer = FakePeer.client(server).mptcp();
        peer.session.checksum = theirs;
        peer.inject(peer.syn().option(peer.mpCapableSyn()));
        MpCapableSynAck answer = peer.expect().option(MpCapableSynAck.class);
        assertEquals(expected ? 0x81 : 0x01, answer.flags(), "ours " + ours + ", theirs " + theirs);
        peer.session.remoteKey = answer.senderKey();
        peer.session.checksum = expected;
        peer.inject(packet(".").option(peer.mpCapableAck()));
        peer.send("sum me up");
        peer.skip();
        MptcpConnection connection = server.accepted();
        assertEquals("sum me up", Script.read(connection));
        Script.write(connection, "and me");
        assertEquals(expected, peer.expect().mapping().checksum() >= 0);

        Script client = new Script(withChecksum(ours));
        client.connect();
        FakePeer far = FakePeer.server(client).mptcp();
        assertEquals(ours ? 0x81 : 0x01, far.expectSyn().option(MpCapableSyn.class).flags());
        far.inject(far.synAck().option(new MpCapableSynAck(1, theirs ? 0x81 : 0x01, FakePeer.KEY)));
        assertEquals(expected ? 0x81 : 0x01, far.expect().option(MpCapableAck.class).flags());
    }

    @Test
    void checksumsAreUsedIfEitherSideWantsThem() {
        checksum(false, false, false);
        checksum(false, true, true);
        checksum(true, false, true);
        checksum(true, true, true);
    }

    @Test
    void aChecksumNotNegotiatedEndsTheSubflow() {
        FakePeer peer = FakePeer.client(script).openMptcp();
        peer.send("fine");
        peer.skip();
        peer.session.checksum = true;
        peer.send("not fine");
        peer.expect().flags("R.").onlyMptcp(new MptcpOption.MpTcpRst(1, false));
    }

    @Test
    void aMissingChecksumEndsTheSubflow() {
        Script server = new Script(withChecksum(true)).listen();
        FakePeer peer = FakePeer.client(server).openMptcp();
        peer.send("fine");
        peer.skip();
        peer.session.checksum = false;
        peer.send("not fine");
        peer.expect().flags("R.").onlyMptcp(new MptcpOption.MpTcpRst(1, false));
    }

    // ---- what the administrator says ----

    @Test
    void whoWillNotUseChecksumsSpeaksTcpWithWhoWantsThem() {
        Script unwilling = new Script(StackConfig.defaults().withChecksumPolicy(ChecksumPolicy.NEVER)).listen();
        FakePeer peer = FakePeer.client(unwilling).mptcp();
        peer.inject(peer.syn().option(new MpCapableSyn(1, 0x81)));
        peer.expect().flags("S.").noMptcp();
        FakePeer easy = FakePeer.client(unwilling).openMptcp().confirm();
        assertFalse(easy.session.checksum);
        assertFalse(unwilling.accepted().isFallback());

        Script client = new Script(StackConfig.defaults().withChecksumPolicy(ChecksumPolicy.NEVER));
        MptcpConnection connection = client.connect();
        FakePeer server = FakePeer.server(client).mptcp();
        server.expectSyn();
        server.inject(server.synAck().option(new MpCapableSynAck(1, 0x81, FakePeer.KEY)));
        server.expect().flags(".").noMptcp();
        assertEquals("MPCapableFallbackSYNACK", connection.fallbackReason());
    }

    @Test
    void theInitialAddressCanBeClosedToJoins() {
        Script closed = new Script(StackConfig.defaults().withAllowJoinInitialAddress(false)).listen();
        FakePeer peer = FakePeer.client(closed).mptcp();
        peer.inject(peer.syn().option(peer.mpCapableSyn()));
        MpCapableSynAck answer = peer.expect().flags("S.").option(MpCapableSynAck.class);
        assertEquals(0x21, answer.flags());
        FakePeer open = FakePeer.client(closed).openMptcp().confirm();
        FakePeer there = open.joining(1);
        there.inject(there.syn().option(new MptcpOption.MpJoinSyn(false, 7, open.stackToken(), 1)));
        assertEquals(3, there.expect().flags("R.").option(MptcpOption.MpTcpRst.class).reason());
        assertEquals(1, closed.count(Counter.MPJoinRejected));
        FakePeer elsewhere = open.joining(1);
        elsewhere.stackEnd = new IpEndpoint(IpAddress.parse("10.9.9.8"), Script.PORT);
        elsewhere.openJoin(8);

        Script client = new Script(StackConfig.defaults().withAllowJoinInitialAddress(false));
        client.connect();
        assertEquals(0x21, FakePeer.server(client).expectSyn().option(MpCapableSyn.class).flags());
    }

    @Test
    void anMpCapableOpensAConnectionOfItsOwnFromWhereverItComes() {
        FakePeer first = FakePeer.client(script).openMptcp().confirm();
        MptcpConnection one = script.accepted();
        FakePeer second = FakePeer.client(script).openMptcp().confirm();
        MptcpConnection other = script.accepted();
        assertNotEquals(one.token(), other.token());
        assertNotEquals(first.session.remoteKey, second.session.remoteKey);
        assertEquals(1, one.subflows().size());
        FakePeer joined = first.joining(1).openJoin(7);
        joined.send("joined");
        assertEquals("joined", Script.read(one));
        assertEquals(2, one.subflows().size());
        assertEquals(1, other.subflows().size());
    }
}
