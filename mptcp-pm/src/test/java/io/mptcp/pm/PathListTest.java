package io.mptcp.pm;

import static io.mptcp.pm.FakeConnection.SECOND;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** One subflow on every configured path. */
class PathListTest {
    private static final int PROHIBITED = 3;
    private static final int NO_REASON = -1;

    private static final Path FIRST = path(0, "192.0.2.1", null, false);
    private static final Path SECOND_V4 = path(1, "198.51.100.1", null, false);
    private static final Path SECOND_DUAL = path(1, "198.51.100.1", "2001:db8:1::1", false);
    private static final Path SECOND_V6 = path(1, null, "2001:db8:1::1", false);
    private static final Path THIRD_BACKUP = path(2, "192.0.2.65", null, true);

    private static Path path(int linkId, String v4, String v6, boolean backup) {
        return new Path(linkId, v4 == null ? null : IpAddress.parse(v4), v6 == null ? null : IpAddress.parse(v6), backup);
    }

    private static FakeConnection connection(Path... paths) {
        return new FakeConnection(HostPathManager.forPaths(List.of(paths), 0, List.of()).create());
    }

    // ---- announcing ----

    @Test
    void addressesToSignalAreAnnouncedOnceThePeerHasTheKeysButForTheOneItKnows() {
        IpAddress known = IpAddress.parse("192.0.2.1");
        IpAddress other = IpAddress.parse("192.0.2.200");
        List<SignalAddress> signals = List.of(new SignalAddress(1, known, SECOND), new SignalAddress(2, other, SECOND));
        FakeConnection connection = new FakeConnection(HostPathManager.forPaths(List.of(FIRST), 0, signals).create());
        connection.server = true;
        connection.manager.onKeysExchanged(connection);
        assertEquals(List.of("2 " + other), connection.announced);
    }

    // ---- opening ----

    @Test
    void clientJoinsOverEveryOtherPath() {
        FakeConnection connection = connection(FIRST, SECOND_V4, THIRD_BACKUP).establish();
        assertEquals("[192.0.2.1 -> 203.0.113.1:443 over 0, 198.51.100.1 -> 203.0.113.1:443 over 1, "
                + "192.0.2.65 -> 203.0.113.1:443 over 2 backup]", connection.subflows.toString());
        assertTrue(connection.isAsleep());
    }

    @Test
    void overALinkItMayNotUseNothingIsOpenedWhateverBecomesOfTheOthers() {
        FakeConnection connection = connection(FIRST, SECOND_V4, THIRD_BACKUP);
        connection.excluded.add(1);
        connection.establish();
        assertNull(connection.onLink(1));
        assertNotNull(connection.onLink(2));
        assertEquals("this connection is bound to other paths", connection.manager.paths(connection).get(1).reason());
        connection.linkDown(0);
        connection.lose(2, NO_REASON);
        connection.linkUp(1);
        connection.run(100 * SECOND);
        assertNull(connection.onLink(1));
        assertNotNull(connection.onLink(2), "the backup it may use");
    }

    @Test
    void nothingIsOpenedBeforeTheConnectionIsEstablished() {
        FakeConnection connection = connection(FIRST, SECOND_V4);
        connection.announce(1, "203.0.113.2", 0);
        connection.linkUp(1);
        assertEquals(0, connection.opened);
        assertEquals(1, connection.establish().opened);
    }

    @Test
    void serverOpensNothing() {
        FakeConnection connection = connection(FIRST, SECOND_V4);
        connection.server = true;
        connection.establish();
        connection.announce(1, "203.0.113.2", 0);
        connection.lose(0, NO_REASON);
        connection.run(1000 * SECOND);
        assertEquals(0, connection.opened);
    }

    @Test
    void pathWhoseLinkIsDownWaitsForTheLink() {
        FakeConnection connection = connection(FIRST, SECOND_V4);
        connection.linksDown.add(1);
        connection.establish();
        connection.run(100 * SECOND);
        assertEquals(0, connection.opened);
        connection.linkUp(1);
        assertNotNull(connection.onLink(1));
    }

    @Test
    void pathOfTheOtherFamilyNeedsAnAnnouncedAddress() {
        FakeConnection connection = connection(FIRST, SECOND_V6).establish();
        assertEquals(0, connection.opened);
        connection.announce(4, "203.0.113.9", 0);
        assertEquals(0, connection.opened);
        connection.announce(5, "2001:db8:ff::1", 8443);
        assertEquals("2001:db8:1::1 -> [2001:db8:ff::1]:8443 over 1", connection.onLink(1).toString());
    }

    @Test
    void peerThatDeniesTheInitialAddressIsJoinedAtAnAnnouncedOne() {
        FakeConnection connection = connection(FIRST, SECOND_DUAL);
        connection.denied = true;
        connection.establish();
        connection.run(100 * SECOND);
        assertEquals(0, connection.opened);
        connection.announce(3, "203.0.113.7", 0);
        assertEquals("198.51.100.1 -> 203.0.113.7:443 over 1", connection.onLink(1).toString());
    }

    @Test
    void limitOfTheStackIsTriedAgainLater() {
        FakeConnection connection = connection(FIRST, SECOND_V4);
        connection.maxSubflows = 1;
        connection.establish();
        assertEquals(0, connection.opened);
        connection.maxSubflows = 2;
        connection.run(1 * SECOND);
        assertEquals(1, connection.opened);
    }

    // ---- coming back ----

    @Test
    void lostSubflowIsReopenedAfterASecondAndThenEverMoreSlowly() {
        FakeConnection connection = connection(FIRST, SECOND_V4).establish();
        long[] delays = {1, 2, 4, 8, 16, 32, 60, 60};
        for (int i = 0; i < delays.length; i++) {
            connection.lose(1, NO_REASON);
            connection.run(delays[i] * SECOND - 1);
            assertNull(connection.onLink(1), "too early after loss " + (i + 1));
            connection.run(1);
            assertNotNull(connection.onLink(1), "not back after loss " + (i + 1));
        }
    }

    @Test
    void subflowThatLivedLongStartsTheCountAgain() {
        FakeConnection connection = connection(FIRST, SECOND_V4).establish();
        for (int i = 0; i < 4; i++) {
            connection.lose(1, NO_REASON);
            connection.run(10 * SECOND);
        }
        connection.join(1);
        connection.run(60 * SECOND);
        connection.lose(1, NO_REASON);
        connection.run(1 * SECOND);
        assertNotNull(connection.onLink(1));
    }

    @Test
    void linkThatComesUpIsUsedAtOnce() {
        FakeConnection connection = connection(FIRST, SECOND_V4).establish();
        for (int i = 0; i < 5; i++) {
            connection.lose(1, NO_REASON);
            connection.run(20 * SECOND);
        }
        connection.linkDown(1);
        connection.run(500 * SECOND);
        assertNull(connection.onLink(1));
        connection.linkUp(1);
        assertNotNull(connection.onLink(1));
    }

    @Test
    void pathOfTheInitialSubflowComesBackToo() {
        FakeConnection connection = connection(FIRST, SECOND_V4).establish();
        connection.join(1);
        connection.linkDown(0);
        assertNull(connection.onLink(0));
        connection.run(5 * SECOND);
        connection.linkUp(0);
        assertEquals("192.0.2.1 -> 203.0.113.1:443 over 0", connection.onLink(0).toString());
        connection.lose(0, NO_REASON);
        connection.run(1 * SECOND);
        assertNotNull(connection.onLink(0));
    }

    @Test
    void nobodyWaitsWhenNoSubflowIsLeft() {
        FakeConnection connection = connection(FIRST, SECOND_V4).establish();
        for (int i = 0; i < 4; i++) {
            connection.lose(1, NO_REASON);
            connection.run(i < 3 ? 10 * SECOND : 0);
        }
        assertNull(connection.onLink(1));
        connection.lose(0, NO_REASON);
        assertNotNull(connection.onLink(1));
    }

    @Test
    void pathsThatAllRefuseAreNotTriedInATightCircle() {
        FakeConnection connection = connection(FIRST, SECOND_V4).establish();
        for (int i = 0; i < 1000; i++) {
            while (!connection.subflows.isEmpty()) {
                connection.lose(connection.subflows.getFirst().linkId(), NO_REASON);
            }
            connection.run(SECOND / 10);
        }
        assertTrue(connection.opened < 25, connection.opened + " attempts in 100 s");
    }

    // ---- refusal ----

    @Test
    void joinThatIsProhibitedFromTheBeginningIsNotRepeated() {
        FakeConnection connection = connection(FIRST, SECOND_V4).establish();
        connection.lose(1, PROHIBITED);
        connection.run(1000 * SECOND);
        connection.linkUp(1);
        assertEquals(1, connection.opened);
        assertTrue(connection.isAsleep());
    }

    @Test
    void prohibitionAfterAnEarlierJoinPasses() {
        FakeConnection connection = connection(FIRST, SECOND_V4).establish();
        connection.join(1);
        connection.lose(1, NO_REASON);
        connection.run(1 * SECOND);
        connection.lose(1, PROHIBITED);
        connection.run(2 * SECOND);
        assertEquals(3, connection.opened);
    }

    @Test
    void peerThatKeepsRefusingIsLeftAlone() {
        FakeConnection connection = connection(FIRST, SECOND_V4).establish();
        for (int i = 0; i < 5; i++) {
            connection.lose(1, 1);
            connection.run(100 * SECOND);
        }
        assertEquals(5, connection.opened);
        assertNull(connection.onLink(1));
    }

    @Test
    void announcedAddressIsTriedWhenTheInitialOneKeepsFailing() {
        FakeConnection connection = connection(FIRST, SECOND_V4).establish();
        connection.announce(2, "203.0.113.2", 0);
        connection.lose(1, NO_REASON);
        connection.run(1 * SECOND);
        assertEquals(connection.initialRemote, connection.onLink(1).remote());
        connection.lose(1, NO_REASON);
        connection.run(2 * SECOND);
        assertEquals(IpAddress.parse("203.0.113.2"), connection.onLink(1).remote().address());
    }

    // ---- announced addresses ----

    @Test
    void announcedAddressesGetSubflowsOfTheirOwnWithinTheLimit() {
        FakeConnection connection = new FakeConnection(HostPathManager.forPaths(List.of(THIRD_BACKUP, FIRST), 1, List.of()).create());
        connection.establish();
        connection.announce(1, "203.0.113.2", 0);
        connection.announce(1, "203.0.113.2", 0);
        connection.announce(2, "203.0.113.3", 0);
        assertEquals("[192.0.2.1 -> 203.0.113.1:443 over 0, 192.0.2.65 -> 203.0.113.1:443 over 2 backup, "
                + "192.0.2.1 -> 203.0.113.2:443 over 0]", connection.subflows.toString());
    }

    @Test
    void addressThatIsInUseGetsNoSecondSubflow() {
        FakeConnection connection = new FakeConnection(HostPathManager.forPaths(List.of(FIRST, SECOND_V4), 2, List.of()).create());
        connection.denied = true;
        connection.establish();
        connection.announce(1, "203.0.113.1", 443);
        connection.announce(2, "203.0.113.2", 0);
        assertEquals(2, connection.opened);
        assertEquals(List.of(new IpEndpoint(IpAddress.parse("203.0.113.1"), 443), new IpEndpoint(IpAddress.parse("203.0.113.2"), 443)),
                connection.subflows.stream().skip(1).map(FakeConnection.Subflow::remote).toList());
    }

    @Test
    void removedAddressIsNotUsedAgain() {
        FakeConnection connection = new FakeConnection(HostPathManager.forPaths(List.of(FIRST), 1, List.of()).create()).establish();
        connection.announce(1, "203.0.113.2", 0);
        assertEquals(1, connection.opened);
        connection.manager.onAddressRemoved(connection, 1);
        FakeConnection.Subflow closed = connection.subflows.removeLast();
        connection.manager.onSubflowClosed(connection, closed.id(), 0, connection.initialLocal(), closed.remote(), NO_REASON);
        connection.run(200 * SECOND);
        assertEquals(1, connection.opened);
        connection.manager.onAddressRemoved(connection, 77);
    }

    // ---- configuration ----

    @Test
    void pathsAreChecked() {
        assertThrows(IllegalArgumentException.class, () -> path(1, null, null, false));
        assertThrows(IllegalArgumentException.class, () -> path(1, "2001:db8::1", null, false));
        assertThrows(IllegalArgumentException.class, () -> path(1, null, "192.0.2.1", false));
        assertThrows(IllegalArgumentException.class, () -> HostPathManager.forPaths(List.of(FIRST), -1, List.of()).create());
    }

    @Test
    void passiveManagerOpensNothing() {
        FakeConnection connection = new FakeConnection(new PassivePathManager()).establish();
        connection.announce(1, "203.0.113.2", 0);
        connection.linkUp(1);
        assertEquals(0, connection.opened);
        assertEquals("passive", connection.manager.name());
    }

    /** Whatever happens: never two subflows on one path, and after a quiet time every path that may work has one. */
    @Property(tries = 200)
    void everyPathHasOneSubflowInTheEnd(@ForAll Random random) {
        FakeConnection connection = connection(FIRST, SECOND_DUAL, THIRD_BACKUP).establish();
        for (int step = 0; step < 60; step++) {
            int linkId = random.nextInt(3);
            boolean there = connection.onLink(linkId) != null;
            switch (random.nextInt(6)) {
                case 0 -> connection.linkDown(linkId);
                case 1 -> connection.linkUp(linkId);
                case 2 -> connection.announce(1 + random.nextInt(3), random.nextBoolean() ? "203.0.113.2" : "2001:db8::9", random.nextInt(2));
                case 3, 4 -> {
                    if (there) {
                        connection.lose(linkId, NO_REASON);
                    }
                }
                default -> {
                    if (there) {
                        connection.join(linkId);
                    }
                }
            }
            connection.run(random.nextInt(3000) * SECOND / 1000);
            assertEquals(connection.subflows.size(), connection.subflows.stream().map(FakeConnection.Subflow::linkId).distinct().count());
        }
        for (int linkId = 0; linkId < 3; linkId++) {
            connection.linkUp(linkId);
        }
        connection.run(61 * SECOND);
        assertEquals(3, connection.subflows.size());
    }

    @Test
    void theAddressOfALostLinkIsWithdrawnWhileAnotherSubflowIsThere() {
        FakeConnection connection = connection(FIRST, SECOND_V4);
        connection.establish();
        connection.join(1);
        connection.linkDown(1);
        assertEquals(List.of("198.51.100.1"), connection.withdrawn);
        connection.linkDown(0);
        assertEquals(List.of("198.51.100.1"), connection.withdrawn, "there is nobody left to tell");
    }
}
