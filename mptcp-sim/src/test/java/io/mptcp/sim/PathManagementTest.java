package io.mptcp.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.pm.Endpoint;
import io.mptcp.pm.EndpointFlag;
import io.mptcp.pm.FixedLinks;
import io.mptcp.pm.HostPathManager;
import io.mptcp.pm.Path;
import io.mptcp.pm.PathLimits;
import io.mptcp.pm.PathManagerException;
import io.mptcp.pm.PathManagerType;
import io.mptcp.pm.PathPolicy;
import io.mptcp.pm.PathRole;
import io.mptcp.spi.PathEvent;
import io.mptcp.spi.PathEvent.Type;
import io.mptcp.spi.PathStatus;
import io.mptcp.spi.SubflowState;
import io.mptcp.stack.Counter;
import io.mptcp.stack.LinkProperties;
import io.mptcp.stack.Stack;
import io.mptcp.stack.StackConfig;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Two stacks with path managers of hosts, and what people do to them while a connection runs. The client's stream is a kilobyte a tenth of a second. */
class PathManagementTest {
    private static final int PATHS = 3;
    private static final LinkSpec LINK = LinkSpec.of(20, 20);
    private static final TransferApp.Plan TALK = TransferApp.Plan.of(1_000_000, 1_000_000).writing(1_000, 100);
    /** Says something in the beginning, and then nothing for a minute. */
    private static final TransferApp.Plan SILENCE = TransferApp.Plan.of(2_000, 2_000).writing(1_000, 60_000);

    private final HostPathManager client = host("1");
    private final HostPathManager server = host("2");
    private final List<PathEvent> clientEvents = new ArrayList<>();
    private final List<PathEvent> serverEvents = new ArrayList<>();
    private Scenario scenario;

    private interface Command {
        void run() throws PathManagerException;
    }

    private static HostPathManager host(String last) {
        List<Path> paths = new ArrayList<>();
        for (int i = 0; i < PATHS; i++) {
            paths.add(new Path(i, address(i, last), null, false));
        }
        return new HostPathManager(new FixedLinks(paths));
    }

    private static IpAddress address(int path, String last) {
        return IpAddress.parse("10.0." + (path + 1) + "." + last);
    }

    private PathManagementTest open(TransferApp.Plan plan) {
        client.events().addListener(clientEvents::add);
        server.events().addListener(serverEvents::add);
        scenario = new Scenario(1).clientConfig(config(client)).serverConfig(config(server)).plans(plan, plan);
        for (int i = 0; i < PATHS; i++) {
            scenario.path(LINK);
        }
        scenario.open();
        return this;
    }

    private static StackConfig config(HostPathManager host) {
        return StackConfig.defaults().withPathManager(host).withTracer(host.events());
    }

    private PathManagementTest at(double seconds, Command command) {
        scenario.at(seconds, () -> {
            try {
                command.run();
            } catch (PathManagerException e) {
                throw new AssertionError(e);
            }
        });
        return this;
    }

    private PathManagementTest runTo(double seconds) {
        scenario.simulation().runTo(Math.round(seconds * 1e9));
        return this;
    }

    private static Endpoint endpoint(int path, String last, EndpointFlag... flags) {
        return Endpoint.of(address(path, last), flags);
    }

    private static List<Type> types(List<PathEvent> events) {
        return events.stream().map(PathEvent::type).toList();
    }

    private static PathEvent last(List<PathEvent> events, Type type) {
        return events.stream().filter(event -> event.type() == type).reduce((a, b) -> b).orElseThrow(() -> new AssertionError("no " + type + " in " + types(events)));
    }

    private List<SubflowState> subflows(HostPathManager host) throws PathManagerException {
        return host.subflows(host.tokens().getFirst());
    }

    private List<Integer> links(HostPathManager host) throws PathManagerException {
        return subflows(host).stream().map(SubflowState::linkId).toList();
    }

    private long count(Stack stack, Counter counter) {
        return stack.counters().get(counter);
    }

    // ---- endpoints at run time ----

    @Test
    void endpointsComeAndGoWhileAConnectionRunsAndThePeerHearsOfIt() throws PathManagerException {
        open(TALK).at(1, () -> client.addEndpoint(endpoint(1, "1", EndpointFlag.SUBFLOW).withId(7))).runTo(2);
        assertEquals(List.of(0, 1), links(server));
        PathEvent joined = last(serverEvents, Type.SF_ESTABLISHED);
        assertEquals(7, joined.remId());
        assertEquals(address(1, "1"), joined.remote().address());
        assertTrue(joined.serverSide());
        at(3, () -> client.changeEndpoint(7, true, false)).runTo(4);
        assertTrue(last(serverEvents, Type.SF_PRIO).backup());
        at(5, () -> client.deleteEndpoint(7)).runTo(8);
        assertEquals(7, last(serverEvents, Type.REMOVED).remId());
        assertEquals(List.of(0), links(server));
        at(9, () -> client.addEndpoint(endpoint(1, "1", EndpointFlag.SUBFLOW).withId(7))).runTo(10);
        assertEquals(List.of(0, 1), links(server));
        scenario.runUntilClosed(300);
    }

    @Test
    void aServersSignalEndpointIsJoinedAtThePortItNames() throws PathManagerException {
        client.setLimits(new PathLimits(2, 2));
        Endpoint signal = endpoint(2, "2", EndpointFlag.SIGNAL).withPort(8443).withId(4);
        open(TALK).at(1, () -> server.addEndpoint(signal)).runTo(3);
        PathEvent announced = last(clientEvents, Type.ANNOUNCED);
        assertEquals(4, announced.remId());
        assertEquals(new IpEndpoint(address(2, "2"), 8443), announced.remote());
        assertEquals(new IpEndpoint(address(2, "2"), 8443), subflows(client).getLast().remote());
        assertEquals(4, last(clientEvents, Type.SF_ESTABLISHED).remId());
        at(4, () -> server.deleteEndpoint(4)).runTo(8);
        assertEquals(List.of(0), links(client));
    }

    @Test
    void whatIsBackupFromTheBeginningIsToldByPriority() throws PathManagerException {
        client.addEndpoint(endpoint(0, "1", EndpointFlag.SUBFLOW, EndpointFlag.BACKUP));
        client.addEndpoint(endpoint(1, "1", EndpointFlag.SUBFLOW));
        open(TALK).runTo(2);
        assertEquals(1, count(scenario.topology().server().stack(), Counter.MPPrioRx));
        assertEquals(List.of(true, false), subflows(server).stream().map(SubflowState::remoteBackup).toList());
    }

    @Test
    void aPathSwitchedOffCarriesNothingAndComesBack() throws PathManagerException {
        client.addEndpoint(Endpoint.ofLink(0, EndpointFlag.SUBFLOW));
        client.addEndpoint(Endpoint.ofLink(1, EndpointFlag.SUBFLOW));
        open(TALK).at(1, () -> client.setRole(0, PathRole.OFF)).runTo(5);
        assertEquals(List.of(1), links(client));
        assertEquals(List.of("switched off", "in use"), reasons());
        at(6, () -> client.setRole(0, PathRole.BACKUP)).runTo(8);
        assertEquals(List.of("backup, and others work", "in use"), reasons());
        scenario.runUntilClosed(300);
    }

    private List<String> reasons() {
        return scenario.connection().paths().stream().map(PathStatus::reason).toList();
    }

    // ---- events ----

    @Test
    void eventsComeInTheKernelsOrderAndOnceEach() throws PathManagerException {
        client.addEndpoint(endpoint(1, "1", EndpointFlag.SUBFLOW));
        open(TransferApp.Plan.of(50_000, 50_000)).scenario.runUntilClosed(60);
        scenario.runUntilQuiet();
        assertEquals(List.of(Type.CREATED, Type.ESTABLISHED, Type.SF_ESTABLISHED), types(clientEvents).subList(0, 3));
        for (List<PathEvent> events : List.of(clientEvents, serverEvents)) {
            for (Type once : List.of(Type.CREATED, Type.ESTABLISHED, Type.SF_ESTABLISHED, Type.CLOSED)) {
                assertEquals(1, events.stream().filter(event -> event.type() == once).count(), once + " in " + types(events));
            }
            assertEquals(2, events.stream().filter(event -> event.type() == Type.SF_CLOSED).map(PathEvent::subflowId).distinct().count());
            assertEquals(2, events.stream().filter(event -> event.type() == Type.SF_CLOSED).count());
            assertEquals(1, events.stream().filter(event -> event.token() != 0).map(PathEvent::token).distinct().count());
        }
        assertEquals(List.of(), client.tokens());
        assertEquals(0, clientEvents.getFirst().flags());
        assertTrue(serverEvents.stream().filter(event -> event.type() == Type.CREATED).allMatch(event -> event.flags() == 2));
    }

    @Test
    void linksAndListenersHaveEvents() {
        open(TALK).at(1, () -> scenario.path(2).setCarrier(false)).at(2, () -> scenario.path(2).setCarrier(true)).runTo(3);
        assertEquals(2, last(clientEvents, Type.PATH_DOWN).linkId());
        assertEquals(2, last(clientEvents, Type.PATH_UP).linkId());
        assertEquals(scenario.serverEndpoint().port(), last(serverEvents, Type.LISTENER_CREATED).local().port());
    }

    // ---- a program that decides ----

    @Test
    void aProgramOpensAndEndsSubflowsByTokenFromEitherSide() throws PathManagerException {
        client.setType(PathManagerType.USERSPACE);
        server.setType(PathManagerType.USERSPACE);
        open(TALK).runTo(1);
        assertEquals(List.of(0), links(client));
        IpEndpoint clientEnd = subflows(server).getFirst().remote();
        int token = server.tokens().getFirst();
        // The side that was connected to joins the other at the port it came from.
        at(2, () -> server.createSubflow(token, 1, address(1, "2"), 3, new IpEndpoint(address(1, "1"), clientEnd.port()), false)).runTo(3);
        assertEquals(List.of(0, 1), links(client));
        assertEquals(3, last(clientEvents, Type.SF_ESTABLISHED).remId());
        SubflowState joined = subflows(server).getLast();
        assertTrue(joined.opened() && joined.established());
        at(4, () -> server.setBackup(token, joined.local(), joined.remote(), true)).runTo(5);
        assertTrue(last(clientEvents, Type.SF_PRIO).backup());
        at(6, () -> server.destroySubflow(token, joined.local(), joined.remote())).runTo(8);
        assertEquals(List.of(0), links(client));
        at(9, () -> server.announce(token, 9, new IpEndpoint(address(2, "2"), 0))).runTo(10);
        assertEquals(9, last(clientEvents, Type.ANNOUNCED).remId());
        assertEquals(List.of(0), links(client));
        at(11, () -> server.remove(token, 9)).runTo(12);
        assertEquals(9, last(clientEvents, Type.REMOVED).remId());
        scenario.runUntilClosed(300);
    }

    @Test
    void aSubflowThatBothSidesHaveEndedIsOverAtOnce() throws PathManagerException {
        client.setType(PathManagerType.USERSPACE);
        open(SILENCE).runTo(1);
        int token = client.tokens().getFirst();
        at(2, () -> client.createSubflow(token, 1, address(1, "1"), 3, new IpEndpoint(address(1, "2"), scenario.serverEndpoint().port()), false)).runTo(3);
        SubflowState joined = subflows(client).getLast();
        assertTrue(!joined.initial());
        at(4, () -> client.destroySubflow(token, joined.local(), joined.remote())).runTo(4.1);
        assertEquals(joined.id(), last(clientEvents, Type.SF_CLOSED).subflowId());
        assertEquals(List.of(0), links(client));
        assertEquals(List.of(0), links(server));
        scenario.runUntilClosed(300);
        assertEquals(0, count(scenario.topology().server().stack(), Counter.OutRsts)); // what is left in TIME-WAIT asks nobody
    }

    @Test
    void withoutAProgramAUserSpaceServerRefusesJoins() throws PathManagerException {
        server.setType(PathManagerType.USERSPACE);
        client.addEndpoint(endpoint(1, "1", EndpointFlag.SUBFLOW));
        scenario = new Scenario(1).clientConfig(config(client)).serverConfig(config(server)).plans(TALK, TALK).path(LINK).path(LINK).open();
        runTo(2);
        assertEquals(1, count(scenario.topology().server().stack(), Counter.MPJoinRejected));
        assertEquals("the peer refused the join with MP_TCPRST reason 3", reasons().getFirst());
    }

    @Test
    void theSideThatWasConnectedToJoinsByItsEndpointsWhenPolicySaysSo() throws PathManagerException {
        server.setPolicy(PathPolicy.DEFAULT.withPassiveJoins(true));
        server.addEndpoint(endpoint(1, "2", EndpointFlag.SUBFLOW));
        open(TALK).runTo(2);
        assertEquals(List.of(0, 1), links(client));
        assertTrue(subflows(server).getLast().opened());
        scenario.runUntilClosed(300);
    }

    // ---- idle paths ----

    private void probeEvery(double seconds) {
        for (int i = 0; i < PATHS; i++) {
            LinkProperties link = LinkProperties.ofMtu(1500).withProbeInterval(Math.round(seconds * 1e9));
            scenario.topology().client().stack().addLink(i, link);
        }
    }

    @Test
    void probesKeepIdlePathsKnownToNats() throws PathManagerException {
        client.addEndpoint(endpoint(1, "1", EndpointFlag.SUBFLOW));
        open(SILENCE);
        probeEvery(5);
        runTo(5);
        long[] before = {scenario.path(0).up().statistics().packetsSent, scenario.path(1).up().statistics().packetsSent};
        runTo(50);
        for (int path = 0; path < 2; path++) {
            long probes = scenario.path(path).up().statistics().packetsSent - before[path];
            assertTrue(probes >= 8, probes + " segments in 45 s over path " + path);
        }
    }

    @Test
    void anIdlePathThatDiesIsFoundOutAndTheSubflowComesBackWithIt() throws PathManagerException {
        client.addEndpoint(endpoint(1, "1", EndpointFlag.SUBFLOW));
        open(SILENCE);
        probeEvery(5);
        at(6, () -> scenario.path(1).setPassing(false)).runTo(14);
        assertTrue(reasons().getFirst().startsWith("stale: nothing was heard for"), reasons().toString());
        runTo(40);
        assertEquals(1, last(clientEvents, Type.PATH_PROBE_FAILED).linkId());
        assertEquals(List.of(0), subflows(client).stream().filter(SubflowState::established).map(SubflowState::linkId).toList());
        at(41, () -> scenario.path(1).setPassing(true)).runTo(59);
        assertEquals(List.of(0, 1), subflows(client).stream().filter(SubflowState::established).map(SubflowState::linkId).toList());
        scenario.runUntilClosed(300);
    }

    @Test
    void theOnlyPathIsNeverGivenUpForItsSilence() throws PathManagerException {
        open(SILENCE);
        probeEvery(2);
        at(6, () -> scenario.path(0).setPassing(false)).at(50, () -> scenario.path(0).setPassing(true)).runTo(55);
        assertEquals(List.of(0), links(client));
        assertFalse(types(clientEvents).contains(Type.PATH_PROBE_FAILED));
        scenario.runUntilClosed(300);
    }

    // ---- money ----

    /** A fast path that costs, beside a slow one that does not: nothing is sent twice over the first. */
    @Test
    void nothingIsSentTwiceOverAPathThatCosts() throws PathManagerException {
        assertTrue(overPaid(0) > 10_000, "bytes sent twice with a free path: " + overPaid(0));
        assertEquals(0, overPaid(1));
    }

    /** Bytes the server has sent twice. */
    private long overPaid(int cost) throws PathManagerException {
        HostPathManager near = host("1");
        near.addEndpoint(endpoint(1, "1", EndpointFlag.SUBFLOW));
        Scenario download = new Scenario(1).clientConfig(config(near)).serverConfig(config(host("2"))).path(LinkSpec.of(2, 150)).path(LinkSpec.of(50, 5))
                .transfer(0, 2_000_000).open();
        download.topology().server().stack().addLink(1, LinkProperties.ofMtu(1500).withCost(cost));
        download.runUntilDelivered(60);
        return download.topology().server().connections().getFirst().mptcpInfo(0).bytesRetrans();
    }
}
