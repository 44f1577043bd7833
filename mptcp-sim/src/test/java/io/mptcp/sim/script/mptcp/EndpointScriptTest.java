package io.mptcp.sim.script.mptcp;

import static io.mptcp.sim.script.Packet.packet;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.pm.Endpoint;
import io.mptcp.pm.EndpointFlag;
import io.mptcp.pm.FixedLinks;
import io.mptcp.pm.HostPathManager;
import io.mptcp.pm.Path;
import io.mptcp.pm.PathLimits;
import io.mptcp.pm.PathManagerException;
import io.mptcp.pm.PathPolicy;
import io.mptcp.sim.script.FakePeer;
import io.mptcp.sim.script.Script;
import io.mptcp.sim.script.Segment;
import io.mptcp.spi.PathEvent;
import io.mptcp.stack.Counter;
import io.mptcp.stack.ResetReason;
import io.mptcp.stack.StackConfig;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import io.mptcp.wire.MptcpOption.AddAddr;
import io.mptcp.wire.MptcpOption.MpJoinSyn;
import io.mptcp.wire.MptcpOption.MpJoinSynAck;
import io.mptcp.wire.MptcpOption.MpPrio;
import io.mptcp.wire.MptcpOption.MpTcpRst;
import io.mptcp.wire.MptcpOption.RemoveAddr;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What endpoints make of the segments on the wire: the rules of {@code ip mptcp endpoint}, one by one. */
class EndpointScriptTest {
    private static final IpAddress INITIAL = Script.STACK.address();
    private static final IpAddress SECOND = IpAddress.parse("10.9.9.8");
    private static final IpAddress THIRD = IpAddress.parse("10.9.9.7");

    private final HostPathManager host = new HostPathManager(new FixedLinks(List.of(new Path(0, INITIAL, null, false), new Path(1, SECOND, null, false),
            new Path(2, THIRD, null, false))));
    private final List<PathEvent> events = new ArrayList<>();
    private Script script;
    private FakePeer peer;

    private void add(IpAddress address, int id, EndpointFlag... flags) throws PathManagerException {
        host.addEndpoint(Endpoint.of(address, flags).withId(id));
    }

    private Script newScript() {
        host.events().addListener(events::add);
        return new Script(StackConfig.defaults().withPathManager(host).withTracer(host.events()));
    }

    /** The stack took a connection, and joins are possible. */
    private void accept() {
        script = newScript().listen();
        peer = FakePeer.client(script).openMptcp().confirm();
        peer.skip();
        script.accepted();
    }

    /** The stack opened a connection, and joins are possible. */
    private void connect() {
        script = newScript();
        Script.write(script.connect(), "a");
        peer = FakePeer.server(script).acceptMptcp();
        peer.expect().data(1, "a");
        peer.ack();
    }

    private FakePeer join(int linkId, IpAddress to, int addressId) {
        FakePeer join = peer.joining(linkId);
        join.stackEnd = new IpEndpoint(to, Script.PORT);
        join.inject(join.syn().option(new MpJoinSyn(false, addressId, peer.stackToken(), 5)));
        return join;
    }

    @Test
    void joinsNameTheEndpointTheyComeFromAndWhetherItIsBackup() throws PathManagerException {
        add(SECOND, 9, EndpointFlag.SUBFLOW, EndpointFlag.BACKUP);
        connect();
        MpJoinSyn join = peer.joinedOver(1).expectSyn().option(MpJoinSyn.class);
        assertEquals(9, join.addressId());
        assertTrue(join.backup());
    }

    @Test
    void theAnswerToAJoinNamesTheEndpointsId() throws PathManagerException {
        add(SECOND, 9, EndpointFlag.SIGNAL);
        accept();
        assertEquals(9, join(1, SECOND, 2).expect().flags("S.").option(MpJoinSynAck.class).addressId());
        // Nobody has spoken of this one: it becomes an implicit endpoint, for which an id is found.
        int id = join(2, THIRD, 3).expect().flags("S.").option(MpJoinSynAck.class).addressId();
        assertEquals(List.of(EndpointFlag.IMPLICIT), List.copyOf(host.endpoint(id).flags()));
    }

    @Test
    void joinsBeyondTheLimitAreRefusedWithReasonThree() {
        host.setLimits(new PathLimits(1, 0));
        accept();
        peer.joining(1).openJoin(1);
        FakePeer third = join(2, THIRD, 2);
        third.expect().flags("R.").onlyMptcp(new MpTcpRst(ResetReason.PROHIBITED, false));
        assertEquals(1, script.count(Counter.MPJoinRejected));
    }

    @Test
    void anInitialSubflowThatIsBackupIsToldByPriority() throws PathManagerException {
        add(INITIAL, 4, EndpointFlag.SUBFLOW, EndpointFlag.BACKUP);
        connect();
        assertTrue(peer.expect().flags(".").noData().option(MpPrio.class).backup());
    }

    @Test
    void changingBackupSendsAPriorityOnTheSubflowItIsAbout() throws PathManagerException {
        add(SECOND, 9, EndpointFlag.SUBFLOW);
        connect();
        FakePeer second = peer.joinedOver(1).acceptJoin();
        host.changeEndpoint(9, true, false);
        assertTrue(second.expect().flags(".").option(MpPrio.class).backup());
        peer.expectNothing();
    }

    @Test
    void aDeletedSignalIsTakenBackAndAnAddedOneAnnounced() throws PathManagerException {
        accept();
        add(SECOND, 9, EndpointFlag.SIGNAL);
        assertEquals(9, peer.expect().flags(".").option(AddAddr.class).addressId());
        script.advance(1);
        peer.ack();
        host.deleteEndpoint(9);
        assertEquals(List.of(9), peer.expect().flags(".").option(RemoveAddr.class).addressIds());
    }

    /** Section 3.4.2: what still works ends by FIN, and the peer is told on another subflow. */
    @Test
    void theAddressAConnectionBeganWithGoesAsIdZero() throws PathManagerException {
        accept();
        FakePeer second = peer.joining(1);
        second.stackEnd = new IpEndpoint(SECOND, Script.PORT);
        second.openJoin(7);
        host.deleteInitial(INITIAL);
        Segment fin = peer.expect().flags("F.");
        assertTrue(fin.option(MpPrio.class).backup(), "the peer shall use others");
        peer.inject(packet("."));
        assertEquals(List.of(0), second.expect().flags(".").option(RemoveAddr.class).addressIds());
    }

    @Test
    void aListenerForJoinsResetsConnectionsWithReasonThree() throws PathManagerException {
        accept();
        script.stack.listenForJoins(new IpEndpoint(SECOND, 8443));
        FakePeer stranger = FakePeer.at(script, 1, new IpEndpoint(script.peerAddress(1), 45_000), new IpEndpoint(SECOND, 8443));
        stranger.mptcp();
        stranger.inject(stranger.syn().option(stranger.mpCapableSyn()));
        stranger.expect().flags("R.").onlyMptcp(new MpTcpRst(ResetReason.PROHIBITED, false));
        assertEquals(1, script.count(Counter.MPCapableEndpAttempt));
        FakePeer joining = FakePeer.at(script, 1, new IpEndpoint(script.peerAddress(1), 45_001), new IpEndpoint(SECOND, 8443));
        joining.session = peer.session;
        joining.openJoin(7);
    }

    /** RFC 8684 section 3.2 lets either side begin; Linux takes no joins where nobody listens. */
    @Test
    void theSideThatWasConnectedToJoinsTheAddressAndPortThatConnected() throws PathManagerException {
        host.setPolicy(PathPolicy.LINUX);
        add(SECOND, 9, EndpointFlag.SUBFLOW);
        accept();
        FakePeer second = peer.joinedOver(1);
        MpJoinSyn join = second.expectSyn().option(MpJoinSyn.class);
        assertEquals(9, join.addressId());
        second.inject(packet("R.").seq(0).ack(1));
        script.advance(600_000);
        second.expectNothing();
    }

    @Test
    void aSubflowThatIsResetTellsWhy() {
        accept();
        FakePeer second = peer.joining(1).openJoin(7);
        second.inject(packet("R.").option(new MpTcpRst(ResetReason.UNACCEPTABLE_PERFORMANCE, true)));
        PathEvent closed = events.stream().filter(event -> event.type() == PathEvent.Type.SF_CLOSED).findFirst().orElseThrow();
        assertEquals(ResetReason.UNACCEPTABLE_PERFORMANCE, closed.resetReason());
        assertEquals(1, closed.resetFlags());
        assertEquals(104, closed.error());
        assertEquals(7, closed.remId());
    }
}
