package io.mptcp.sim.script.mptcp;

import static io.mptcp.sim.script.Packet.packet;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.sim.script.FakePeer;
import io.mptcp.sim.script.Script;
import io.mptcp.sim.script.Segment;
import io.mptcp.stack.Keys;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.StackConfig;
import io.mptcp.stack.WireProfile;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.MptcpOption;
import org.junit.jupiter.api.Test;

/** What a wire profile settles: the sizes and companions of options that RFC 8684 leaves to the implementation. */
class WireProfileTest {
    private static final byte[] HELLO = "hello".getBytes();

    private static FakePeer connected(WireProfile profile) {
        Script script = new Script(StackConfig.defaults().withWire(profile)).listen();
        FakePeer peer = FakePeer.client(script).openMptcp().confirm();
        peer.skip();
        return peer;
    }

    private static boolean hasWideAck(Segment segment) {
        return segment.option(MptcpOption.Dss.class).ack().wide();
    }

    @Test
    void byDefaultDataAcksHaveEightOctets() {
        FakePeer peer = connected(WireProfile.DEFAULT);
        peer.inject(packet(".").option(peer.dataFin(1)));
        assertTrue(hasWideAck(peer.skip()));
    }

    @Test
    void adaptiveDataAcksHaveFourOctetsUntilDataComesWithEight() {
        FakePeer peer = connected(WireProfile.LINUX);
        MptcpConnection connection = peer.script.accepted();
        Script.write(connection, "a");
        assertFalse(hasWideAck(peer.expect()));
        peer.ack();
        peer.inject(packet("P.").data(HELLO).option(peer.dss(peer.map(1, 1, HELLO))));
        assertTrue(hasWideAck(peer.skip()));
    }

    @Test
    void aDataFinAloneOrDataBehindAHoleDoesNotWidenThem() {
        FakePeer peer = connected(WireProfile.LINUX);
        peer.inject(packet(".").seq(11).data(HELLO).option(peer.dss(peer.map(11, 11, HELLO))));
        assertFalse(hasWideAck(peer.skip()));
        peer.inject(packet(".").seq(1).option(peer.dataFin(100)));
        assertFalse(hasWideAck(peer.skip()));
    }

    @Test
    void anAddressEchoCarriesADataAckOnlyWhenTheProfileSaysSo() {
        for (boolean beside : new boolean[] {false, true}) {
            FakePeer peer = connected(new WireProfile(true, beside, false, false, false, false, false, false));
            peer.inject(packet(".").option(announcement(peer)));
            Segment echo = peer.expect();
            assertTrue(echo.has(MptcpOption.AddAddrEcho.class));
            assertEquals(beside, echo.has(MptcpOption.Dss.class));
        }
    }

    @Test
    void anInfiniteMappingWithoutDataCountsOnlyWhereTheProfileTakesIt() {
        for (boolean needsData : new boolean[] {false, true}) {
            FakePeer peer = connected(new WireProfile(true, false, false, false, needsData, false, false, false));
            peer.inject(packet(".").option(peer.dss(peer.map(1, 1, 0))));
            assertEquals(!needsData, peer.script.accepted().isFallback());
        }
    }

    @Test
    void anInfiniteMappingWithDataCountsInEveryProfile() {
        FakePeer peer = connected(WireProfile.LINUX);
        peer.inject(packet("P.").data(HELLO).option(peer.dss(peer.map(1, 1, 0))));
        MptcpConnection connection = peer.script.accepted();
        assertTrue(connection.isFallback());
        assertEquals("hello", Script.read(connection));
    }

    private static MptcpOption announcement(FakePeer peer) {
        IpAddress address = IpAddress.parse("10.0.0.99");
        long hmac = new Keys().addAddrHmac(FakePeer.KEY, peer.session.remoteKey, 5, address.hi(), address.lo(), 0);
        return new MptcpOption.AddAddr(5, address, 0, hmac);
    }
}
