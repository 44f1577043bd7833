package io.mptcp.netty.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.wire.IpAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class RouteNetlinkTest {
    private Namespaces namespaces;
    private String here;
    private String there;
    private RouteNetlink routes;
    private int device;

    @BeforeEach
    void setUp() {
        namespaces = Namespaces.orSkip();
        here = namespaces.add();
        there = namespaces.add();
        namespaces.veth(here, "p1", there, "q1");
        namespaces.address(here, "p1", "10.1.0.1/24");
        namespaces.address(here, "p1", "fd01::1/64");
        namespaces.address(there, "q1", "10.1.0.2/24");
        namespaces.address(there, "q1", "fd01::2/64");
        routes = Namespaces.in(here).call(RouteNetlink::open);
        device = routes.link("p1").index();
    }

    @AfterEach
    void tearDown() {
        if (routes != null) {
            routes.close();
        }
        if (namespaces != null) {
            namespaces.close();
        }
    }

    @Test
    void interfacesAreFoundByNameAndIndex() throws Exception {
        LinkInfo link = routes.link("p1");
        assertEquals(LinkInfo.ETHERNET, link.hardwareType());
        assertEquals(1500, link.mtuBytes());
        assertTrue(link.isUp());
        String mac = "%012x".formatted(link.mac()).replaceAll("(..)(?!$)", "$1:");
        assertTrue(Namespaces.ip(here, "link", "show", "p1").contains("link/ether " + mac));
        assertEquals(link, routes.link(device));
        assertNull(routes.link("no-such"));
        assertNull(routes.link("a-name-that-is-too-long"));
        assertEquals(List.of("lo", "p1"), routes.links().stream().map(LinkInfo::name).sorted().toList());
        LinkInfo loopback = routes.link("lo");
        assertEquals(LinkInfo.LOOPBACK, loopback.hardwareType());
        assertEquals(0, loopback.mac());
    }

    @Test
    void routesTellNextHopAndSource() {
        Namespaces.ip(here, "route", "add", "10.9.0.0/16", "via", "10.1.0.2", "mtu", "1400");
        Namespaces.ip(here, "route", "add", "fd09::/64", "via", "fd01::2");
        Route route = routes.route(address("10.9.3.4"), null, device);
        assertEquals(new Route(Route.UNICAST, device, address("10.1.0.2"), address("10.1.0.1"), 1400), route);
        assertEquals(new Route(Route.UNICAST, device, null, address("10.1.0.1"), 0), routes.route(address("10.1.0.77"), null, device));
        Route ipv6 = routes.route(address("fd09::5"), null, device);
        assertEquals(address("fd01::2"), ipv6.gateway());
        assertEquals(address("fd01::1"), ipv6.preferredSource());
        assertTrue(routes.route(address("10.1.0.1")).isLocal());
        assertTrue(routes.route(address("fd01::1")).isLocal());
        assertTrue(routes.route(address("127.3.2.1")).isLocal());
        assertNull(routes.route(address("192.0.2.1")));
    }

    @Test
    void aProvokedNeighbourIsAnnounced() throws Exception {
        resolved(address("10.1.0.2"), () -> routes.provoke(device, address("10.1.0.2")));
        resolved(address("fd01::2"), () -> routes.provoke(device, address("fd01::2")));
    }

    @Test
    void aNeighbourIsFoundWithoutPrivilegeByADatagram() throws Exception {
        resolved(address("10.1.0.2"), () -> inHere(() -> RouteNetlink.provokeByDatagram(device, address("10.1.0.2"))));
        resolved(address("fd01::2"), () -> inHere(() -> RouteNetlink.provokeByDatagram(device, address("fd01::2"))));
    }

    private void inHere(Runnable action) {
        Namespaces.in(here).run(action);
    }

    private void resolved(IpAddress address, Runnable provocation) throws Exception {
        assertNull(routes.neighbour(device, address));
        Recorder recorder = new Recorder();
        try (RouteEvents events = subscribe(recorder)) {
            provocation.run();
            recorder.await(events, () -> recorder.neighbours.stream().anyMatch(n -> n.address().equals(address) && n.isResolved()));
        }
        long mac = inThere().link("q1").mac();
        Neighbour neighbour = routes.neighbour(device, address);
        assertEquals(mac, neighbour.mac());
        assertTrue(neighbour.isResolved());
        assertFalse(neighbour.isFixed());
    }

    private RouteNetlink inThere() {
        return Namespaces.in(there).call(RouteNetlink::open);
    }

    private RouteEvents subscribe(RouteEvents.Listener listener) {
        return Namespaces.in(here).call(() -> RouteEvents.open(listener));
    }

    @Test
    void linkAndAddressChangesAreAnnounced() throws Exception {
        Recorder recorder = new Recorder();
        try (RouteEvents events = subscribe(recorder)) {
            Namespaces.ip(there, "link", "set", "q1", "down");
            recorder.await(events, () -> recorder.link("p1", link -> !link.isUp()));
            Namespaces.ip(there, "link", "set", "q1", "up");
            recorder.await(events, () -> recorder.link("p1", LinkInfo::isUp));
            recorder.routingChanges = 0;
            Namespaces.ip(here, "addr", "del", "10.1.0.1/24", "dev", "p1");
            recorder.await(events, () -> recorder.routingChanges > 0);
            Namespaces.ip(here, "link", "del", "p1");
            recorder.await(events, () -> recorder.removed.contains("p1"));
        }
    }

    @Test
    void aLinkIsConfiguredWithoutPrograms() throws Exception {
        Namespaces.ip(here, "link", "add", "x1", "type", "veth", "peer", "name", "x2");
        Namespaces.ip(here, "link", "set", "x2", "up");
        try (LinkConfigurator configurator = Namespaces.in(here).call(LinkConfigurator::open)) {
            int index = routes.link("x1").index();
            configurator.setUp(index, 1300);
            configurator.addAddress(index, address("10.2.0.1"), 30);
            configurator.addAddress(index, address("fd02::1"), 64);
            configurator.addRoute(address("10.8.0.0"), 16, index, address("10.2.0.2"), 0);
            configurator.addRoute(address("10.7.0.0"), 16, index, null, 7);
            configurator.addRoute(address("fd08::"), 32, index, address("fd02::2"), 0);
            assertEquals(1300, routes.link("x1").mtuBytes());
            assertTrue(routes.link("x1").isUp());
            assertEquals(address("10.2.0.2"), routes.route(address("10.8.1.1")).gateway());
            assertEquals(address("10.2.0.1"), routes.route(address("10.7.1.1")).preferredSource());
            assertEquals(address("fd02::2"), routes.route(address("fd08::1")).gateway());
            assertEquals("cannot add address 10.2.0.1/30: it exists already",
                    assertThrows(LinuxException.class, () -> configurator.addAddress(index, address("10.2.0.1"), 30)).getMessage());
        }
    }

    private static IpAddress address(String text) {
        return IpAddress.parse(text);
    }

    /** Keeps what was announced. */
    private static final class Recorder implements RouteEvents.Listener {
        private final List<LinkInfo> links = new ArrayList<>();
        private final List<String> removed = new ArrayList<>();
        private final List<Neighbour> neighbours = new ArrayList<>();
        private int routingChanges;

        boolean link(String name, Predicate<LinkInfo> condition) {
            return links.stream().filter(link -> link.name().equals(name)).reduce((a, b) -> b).filter(condition).isPresent();
        }

        /** Spins, within the time limit of the test. */
        void await(RouteEvents events, java.util.function.BooleanSupplier condition) {
            do {
                events.drain();
                Thread.onSpinWait();
            } while (!condition.getAsBoolean());
        }

        @Override
        public void linkChanged(LinkInfo link) {
            links.add(link);
        }

        @Override
        public void linkRemoved(LinkInfo link) {
            removed.add(link.name());
        }

        @Override
        public void neighbourChanged(Neighbour neighbour) {
            neighbours.add(neighbour);
        }

        @Override
        public void neighbourRemoved(Neighbour neighbour) {
            assertNotNull(neighbour.address());
        }

        @Override
        public void routingChanged() {
            routingChanges++;
        }

        @Override
        public void eventsLost() {
            throw new AssertionError("events lost");
        }
    }
}
