package io.mptcp.sim.script.mptcp;

import static io.mptcp.sim.script.Packet.packet;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.mptcp.sim.script.FakePeer;
import io.mptcp.sim.script.Script;
import io.mptcp.spi.PathCommands;
import io.mptcp.spi.PathManager;
import io.mptcp.stack.Counter;
import io.mptcp.stack.Keys;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.StackConfig;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.MptcpOption.AddAddr;
import io.mptcp.wire.MptcpOption.AddAddrEcho;
import io.mptcp.wire.MptcpOption.Dss;
import org.junit.jupiter.api.Test;

/** Addresses this side announces: RFC 8684 section 3.4.1. */
class AnnouncementTest {
    private static final IpAddress ADDRESS = IpAddress.parse("192.0.2.10");
    private static final IpAddress IPV6 = IpAddress.parse("2001:db8::a");
    private static final long SECOND_NANOS = 1_000_000_000L;
    /** RTO of a round trip that took next to no time, and a little for a peer that does not echo at once: then an announcement is repeated. */
    private static final long RETRY_MILLIS = 210;

    /** Announces addresses as soon as it may, with ids from 3 on, repeated after a second at most. */
    private record Announcer(IpAddress... addresses) implements PathManager {
        @Override
        public String name() {
            return "announcer";
        }

        @Override
        public void onKeysExchanged(PathCommands commands) {
            for (int i = 0; i < addresses.length; i++) {
                commands.announceAddress(3 + i, addresses[i], SECOND_NANOS);
            }
        }

        @Override
        public void onEstablished(PathCommands commands) {
        }
    }

    private static Script script(IpAddress... addresses) {
        return new Script(StackConfig.defaults().withPathManager(() -> new Announcer(addresses)));
    }

    private static FakePeer server(IpAddress... addresses) {
        return FakePeer.client(script(addresses).listen()).openMptcp();
    }

    private static AddAddr signed(FakePeer peer, int id, IpAddress address) {
        long hmac = new Keys().addAddrHmac(peer.session.remoteKey, FakePeer.KEY, id, address.hi(), address.lo(), 0);
        return new AddAddr(id, address, 0, hmac);
    }

    @Test
    void aServerAnnouncesItsAddressRightAfterTheThirdAckWithAnHmacByItsKeyFirst() {
        FakePeer peer = server(ADDRESS);
        assertEquals(signed(peer, 3, ADDRESS), peer.expect().flags(".").noData().option(AddAddr.class));
        peer.expectNothing();
    }

    @Test
    void anIpv6AddressFitsBesideTimestamps() {
        FakePeer peer = server(IPV6);
        assertEquals(signed(peer, 3, IPV6), peer.expect().flags(".").noData().option(AddAddr.class));
    }

    @Test
    void severalAddressesGoOneByOne() {
        FakePeer peer = server(ADDRESS, IPV6);
        assertEquals(signed(peer, 3, ADDRESS), peer.expect().option(AddAddr.class));
        peer.expectNothing();
        peer.inject(packet(".").option(new AddAddrEcho(3, ADDRESS, 0)));
        assertEquals(signed(peer, 4, IPV6), peer.expect().option(AddAddr.class));
    }

    @Test
    void thePeerIsGivenTimeToEchoBeforeTheNextAndNotMoreThanAnRto() {
        FakePeer peer = server(ADDRESS, IPV6);
        peer.expect().option(AddAddr.class);
        peer.expectNothing();
        peer.script.advance(RETRY_MILLIS + 1);
        assertEquals(signed(peer, 3, ADDRESS), peer.expect().option(AddAddr.class));
        peer.script.advance(RETRY_MILLIS + 1);
        assertEquals(signed(peer, 4, IPV6), peer.expect().option(AddAddr.class));
    }

    @Test
    void aClientAnnouncesOnlyWhenTheServerHasShownThatItHasTheKeys() {
        Script script = script(ADDRESS);
        MptcpConnection connection = script.connect();
        FakePeer peer = FakePeer.server(script).acceptMptcp();
        assertNull(peer.poll());
        Script.write(connection, "a");
        peer.expect().data(1, "a");
        peer.ack();
        assertEquals(signed(peer, 3, ADDRESS), peer.expect().option(AddAddr.class));
    }

    @Test
    void anAnnouncementIsRepeatedThreeTimesEverLaterAndThenNoMore() {
        FakePeer peer = server(ADDRESS);
        AddAddr first = peer.expect().option(AddAddr.class);
        for (int factor = 1; factor <= 4; factor *= 2) {
            peer.script.advance(factor * RETRY_MILLIS - 3);
            peer.expectNothing();
            peer.script.advance(4);
            assertEquals(first, peer.expect().option(AddAddr.class));
        }
        peer.script.advance(100_000);
        peer.expectNothing();
        assertEquals(4, peer.script.count(Counter.AddAddrTx));
    }

    @Test
    void anEchoEndsTheRepeating() {
        FakePeer peer = server(ADDRESS);
        peer.expect();
        peer.inject(packet(".").option(new AddAddrEcho(3, ADDRESS, 0)));
        peer.script.advance(100_000);
        peer.expectNothing();
    }

    @Test
    void anEchoOfSomethingElseDoesNot() {
        FakePeer peer = server(ADDRESS);
        AddAddr first = peer.expect().option(AddAddr.class);
        peer.inject(packet(".").option(new AddAddrEcho(4, ADDRESS, 0)));
        peer.inject(packet(".").option(new AddAddrEcho(3, IPV6, 0)));
        peer.inject(packet(".").option(new AddAddrEcho(3, ADDRESS, 80)));
        peer.script.advance(1000);
        assertEquals(first, peer.expect().option(AddAddr.class));
    }

    @Test
    void afterAFallbackThereIsNothingToAnnounce() {
        FakePeer peer = server(ADDRESS);
        peer.expect();
        peer.inject(packet("P.").data("plain"));
        peer.skip();
        peer.script.advance(100_000);
        peer.expectNothing();
    }

    @Test
    void anAcknowledgmentThatIsDueForDataKeepsItsDataAck() {
        FakePeer peer = FakePeer.client(script(ADDRESS).listen());
        peer.openMptcp();
        peer.expect();
        peer.script.advance(RETRY_MILLIS - 1);
        peer.send("data");
        peer.expect().option(Dss.class);
        peer.script.advance(2);
        peer.expect().option(AddAddr.class);
    }
}
