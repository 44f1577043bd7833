package io.mptcp.pm;

import static io.mptcp.pm.EndpointFlag.BACKUP;
import static io.mptcp.pm.EndpointFlag.FULLMESH;
import static io.mptcp.pm.EndpointFlag.IMPLICIT;
import static io.mptcp.pm.EndpointFlag.LAMINAR;
import static io.mptcp.pm.EndpointFlag.SIGNAL;
import static io.mptcp.pm.EndpointFlag.SUBFLOW;
import static io.mptcp.pm.FakeConnection.SECOND;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.pm.PathManagerException.Reason;
import io.mptcp.spi.PathStatus;
import io.mptcp.spi.PathStatus.State;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The endpoints of a host, with the semantics of {@code ip mptcp}. The peer is 203.0.113.1; our addresses are on links 0 to 3. */
class EndpointsTest {
    private static final String A0 = "192.0.2.1";
    private static final String A1 = "198.51.100.1";
    private static final String A2 = "198.51.100.65";
    private static final String A3 = "198.51.100.129";

    private final HostPathManager host = new HostPathManager(new FixedLinks(List.of(path(0, A0), path(1, A1), path(2, A2), path(3, A3))));
    private final List<FakeConnection> connections = new ArrayList<>();

    private static Path path(int linkId, String v4) {
        return new Path(linkId, IpAddress.parse(v4), null, false);
    }

    private Endpoint add(String address, EndpointFlag... flags) throws PathManagerException {
        return host.addEndpoint(Endpoint.of(IpAddress.parse(address), flags));
    }

    private FakeConnection connection() {
        FakeConnection connection = new FakeConnection(host.create(), connections.size() + 1);
        connections.add(connection);
        return connection;
    }

    private static String joins(FakeConnection connection) {
        return connection.subflows.stream().filter(subflow -> subflow.id() != 0)
                .map(subflow -> subflow.local() + ">" + subflow.remote().address() + (subflow.backup() ? " backup" : "")).toList().toString();
    }

    private static void assertRefused(Reason reason, org.junit.jupiter.api.function.Executable command) {
        assertEquals(reason, assertThrows(PathManagerException.class, command).reason());
    }

    // ---- the table ----

    @Test
    void idsAreGivenInAscendingOrderAndDoNotComeBackAtOnce() throws PathManagerException {
        assertEquals(1, add(A0, SUBFLOW).id());
        assertEquals(2, add(A1, SUBFLOW).id());
        host.deleteEndpoint(2);
        assertEquals(3, add(A2, SUBFLOW).id());
        assertEquals(7, host.addEndpoint(Endpoint.of(IpAddress.parse(A3), SIGNAL).withId(7)).id());
        assertEquals("[192.0.2.1 id 1 subflow, 198.51.100.65 id 3 subflow, 198.51.100.129 id 7 signal]", host.endpoints().toString());
    }

    @Test
    void duplicatesAreRefusedAndPortsTellAnnouncedAddressesApart() throws PathManagerException {
        Endpoint first = add(A0, SUBFLOW);
        assertRefused(Reason.EEXIST, () -> add(A0, SIGNAL));
        assertRefused(Reason.EBUSY, () -> host.addEndpoint(Endpoint.of(IpAddress.parse(A1), SUBFLOW).withId(first.id())));
        host.addEndpoint(Endpoint.of(IpAddress.parse(A2), SIGNAL).withPort(8443));
        host.addEndpoint(Endpoint.of(IpAddress.parse(A2), SIGNAL).withPort(8444));
        assertRefused(Reason.EEXIST, () -> add(A2, SIGNAL));
    }

    @Test
    void flagsThatDoNotGoTogetherAreRefused() throws PathManagerException {
        assertRefused(Reason.EINVAL, () -> add(A0, SIGNAL, FULLMESH));
        assertRefused(Reason.EINVAL, () -> add(A0, IMPLICIT));
        assertRefused(Reason.EINVAL, () -> host.addEndpoint(Endpoint.of(IpAddress.parse(A0), SUBFLOW).withPort(1)));
        assertRefused(Reason.EINVAL, () -> host.addEndpoint(Endpoint.of(IpAddress.parse(A0), SIGNAL, SUBFLOW).withPort(1)));
        assertRefused(Reason.ENOENT, () -> host.deleteEndpoint(9));
        int signal = add(A0, SIGNAL).id();
        assertRefused(Reason.EINVAL, () -> host.changeEndpoint(signal, false, true));
        assertRefused(Reason.ENOENT, () -> host.changeEndpoint(9, true, false));
    }

    @Test
    void flagsHaveTheKernelsBitsAndNames() {
        assertEquals(63, List.of(EndpointFlag.values()).stream().mapToInt(EndpointFlag::bit).sum());
        assertEquals(FULLMESH, EndpointFlag.of("fullmesh"));
        assertThrows(IllegalArgumentException.class, () -> EndpointFlag.of("mesh"));
        assertEquals(8, FULLMESH.bit());
        assertEquals(32, LAMINAR.bit());
    }

    @Test
    void thereIsRoomForAsManyEndpointsAsIds() throws PathManagerException {
        for (int i = 1; i <= 255; i++) {
            add("10.7.0." + i, SIGNAL);
        }
        assertRefused(Reason.ERANGE, () -> add(A0, SIGNAL));
    }

    @Test
    void limitsAreTwoAndNoneAsOnLinuxAndMayBeLarger() {
        assertEquals(new PathLimits(2, 0), host.limits());
        assertEquals(63, new PathLimits(63, 63).subflows());
        assertThrows(IllegalArgumentException.class, () -> new PathLimits(64, 0));
    }

    // ---- subflows ----

    @Test
    void everySubflowEndpointIsUsedOnceInTheirOrderUpToTheLimit() throws PathManagerException {
        add(A0, SUBFLOW);
        add(A3, SUBFLOW);
        add(A1, SUBFLOW, BACKUP);
        add(A2, SUBFLOW);
        FakeConnection connection = connection().open();
        assertEquals("[198.51.100.129>203.0.113.1, 198.51.100.1>203.0.113.1 backup]", joins(connection));
        host.setLimits(new PathLimits(3, 0));
        assertEquals(3, connection.opened);
        assertEquals("198.51.100.65", connection.subflows.getLast().local().toString());
    }

    @Test
    void onlyJoinsOfThePeerWithinTheLimitAreTakenAndTheyCount() throws PathManagerException {
        FakeConnection connection = connection();
        connection.server = true;
        connection.open();
        IpAddress local = IpAddress.parse(A0);
        assertTrue(connection.manager.acceptsJoin(connection, 0, local));
        connection.accept(0, A0, "203.0.113.8");
        connection.accept(0, A0, "203.0.113.9");
        assertEquals(false, connection.manager.acceptsJoin(connection, 0, local));
        host.setLimits(new PathLimits(3, 0));
        assertTrue(connection.manager.acceptsJoin(connection, 0, local));
        host.setRole(0, PathRole.OFF);
        assertEquals(false, connection.manager.acceptsJoin(connection, 0, local));
    }

    @Test
    void underLinuxRulesALostSubflowLeavesItsPlaceToTheNextEndpoint() throws PathManagerException {
        host.setPolicy(PathPolicy.LINUX);
        host.setLimits(new PathLimits(1, 0));
        add(A1, SUBFLOW);
        add(A2, SUBFLOW);
        FakeConnection connection = connection().open();
        connection.lose(1, -1);
        assertEquals("[198.51.100.65>203.0.113.1]", joins(connection));
        connection.lose(2, -1);
        connection.run(1000 * SECOND);
        assertEquals("[]", joins(connection));
    }

    @Test
    void anEndpointAddedLaterIsUsedByConnectionsThereAre() throws PathManagerException {
        FakeConnection first = connection().open();
        FakeConnection second = connection().open();
        add(A1, SUBFLOW);
        assertEquals("[198.51.100.1>203.0.113.1]", joins(first));
        assertEquals("[198.51.100.1>203.0.113.1]", joins(second));
        second.manager.onClosed(second);
        assertEquals(List.of(1), host.tokens());
    }

    @Test
    void aDeletedEndpointIsWithdrawnAndOneAddedAgainIsUsedAgain() throws PathManagerException {
        int id = add(A1, SUBFLOW).id();
        FakeConnection connection = connection().open();
        host.deleteEndpoint(id);
        assertEquals(List.of(A1), connection.withdrawn);
        connection.finishAll();
        connection.run(500 * SECOND);
        assertEquals("[]", joins(connection));
        add(A1, SUBFLOW);
        assertEquals("[198.51.100.1>203.0.113.1]", joins(connection));
    }

    @Test
    void flushWithdrawsEverything() throws PathManagerException {
        add(A1, SUBFLOW);
        add(A2, SUBFLOW, SIGNAL);
        FakeConnection connection = connection().open();
        host.flushEndpoints();
        assertEquals(List.of(A1, A2), connection.withdrawn);
        assertEquals(List.of(), host.endpoints());
    }

    @Test
    void theAddressAConnectionBeganWithIsDeletedAsIdZero() throws PathManagerException {
        FakeConnection connection = connection().open();
        assertRefused(Reason.ENOENT, () -> host.deleteInitial(IpAddress.parse(A3)));
        host.deleteInitial(IpAddress.parse(A0));
        assertEquals(List.of(A0), connection.withdrawn);
    }

    @Test
    void theSideThatWasConnectedToOpensSubflowsOnlyWhenItIsToldToAndDoesNotInsist() throws PathManagerException {
        add(A1, SUBFLOW);
        FakeConnection asDefault = connection();
        asDefault.server = true;
        assertEquals("[]", joins(asDefault.open()));
        host.setPolicy(PathPolicy.DEFAULT.withPassiveJoins(true));
        FakeConnection told = connection();
        told.server = true;
        assertEquals("[198.51.100.1>203.0.113.1]", joins(told.open()));
        told.lose(1, -1);
        told.run(1000 * SECOND);
        assertEquals(1, told.opened);
    }

    // ---- backup ----

    @Test
    void changingBackupAsksThePeerOnEverySubflowFromThere() throws PathManagerException {
        int id = add(A1, SUBFLOW).id();
        FakeConnection connection = connection().open();
        host.changeEndpoint(id, true, false);
        host.changeEndpoint(id, true, false);
        assertEquals(List.of("1 backup"), connection.priorities);
        host.changeEndpoint(id, false, false);
        assertEquals(List.of("1 backup", "1 regular"), connection.priorities);
    }

    @Test
    void theEndpointOfTheInitialSubflowDecidesWhetherThatIsBackup() throws PathManagerException {
        FakeConnection connection = connection();
        assertEquals(false, connection.manager.isBackup(connection, 0, IpAddress.parse(A0)));
        add(A0, SUBFLOW, BACKUP);
        assertTrue(connection.manager.isBackup(connection, 0, IpAddress.parse(A0)));
    }

    @Test
    void aRoleHoldsForAllOfALinkAndMayChange() throws PathManagerException {
        add(A1, SUBFLOW);
        FakeConnection connection = connection().open();
        host.setRole(1, PathRole.BACKUP);
        assertEquals(List.of("1 backup"), connection.priorities);
        host.setRole(1, PathRole.OFF);
        assertEquals(List.of(A1), connection.withdrawn);
        connection.finishAll();
        connection.run(100 * SECOND);
        assertEquals("[]", joins(connection));
        host.setRole(1, PathRole.USE);
        assertEquals("[198.51.100.1>203.0.113.1]", joins(connection));
    }

    // ---- announcing ----

    @Test
    void signalEndpointsAreAnnouncedUnderTheirIdsButForTheAddressThePeerKnows() throws PathManagerException {
        add(A0, SIGNAL);
        add(A1, SIGNAL);
        host.addEndpoint(Endpoint.of(IpAddress.parse(A2), SIGNAL).withId(9).withPort(8443));
        FakeConnection connection = connection();
        connection.server = true;
        connection.open();
        assertEquals(List.of("2 198.51.100.1", "9 198.51.100.65:8443"), connection.announced);
        add(A3, SIGNAL);
        assertEquals("10 198.51.100.129", connection.announced.getLast());
    }

    @Test
    void moreThanEightAddressesAreAnnouncedAsThereIsRoom() throws PathManagerException {
        for (int i = 1; i <= 12; i++) {
            add("10.7.0." + i, SIGNAL);
        }
        FakeConnection connection = connection().open();
        assertEquals(8, connection.announced.size());
        connection.maxAnnounced = 20;
        connection.run(1 * SECOND);
        assertEquals(12, connection.announced.size());
        assertTrue(connection.isAsleep());
    }

    @Test
    void anAnnouncedEndpointDeletedAndAddedAgainIsAnnouncedAgain() throws PathManagerException {
        int id = add(A1, SIGNAL).id();
        FakeConnection connection = connection().open();
        host.deleteEndpoint(id);
        assertEquals(List.of(A1), connection.withdrawn);
        host.addEndpoint(Endpoint.of(IpAddress.parse(A1), SIGNAL).withId(id));
        assertEquals(2, connection.announced.size());
    }

    @Test
    void signalAndSubflowTogetherAnnounceAndJoin() throws PathManagerException {
        add(A1, SIGNAL, SUBFLOW);
        FakeConnection connection = connection().open();
        assertEquals(List.of("1 198.51.100.1"), connection.announced);
        assertEquals("[198.51.100.1>203.0.113.1]", joins(connection));
    }

    @Test
    void aPortOfItsOwnHasAListenerOfItsOwnAsLongAsTheEndpointIsThere() throws PathManagerException {
        List<String> listeners = new ArrayList<>();
        host.setJoinListeners(new HostPathManager.JoinListeners() {
            @Override
            public void open(IpEndpoint local) {
                listeners.add("+" + local);
            }

            @Override
            public void close(IpEndpoint local) {
                listeners.add("-" + local);
            }
        });
        host.deleteEndpoint(host.addEndpoint(Endpoint.of(IpAddress.parse(A1), SIGNAL).withPort(8443)).id());
        assertEquals(List.of("+198.51.100.1:8443", "-198.51.100.1:8443"), listeners);
    }

    // ---- addresses of the peer ----

    @Test
    void announcedAddressesAreTakenUpToTheLimitFromWhereRoutingLeads() throws PathManagerException {
        host.setLimits(new PathLimits(8, 1));
        FakeConnection connection = connection().open();
        connection.announce(4, "203.0.113.4", 0);
        connection.announce(5, "203.0.113.5", 8080);
        assertEquals("[192.0.2.1>203.0.113.4]", joins(connection));
        assertEquals(443, connection.subflows.getLast().remote().port());
        connection.manager.onAddressRemoved(connection, 4);
        connection.lose(0, -1);
        assertEquals(8080, connection.subflows.getLast().remote().port());
    }

    @Test
    void byDefaultNoneIsTakenAndIdZeroNever() {
        FakeConnection connection = connection().open();
        connection.announce(4, "203.0.113.4", 0);
        host.setLimits(new PathLimits(8, 8));
        connection.announce(0, "203.0.113.9", 0);
        assertEquals("[192.0.2.1>203.0.113.4]", joins(connection));
    }

    @Test
    void fullmeshGoesFromEveryEndpointToEveryAddress() throws PathManagerException {
        host.setLimits(new PathLimits(8, 2));
        add(A0, SUBFLOW, FULLMESH);
        add(A1, SUBFLOW, FULLMESH);
        FakeConnection connection = connection().open();
        assertEquals("[198.51.100.1>203.0.113.1]", joins(connection));
        connection.announce(4, "203.0.113.4", 0);
        assertEquals("[198.51.100.1>203.0.113.1, 192.0.2.1>203.0.113.4, 198.51.100.1>203.0.113.4]", joins(connection));
    }

    @Test
    void fullmeshSwitchedOffEndsWhatItMade() throws PathManagerException {
        host.setLimits(new PathLimits(8, 2));
        int id = add(A1, SUBFLOW, FULLMESH).id();
        add(A2, SUBFLOW, FULLMESH);
        FakeConnection connection = connection().open();
        connection.announce(4, "203.0.113.4", 0);
        assertEquals("[198.51.100.1>203.0.113.1, 198.51.100.65>203.0.113.1, 198.51.100.1>203.0.113.4, 198.51.100.65>203.0.113.4]", joins(connection));
        host.changeEndpoint(id, false, false);
        connection.finishAll();
        assertEquals("[198.51.100.1>203.0.113.1, 198.51.100.65>203.0.113.1, 198.51.100.65>203.0.113.4]", joins(connection));
    }

    @Test
    void everyLaminarEndpointAnswersOneAddress() throws PathManagerException {
        host.setLimits(new PathLimits(8, 8));
        add(A1, LAMINAR);
        add(A2, LAMINAR);
        FakeConnection connection = connection().open();
        assertEquals("[]", joins(connection));
        connection.announce(4, "203.0.113.4", 0);
        connection.announce(5, "203.0.113.5", 0);
        connection.announce(6, "203.0.113.6", 0);
        assertEquals("[198.51.100.1>203.0.113.4, 198.51.100.65>203.0.113.5, 192.0.2.1>203.0.113.6]", joins(connection));
    }

    @Test
    void behindFlagCSubflowEndpointsGoToAnAnnouncedAddressWithoutALimitForThem() throws PathManagerException {
        host.setPolicy(PathPolicy.LINUX);
        add(A1, SUBFLOW);
        FakeConnection connection = connection();
        connection.denied = true;
        connection.open();
        assertEquals("[]", joins(connection));
        connection.announce(4, "203.0.113.4", 0);
        assertEquals("[198.51.100.1>203.0.113.4]", joins(connection));
    }

    // ---- ids ----

    @Test
    void anAddressJoinedByAPeerGetsAnImplicitEndpointAndKeepsItsIdWhenItIsMadeExplicit() throws PathManagerException {
        FakeConnection connection = connection().open();
        int id = connection.manager.addressId(connection, 3, IpAddress.parse(A3));
        assertEquals("[198.51.100.129 id " + id + " implicit]", host.endpoints().toString());
        assertEquals(id, connection.manager.addressId(connection, 3, IpAddress.parse(A3)));
        assertEquals(0, connection.manager.addressId(connection, 0, IpAddress.parse(A0)));
        assertRefused(Reason.EEXIST, () -> host.addEndpoint(Endpoint.of(IpAddress.parse(A3), SIGNAL).withId(id + 1)));
        assertEquals(id, add(A3, SIGNAL).id());
        assertEquals(List.of(SIGNAL), List.copyOf(host.endpoint(id).flags()));
    }

    // ---- why ----

    @Test
    void everyEndpointHasAReason() throws PathManagerException {
        add(A0, SUBFLOW);
        add(A1, SUBFLOW);
        add(A2, SUBFLOW, BACKUP);
        add(A3, SUBFLOW);
        add("10.0.0.1", SUBFLOW);
        host.addEndpoint(Endpoint.of(IpAddress.parse("2001:db8::1"), SUBFLOW).withLink(0));
        FakeConnection connection = connection().open();
        assertEquals(List.of(State.USED, State.USED, State.BACKUP, State.UNUSED, State.UNUSED, State.UNUSED), states(1));
        assertEquals(List.of("in use", "in use", "backup, and others work", "limit reached: 2 subflows beside the initial one",
                "no interface has the address 10.0.0.1", "no route to 203.0.113.1"), reasons(1));
        host.setRole(2, PathRole.OFF, "quota of 1 GB reached");
        connection.finishAll();
        connection.linkDown(1);
        assertEquals("link down", reasons(1).get(1));
        assertEquals("quota of 1 GB reached", reasons(1).get(2));
        connection.lose(3, 3);
        assertEquals("the peer refused the join with MP_TCPRST reason 3", reasons(1).get(3));
        connection.linkUp(1);
        connection.lose(1, -1);
        connection.run(SECOND / 4);
        assertEquals(State.WAITING, states(1).get(1));
        assertEquals("1 attempt failed, the next comes in 0.8 s", reasons(1).get(1));
        connection.fallbackReason = "MPCapableFallbackSYNACK";
        assertEquals("plain TCP: the peer does not speak MPTCP, or something on the way removes it (MPCapableFallbackSYNACK)", reasons(1).get(1));
        assertRefused(Reason.ESRCH, () -> host.paths(99));
    }

    private List<State> states(int token) throws PathManagerException {
        return host.paths(token).stream().map(PathStatus::state).toList();
    }

    private List<String> reasons(int token) throws PathManagerException {
        return host.paths(token).stream().map(PathStatus::reason).toList();
    }

    // ---- user space ----

    private FakeConnection userspace() {
        host.setType(PathManagerType.USERSPACE);
        return connection().open();
    }

    @Test
    void aUserSpaceConnectionDoesOnlyWhatItIsTold() throws PathManagerException {
        add(A1, SUBFLOW, SIGNAL);
        FakeConnection connection = userspace();
        IpEndpoint remote = connection.initialRemote;
        assertEquals("[]", joins(connection));
        assertEquals(List.of(), connection.announced);
        host.announce(1, 5, new IpEndpoint(IpAddress.parse(A2), 0));
        assertEquals(List.of("5 198.51.100.65"), connection.announced);
        assertRefused(Reason.EINVAL, () -> host.announce(1, 0, new IpEndpoint(IpAddress.parse(A3), 0)));
        assertRefused(Reason.EINVAL, () -> host.announce(1, 5, new IpEndpoint(IpAddress.parse(A3), 0)));
        assertRefused(Reason.EINVAL, () -> host.announce(1, 6, new IpEndpoint(IpAddress.parse(A2), 0)));
        host.remove(1, 5);
        assertRefused(Reason.EINVAL, () -> host.remove(1, 5));
        host.remove(1, 0);
        assertEquals(List.of(5, 0), connection.removed);
        int id = host.createSubflow(1, -1, IpAddress.parse(A1), 0, remote, true);
        assertEquals("[198.51.100.1>203.0.113.1 backup]", joins(connection));
        IpEndpoint local = new IpEndpoint(IpAddress.parse(A1), 50_000 + id);
        host.setBackup(1, local, remote, false);
        assertEquals(List.of(id + " regular"), connection.priorities);
        assertRefused(Reason.ESRCH, () -> host.destroySubflow(1, new IpEndpoint(IpAddress.parse(A1), 1), remote));
        host.destroySubflow(1, local, remote);
        assertTrue(connection.finished.contains(id));
    }

    @Test
    void mistakesOfAProgramAreToldApart() throws PathManagerException {
        FakeConnection kernel = connection().open();
        FakeConnection user = userspace();
        assertRefused(Reason.ESRCH, () -> host.remove(99, 1));
        assertRefused(Reason.EOPNOTSUPP, () -> host.announce(kernel.token(), 1, new IpEndpoint(IpAddress.parse(A1), 0)));
        assertRefused(Reason.EINVAL, () -> host.createSubflow(user.token(), -1, IpAddress.parse("2001:db8::1"), 0, user.initialRemote, false));
        assertRefused(Reason.EINVAL, () -> host.createSubflow(user.token(), -1, IpAddress.parse("10.0.0.1"), 0, user.initialRemote, false));
        user.maxSubflows = 1;
        assertRefused(Reason.EAGAIN, () -> host.createSubflow(user.token(), -1, IpAddress.parse(A1), 0, user.initialRemote, false));
    }

    @Test
    void withoutAProgramJoinsAreRefusedAndAnnouncementsNotEchoed() {
        FakeConnection connection = userspace();
        IpAddress local = IpAddress.parse(A0);
        assertEquals(false, connection.manager.acceptsJoin(connection, 0, local));
        assertEquals(false, connection.manager.echoesAnnouncements(connection));
        host.events().addListener(event -> { });
        assertTrue(connection.manager.acceptsJoin(connection, 0, local));
        assertTrue(connection.manager.echoesAnnouncements(connection));
        assertNull(host.endpoint(1));
    }

    // ---- when the host is asked ----

    /** A lookup asks the kernel, and blocks the event loop meanwhile: it must not when the first acknowledgments come in, which is when joins are allowed. */
    @Test
    void theWayOfAJoinIsLookedUpBeforeItIsNeeded() throws PathManagerException {
        List<Integer> asked = new ArrayList<>();
        LocalLinks known = new FixedLinks(List.of(path(0, A0), path(1, A1), path(2, A2)));
        HostPathManager lookedAt = new HostPathManager(new LocalLinks() {
            @Override
            public List<Integer> links() {
                return known.links();
            }

            @Override
            public IpAddress localAddress(int linkId, IpAddress remote) {
                asked.add(linkId);
                return known.localAddress(linkId, remote);
            }

            @Override
            public int linkOf(IpAddress local) {
                return known.linkOf(local);
            }
        });
        lookedAt.addEndpoint(Endpoint.of(IpAddress.parse(A1), SUBFLOW));
        lookedAt.addEndpoint(Endpoint.of(IpAddress.parse(A2), SUBFLOW));
        FakeConnection connection = new FakeConnection(lookedAt.create());
        connection.excluded.add(2);
        connection.manager.onCreated(connection);
        assertEquals(List.of(), asked);
        connection.run(SECOND / 1000);
        assertEquals(List.of(1), asked);
        assertEquals("[]", joins(connection));
        connection.manager.onKeysExchanged(connection);
        connection.establish();
        assertEquals("[198.51.100.1>203.0.113.1]", joins(connection));
    }
}
