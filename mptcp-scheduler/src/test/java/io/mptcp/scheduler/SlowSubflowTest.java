package io.mptcp.scheduler;

import static io.mptcp.scheduler.FakeView.MS;
import static io.mptcp.scheduler.FakeView.MSS;
import static io.mptcp.scheduler.FakeView.path;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Schedulers that leave a slow subflow out where it would do harm, and those that give it a share. In all views subflow 0 is the fast one, and full. */
class SlowSubflowTest {
    /** 10 ms with a window of 100 segments, full, beside 100 ms with nothing in flight. */
    private static FakeView view() {
        return new FakeView(path().rtt(10).full(), path().rtt(100));
    }

    // ---- blest ----

    /** In 10 round trips the fast one sends (100 + (10 - 1) / 2) * 10 = 1045 segments, and with lambda 1.2 room for 1254 is wanted beside one on the slow. */
    @Test
    void blestUsesTheSlowOneWhereTheWindowHasRoomForWhatTheFastOneSendsMeanwhile() {
        FakeView view = view();
        view.sendWindowBytes = 1255 * MSS;
        assertEquals(0b10, new Blest().select(view));
        view.sendWindowBytes = 1254 * MSS;
        assertEquals(0, new Blest().select(view));
        view.sendWindowBytes = 1264 * MSS;
        view.paths.get(1).inFlightBytes = 10 * MSS;
        assertEquals(0, new Blest().select(view), "what it holds already takes room, too");
    }

    /** In slow start the window doubles each round trip: 100 * (2^10 - 1) segments. */
    @Test
    void blestExpectsSlowStartToGoOn() {
        FakeView view = view();
        view.paths.get(0).slowStart();
        view.sendWindowBytes = 102_300L * MSS * 12 / 10;
        assertEquals(0, new Blest().select(view));
        view.sendWindowBytes += MSS;
        assertEquals(0b10, new Blest().select(view));
    }

    @Test
    void lambdaFollowsWhatHappensOnceInARoundTripOfTheSlowOne() {
        FakeView view = view();
        Blest blest = new Blest();
        blest.select(view);
        assertEquals(1.2, blest.lambda(), 1e-9);
        view.nowNanos = 99 * MS;
        view.blockings = 5;
        blest.select(view);
        assertEquals(1.2, blest.lambda(), 1e-9, "too early");
        view.nowNanos = 100 * MS;
        blest.select(view);
        assertEquals(1.24, blest.lambda(), 1e-9, "the window was blocked");
        view.nowNanos = 200 * MS;
        blest.select(view);
        assertEquals(1.23, blest.lambda(), 1e-9, "it was not since");
        for (int i = 3; i < 60; i++) {
            view.nowNanos = i * 100 * MS;
            blest.select(view);
        }
        assertEquals(1.0, blest.lambda(), 1e-9);
        for (int i = 60; i < 80; i++) {
            view.nowNanos = i * 100 * MS;
            view.blockings++;
            blest.select(view);
        }
        assertEquals(1.3, blest.lambda(), 1e-9);
    }

    // ---- ecf ----

    /** n = 1 + k / cwnd round trips of 10 ms until the fast one has sent all, against one of 100 ms and a deviation of 25. */
    @Test
    void ecfUsesTheSlowOneWhereTheFastOneWouldNeedLonger() {
        FakeView view = view();
        view.pendingBytes = 1150 * MSS; // 12.5 round trips: 125 ms
        assertEquals(0b10, new EarliestCompletion().select(view));
        view.pendingBytes = 1140 * MSS;
        assertEquals(0, new EarliestCompletion().select(view));
    }

    /** Once it waits it wants 1.25 times as much before it gives up waiting. */
    @Test
    void ecfGoesOnWaitingForALittle() {
        FakeView view = view();
        EarliestCompletion ecf = new EarliestCompletion();
        view.pendingBytes = 1140 * MSS;
        assertEquals(0, ecf.select(view));
        view.pendingBytes = 1400 * MSS; // 150 ms, where 156 are wanted
        assertEquals(0, ecf.select(view));
        view.pendingBytes = 1463 * MSS;
        assertEquals(0b10, ecf.select(view));
        view.pendingBytes = 1400 * MSS;
        assertEquals(0b10, ecf.select(view), "the waiting is over");
    }

    /** The second inequality: the slow one would be done within two round trips of the fast one and the deviation. */
    @Test
    void ecfUsesTheSlowOneWhereWaitingGainsLittle() {
        FakeView view = new FakeView(path().rtt(10).full(), path().rtt(12).cwnd(1000 * MSS));
        view.pendingBytes = 20 * MSS; // 2 * 10 ms against 12 + 3, and 12 against 2 * 10 + 3
        assertEquals(0b10, new EarliestCompletion().select(view));
        FakeView far = new FakeView(path().rtt(10).full(), path().rtt(40).cwnd(1000 * MSS));
        far.pendingBytes = 20 * MSS; // 20 ms against 40 + 10, and 40 against 20 + 10
        assertEquals(0, new EarliestCompletion().select(far));
    }

    // ---- both ----

    @ParameterizedTest
    @ValueSource(strings = {"blest", "ecf"})
    void theFastOneIsUsedWhileItHasRoom(String name) {
        FakeView view = view();
        view.paths.get(0).available = true;
        view.sendWindowBytes = MSS;
        assertEquals(0b01, Schedulers.create(name).select(view));
    }

    @ParameterizedTest
    @ValueSource(strings = {"blest", "ecf"})
    void reinjectionsDoNotWait(String name) {
        FakeView view = view();
        view.sendWindowBytes = MSS;
        view.pendingBytes = MSS;
        view.reinjection = true;
        assertEquals(0b10, Schedulers.create(name).select(view));
    }

    /** A short path with a low rate looks fast until its queue shows in its RTT. */
    @ParameterizedTest
    @ValueSource(strings = {"blest", "ecf"})
    void aShortPathWithALongQueueIsNotWaitedFor(String name) {
        FakeView view = view();
        view.paths.get(0).deliveryNanos = 200 * MS;
        view.sendWindowBytes = MSS;
        view.pendingBytes = MSS;
        assertEquals(0b10, Schedulers.create(name).select(view));
    }

    // ---- weighted ----

    @Test
    void turnsAreInProportionToTheWeightsAndEvenlySpread() {
        FakeView view = new FakeView(path().weight(5), path().weight(1), path().weight(2));
        Weighted weighted = new Weighted();
        int[] turns = new int[3];
        int longestRun = 0;
        int run = 0;
        int last = -1;
        for (int i = 0; i < 800; i++) {
            int chosen = Long.numberOfTrailingZeros(weighted.select(view));
            turns[chosen]++;
            run = chosen == last ? run + 1 : 1;
            last = chosen;
            longestRun = Math.max(longestRun, run);
        }
        assertArrayEquals(new int[] {500, 100, 200}, turns);
        assertEquals(2, longestRun);
    }

    @Test
    void whoHasNoRoomLosesItsTurnAndKeepsNothingOfIt() {
        FakeView view = new FakeView(path().weight(3).full(), path());
        Weighted weighted = new Weighted();
        for (int i = 0; i < 100; i++) {
            assertEquals(0b10, weighted.select(view));
        }
        view.paths.get(0).available = true;
        int[] turns = new int[2];
        for (int i = 0; i < 40; i++) {
            turns[Long.numberOfTrailingZeros(weighted.select(view))]++;
        }
        assertEquals(List.of(30, 10), List.of(turns[0], turns[1]));
    }
}
