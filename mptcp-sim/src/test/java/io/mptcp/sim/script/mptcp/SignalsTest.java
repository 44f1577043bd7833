package io.mptcp.sim.script.mptcp;

import static io.mptcp.sim.script.Packet.packet;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.sim.script.FakePeer;
import io.mptcp.sim.script.Packet;
import io.mptcp.sim.script.Script;
import io.mptcp.sim.script.Segment;
import io.mptcp.spi.PathCommands;
import io.mptcp.spi.PathManager;
import io.mptcp.stack.Counter;
import io.mptcp.stack.Keys;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.StackConfig;
import io.mptcp.stack.WireProfile;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import io.mptcp.wire.MptcpOption.AddAddr;
import io.mptcp.wire.MptcpOption.AddAddrEcho;
import io.mptcp.wire.MptcpOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Addresses and priorities: RFC 8684 sections 3.3.8 and 3.4. */
class SignalsTest {
    private static final IpAddress ADDRESS = IpAddress.parse("192.0.2.10");

    /** Writes down what it is told. */
    private static final class Log implements PathManager {
        final List<String> events = new ArrayList<>();
        PathCommands commands;

        @Override
        public String name() {
            return "log";
        }

        @Override
        public void onEstablished(PathCommands pathCommands) {
            commands = pathCommands;
            events.add("established");
        }

        @Override
        public void onAddressAnnounced(PathCommands pathCommands, int addressId, IpEndpoint remote) {
            events.add("announced " + addressId + " " + remote);
        }

        @Override
        public void onAddressRemoved(PathCommands pathCommands, int addressId) {
            events.add("removed " + addressId);
        }
    }

    private final Log log = new Log();
    private Script script;
    private FakePeer peer;
    private MptcpConnection connection;

    @BeforeEach
    void connect() {
        connect(WireProfile.DEFAULT);
    }

    private void connect(WireProfile wire) {
        log.events.clear();
        script = new Script(StackConfig.defaults().withPathManager(() -> log).withWire(wire)).listen();
        peer = FakePeer.client(script);
        peer.rttMillis = 20;
        peer.openMptcp().confirm();
        peer.skip();
        connection = script.accepted();
    }

    private AddAddr addAddr(int id, IpAddress address, int port) {
        return new AddAddr(id, address, port,
                new Keys().addAddrHmac(FakePeer.KEY, peer.session.remoteKey, id, address.hi(), address.lo(), port));
    }

    @Test
    void anAddressIsEchoedAndReported() {
        peer.inject(packet(".").option(addAddr(2, ADDRESS, 0)));
        assertEquals(new AddAddrEcho(2, ADDRESS, 0), peer.expect().flags(".").option(AddAddrEcho.class));
        assertEquals(List.of("established", "announced 2 192.0.2.10:0"), log.events);
    }

    @Test
    void anAddressWithPortAndAnIpv6AddressAreEchoedToo() {
        peer.inject(packet(".").option(addAddr(2, ADDRESS, 8080)));
        assertEquals(new AddAddrEcho(2, ADDRESS, 8080), peer.expect().option(AddAddrEcho.class));
        IpAddress v6 = IpAddress.parse("2001:db8::a");
        peer.inject(packet(".").withoutTimestamps().option(addAddr(3, v6, 443)));
        assertEquals(new AddAddrEcho(3, v6, 443), peer.expect().option(AddAddrEcho.class));
    }

    @Test
    void anEchoFitsBesideSackBlocks() {
        IpAddress v6 = IpAddress.parse("2001:db8::a");
        peer.inject(packet("P.").seq(100).data("hole").option(peer.dss(peer.map(100, 100, 4))));
        peer.skip();
        peer.inject(packet(".").withoutTimestamps().option(addAddr(3, v6, 443)));
        boolean echoed = false;
        for (Segment s = peer.poll(); s != null; s = peer.poll()) {
            echoed |= s.has(AddAddrEcho.class);
        }
        assertTrue(echoed, "the echo goes before the SACK");
    }

    @Test
    void anAddressWithAWrongHmacIsIgnoredInSilence() {
        peer.inject(packet(".").option(new AddAddr(2, ADDRESS, 0, 0x1234)));
        peer.expectNothing();
        assertEquals(List.of("established"), log.events);
        assertEquals(1, script.count(Counter.AddAddrDrop));
    }

    @Test
    void anEchoIsNoAnnouncement() {
        peer.inject(packet(".").option(new AddAddrEcho(2, ADDRESS, 0)));
        peer.expectNothing();
        assertEquals(List.of("established"), log.events);
    }

    @Test
    void twoAnnouncementsInOneBurstAreBothEchoed() {
        IpAddress other = IpAddress.parse("192.0.2.11");
        peer.burst(packet(".").option(addAddr(2, ADDRESS, 0)), packet(".").option(addAddr(3, other, 0)));
        List<MptcpOption> echoes = new ArrayList<>();
        for (Segment s = peer.poll(); s != null; s = peer.poll()) {
            s.mptcp.stream().filter(AddAddrEcho.class::isInstance).forEach(echoes::add);
        }
        assertEquals(List.of(new AddAddrEcho(2, ADDRESS, 0), new AddAddrEcho(3, other, 0)), echoes);
    }

    @Test
    void aSignalOutsideTheWindowIsIgnored() {
        peer.inject(packet(".").seq(100_000_000).option(addAddr(2, ADDRESS, 0)));
        peer.skip();
        peer.inject(packet(".").ack(100).option(new MptcpOption.RemoveAddr(List.of(0))));
        peer.skip();
        assertEquals(List.of("established"), log.events);
        assertEquals("ESTABLISHED", connection.subflows().getFirst().state());
    }

    @Test
    void asLinuxARemovedAddressTakesItsSubflowsAlongAtOnce() {
        connect(WireProfile.LINUX);
        FakePeer second = peer.joining(1).openJoin(7);
        peer.inject(packet(".").option(new MptcpOption.RemoveAddr(List.of(7, 9))));
        second.expect().flags("R.");
        assertEquals(List.of("established", "removed 7", "removed 9"), log.events);
        assertEquals("CLOSED", connection.subflows().get(1).state());
        assertEquals("ESTABLISHED", connection.subflows().getFirst().state());
    }

    @Test
    void asLinuxAddressZeroTakesTheFirstSubflow() {
        connect(WireProfile.LINUX);
        FakePeer second = peer.joining(1).openJoin(7);
        second.inject(packet(".").option(new MptcpOption.RemoveAddr(List.of(0))));
        peer.expect().flags("R.");
        Script.write(connection, "second");
        second.expect().data(1, "second");
    }

    @Test
    void aPriorityChangesTheSubflowItCameOn() {
        FakePeer second = peer.joining(1).openJoin(7);
        peer.inject(packet(".").option(new MptcpOption.MpPrio(true)));
        Script.write(connection, "a");
        second.expect().data(1, "a");
        second.ack();
        peer.inject(packet(".").option(new MptcpOption.MpPrio(false)));
        second.inject(packet(".").option(new MptcpOption.MpPrio(true)));
        Script.write(connection, "b");
        peer.expect().data(1, "b");
    }

    @Test
    void ourPriorityIsTold() {
        log.commands.setBackup(0, true);
        assertTrue(peer.expect().flags(".").option(MptcpOption.MpPrio.class).backup());
        log.commands.setBackup(0, false);
        assertEquals(false, peer.expect().option(MptcpOption.MpPrio.class).backup());
        log.commands.setBackup(0, false);
        peer.expectNothing();
    }

    @Test
    void prioritiesOfTwoSubflowsAreBothTold() {
        FakePeer second = peer.joining(1).openJoin(7);
        log.commands.setBackup(0, true);
        log.commands.setBackup(1, true);
        assertTrue(peer.expect().option(MptcpOption.MpPrio.class).backup());
        assertTrue(second.expect().option(MptcpOption.MpPrio.class).backup());
    }

    @Test
    void aPriorityIsNotLostToARetransmission() {
        Script.write(connection, Script.pattern(5 * FakePeer.MPTCP_MSS));
        script.advance(0);
        peer.skip();
        script.advance(20);
        log.commands.setBackup(0, true);
        int mss = FakePeer.MPTCP_MSS;
        peer.inject(packet(".").ack(1).sack(1 + mss, 1 + 5 * mss).option(peer.dssAck(1)));
        boolean told = false;
        for (Segment s = peer.poll(); s != null; s = peer.poll()) {
            told |= s.has(MptcpOption.MpPrio.class);
        }
        assertTrue(told);
    }

    @Test
    void signalsOnDuplicateAcksAreNoCongestionSignal() {
        FakePeer plain = FakePeer.client(script);
        plain.offersSack = false;
        plain.openMptcp().confirm();
        plain.skip();
        MptcpConnection other = script.accepted();
        Script.write(other, Script.pattern(5 * FakePeer.MPTCP_MSS));
        plain.skip();
        for (int i = 0; i < 5; i++) {
            plain.inject(packet(".").ack(1).option(new AddAddrEcho(i, ADDRESS, 0)));
        }
        plain.expectNothing();
        for (int i = 0; i < 3; i++) {
            plain.inject(packet(".").ack(1).option(plain.dssAck(1)));
        }
        assertTrue(plain.poll() != null, "a DATA_ACK alone does not make it less of a duplicate");
    }

    @Test
    void noMoreThanTwoAcknowledgmentsInARowCarryNothingButASignal() {
        List<Integer> ids = List.of(2, 3, 4, 5, 6);
        peer.burst(ids.stream().map(id -> packet(".").option(addAddr(id, IpAddress.parse("192.0.2." + (20 + id)), 0))).toArray(Packet[]::new));
        List<Integer> echoed = new ArrayList<>();
        takeEchoes(echoed);
        assertEquals(List.of(2, 3), echoed);
        script.advance(1);
        peer.ack();
        takeEchoes(echoed);
        assertEquals(List.of(2, 3, 4, 5), echoed);
        script.advance(1_000);
        takeEchoes(echoed);
        assertEquals(ids, echoed, "what waits does not wait for ever");
    }

    private void takeEchoes(List<Integer> ids) {
        for (Segment s = peer.poll(); s != null; s = peer.poll()) {
            ids.add(s.option(AddAddrEcho.class).addressId());
        }
    }
}
