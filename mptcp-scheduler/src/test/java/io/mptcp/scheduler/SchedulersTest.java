package io.mptcp.scheduler;

import static io.mptcp.scheduler.FakeView.MS;
import static io.mptcp.scheduler.FakeView.MSS;
import static io.mptcp.scheduler.FakeView.path;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.spi.PacketScheduler;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class SchedulersTest {
    private static long select(String scheduler, FakeView view) {
        return Schedulers.create(scheduler).select(view);
    }

    // ---- by name ----

    @Test
    void allAreFoundByNameDefaultFirst() {
        assertEquals(List.of("default", "minrtt", "first", "backup", "roundrobin", "blest", "ecf", "weighted", "redundant"), Schedulers.names());
        for (String name : Schedulers.names()) {
            assertEquals(name, Schedulers.create(name).name());
            assertNotSame(Schedulers.create(name), Schedulers.create(name));
            assertFalse(Schedulers.description(name).isBlank());
        }
    }

    @Test
    void unknownNameIsRefusedWithTheKnownOnes() {
        Exception error = assertThrows(IllegalArgumentException.class, () -> Schedulers.create("magic"));
        assertEquals("unknown scheduler 'magic', known: default, minrtt, first, backup, roundrobin, blest, ecf, weighted, redundant", error.getMessage());
    }

    // ---- default ----

    @Test
    void defaultTakesTheSubflowThatDrainsFirst() {
        // 400 kB at 10 MB/s take 40 ms, 100 kB at 2 MB/s 50 ms.
        FakeView view = new FakeView(path().inFlight(100_000).rate(2_000_000), path().rtt(80).inFlight(400_000).rate(10_000_000));
        assertEquals(0b10, select("default", view));
        view.paths.get(1).inFlightBytes = 510_000;
        assertEquals(0b01, select("default", view));
    }

    @Test
    void defaultFillsTheFastestFirstWhenNothingIsInFlight() {
        FakeView view = new FakeView(path().rtt(50), path().rtt(5), path().rtt(20));
        assertEquals(0b010, select("default", view));
    }

    @Test
    void defaultUsesTheNextBestWhenTheBestIsFull() {
        FakeView view = new FakeView(path().rtt(50).inFlight(80_000), path().rtt(5).full());
        assertEquals(0b01, select("default", view));
    }

    @Test
    void defaultKeepsShortTransfersOnTheFastestSubflow() {
        FakeView view = new FakeView(path().rtt(300), path().rtt(10).inFlight(40_000));
        view.pendingBytes = 60 * MSS;
        assertEquals(0b10, select("default", view));
        view.pendingBytes = 60 * MSS + 1;
        assertEquals(0b01, select("default", view));
    }

    @Test
    void defaultReinjectsOnTheFastestSubflow() {
        FakeView view = new FakeView(path().rtt(300), path().rtt(10).inFlight(90_000));
        view.reinjection = true;
        assertEquals(0b10, select("default", view));
    }

    @Test
    void defaultPutsSubflowOfUnknownRateLast() {
        FakeView view = new FakeView(path().rtt(0).rate(0).inFlight(1000), path().rtt(100).inFlight(90_000).rate(1_000_000));
        assertEquals(0b10, select("default", view));
        view.paths.get(1).available = false;
        assertEquals(0b01, select("default", view));
    }

    // ---- minrtt ----

    @Test
    void minRttFallsToTheNextWhenTheFastestIsFull() {
        FakeView view = new FakeView(path().rtt(30), path().rtt(10), path().rtt(20), path().rtt(0));
        assertEquals(0b0010, select("minrtt", view));
        view.paths.get(1).available = false;
        assertEquals(0b0100, select("minrtt", view));
        view.paths.get(2).active = false;
        view.paths.get(2).available = false;
        assertEquals(0b0001, select("minrtt", view));
        view.paths.get(0).available = false;
        assertEquals(0b1000, select("minrtt", view));
    }

    @Test
    void minRttTakesTheFirstOfEquals() {
        FakeView view = new FakeView(path(), path());
        assertEquals(0b01, select("minrtt", view));
        view.paths.get(0).srttNanos += MS;
        assertEquals(0b10, select("minrtt", view));
    }

    // ---- first, backup ----

    @Test
    void firstStaysWithTheInitialSubflowUntilItIsGone() {
        FakeView view = new FakeView(path().rtt(1), path().initial().rtt(500));
        assertEquals(0b10, select("first", view));
        view.paths.get(1).available = false;
        assertEquals(0, select("first", view));
        view.paths.get(1).active = false;
        assertEquals(0b01, select("first", view));
    }

    @Test
    void backupSchedulerUsesTheFirstRegularSubflowOnly() {
        FakeView view = new FakeView(path().backup(), path().rtt(500), path().rtt(1));
        assertEquals(0b010, select("backup", view));
        view.paths.get(1).available = false;
        assertEquals(0, select("backup", view));
        view.paths.get(1).active = false;
        assertEquals(0b100, select("backup", view));
        view.paths.get(2).dead();
        assertEquals(0b001, select("backup", view));
    }

    // ---- round robin ----

    @Test
    void roundRobinAlternatesAndSkipsFullSubflows() {
        PacketScheduler scheduler = Schedulers.create("roundrobin");
        FakeView view = new FakeView(path(), path(), path());
        assertEquals(0b001, scheduler.select(view));
        assertEquals(0b010, scheduler.select(view));
        assertEquals(0b100, scheduler.select(view));
        assertEquals(0b001, scheduler.select(view));
        view.paths.get(1).available = false;
        assertEquals(0b100, scheduler.select(view));
        assertEquals(0b001, scheduler.select(view));
    }

    @Test
    void roundRobinWrapsAfterTheSixtyFourthSubflow() {
        PacketScheduler scheduler = Schedulers.create("roundrobin");
        FakeView view = new FakeView();
        for (int i = 0; i < 64; i++) {
            view.paths.add(path());
        }
        for (int i = 0; i < 130; i++) {
            assertEquals(1L << i % 64, scheduler.select(view));
        }
    }

    @Test
    void reinjectionDoesNotTakeATurn() {
        PacketScheduler scheduler = Schedulers.create("roundrobin");
        FakeView view = new FakeView(path(), path());
        scheduler.select(view);
        view.reinjection = true;
        assertEquals(0b10, scheduler.select(view));
        view.reinjection = false;
        assertEquals(0b10, scheduler.select(view));
    }

    // ---- redundant ----

    @Test
    void redundantSendsOnEverySubflowWithRoomButNotOnBackups() {
        FakeView view = new FakeView(path(), path().rate(1).full(), path().backup(), path());
        assertEquals(0b1001, select("redundant", view));
        FakeView onlyBackups = new FakeView(path().backup(), path().backup(), path().dead());
        assertEquals(0b011, select("redundant", onlyBackups));
    }

    @Test
    void redundantMakesNoCopiesOnPathsThatCost() {
        assertEquals(0b101, select("redundant", new FakeView(path(), path().cost(1), path())));
        assertEquals(0b010, select("redundant", new FakeView(path().dead(), path().cost(1))));
    }

    @Test
    void redundantWaitsForTheFastestSoThatCopiesCanBeMade() {
        PacketScheduler scheduler = Schedulers.create("redundant");
        FakeView view = new FakeView(path().rate(2_000_000).inFlight(50_000), path().rate(9_000_000).inFlight(100_000).full());
        assertEquals(0, scheduler.select(view));
        view.paths.get(1).available = true;
        assertEquals(0b11, scheduler.select(view));
        view.paths.get(0).available = false;
        assertEquals(0b10, scheduler.select(view));
    }

    @Test
    void redundantGoesOnWithoutASubflowThatBringsNoNews() {
        PacketScheduler scheduler = Schedulers.create("redundant");
        FakeView view = new FakeView(path().rate(2_000_000).inFlight(1000), path().rate(9_000_000).inFlight(100_000).full());
        assertEquals(0, scheduler.select(view));
        view.paths.get(0).inFlightBytes = 0;
        assertEquals(0b01, scheduler.select(view));
        view.paths.get(0).inFlightBytes = 1000;
        assertEquals(0b01, scheduler.select(view));
        view.paths.get(1).available = true;
        assertEquals(0b11, scheduler.select(view));
        view.paths.get(1).available = false;
        assertEquals(0, scheduler.select(view));
    }

    // ---- all ----

    @Property
    void nothingUnavailableIsSelectedAndBackupsOnlyWhenAllElseIsGone(@ForAll Random random) {
        for (String name : Schedulers.names()) {
            PacketScheduler scheduler = Schedulers.create(name);
            for (int step = 0; step < 8; step++) {
                FakeView view = randomView(random);
                long selected = scheduler.select(view);
                boolean regularActive = view.paths.stream().anyMatch(p -> p.active && !p.backup);
                boolean anyUsable = false;
                for (int i = 0; i < 64; i++) {
                    boolean usable = i < view.paths.size() && view.paths.get(i).available && !(regularActive && view.paths.get(i).backup);
                    anyUsable |= usable;
                    assertTrue(usable || (selected >>> i & 1) == 0, name + " chose subflow " + i);
                }
                boolean mayWait = List.of("first", "backup", "blest", "ecf", "redundant").contains(name);
                assertTrue(selected != 0 || !anyUsable || mayWait, name + " waits although there is room");
            }
        }
    }

    private static FakeView randomView(Random random) {
        FakeView view = new FakeView();
        int count = random.nextInt(10) == 0 ? 64 : random.nextInt(6);
        for (int i = 0; i < count; i++) {
            FakeView.Path path = path().rtt(random.nextInt(4) * 10).inFlight(random.nextInt(3) * 50_000).rate(random.nextInt(3) * 1_000_000);
            path.active = random.nextInt(3) > 0;
            path.available = path.active && random.nextBoolean();
            path.backup = random.nextBoolean();
            path.initial = i == 0;
            view.paths.add(path);
        }
        view.reinjection = random.nextInt(4) == 0;
        view.pendingBytes = 1 + random.nextInt(300_000);
        return view;
    }
}
