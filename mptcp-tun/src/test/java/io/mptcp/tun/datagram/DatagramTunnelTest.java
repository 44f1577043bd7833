package io.mptcp.tun.datagram;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Two ends of a session over two paths, in virtual time. */
class DatagramTunnelTest {
    private static final long MILLI = TimeUnit.MILLISECONDS.toNanos(1);
    private static final long SESSION = 0x1122334455667788L;

    private record Travelling(long atNanos, long order, End to, int path, byte[] datagram) {
    }

    private final PriorityQueue<Travelling> wire = new PriorityQueue<>(Comparator.comparingLong(Travelling::atNanos).thenComparingLong(Travelling::order));
    private final SplittableRandom random = new SplittableRandom(7);
    private final boolean[] cut = new boolean[2];
    private final long[] delayNanos = {10 * MILLI, 25 * MILLI};
    private double loss;
    private long nowNanos;
    private long sentDatagrams;
    private final End client = new End(new byte[28], filled(1), true);
    private final End relay = new End(filled(1), new byte[28], false);

    private static byte[] filled(int value) {
        byte[] bytes = new byte[28];
        java.util.Arrays.fill(bytes, (byte) value);
        return bytes;
    }

    private final class End implements DatagramTunnel.Output {
        final DatagramTunnel tunnel;
        final boolean isClient;
        final List<Integer> got = new ArrayList<>();
        /** The first of each is answered by the other end at once. */
        boolean echoes;
        boolean overEverything;

        End(byte[] ours, byte[] theirs, boolean isClient) {
            tunnel = new DatagramTunnel(SESSION, new DatagramKeys(ours, theirs), this);
            this.isClient = isClient;
        }

        @Override
        public void datagram(int path, byte[] sealed) {
            sentDatagrams++;
            if (!cut[path] && random.nextDouble() >= loss) {
                wire.add(new Travelling(nowNanos + delayNanos[path], sentDatagrams, isClient ? relay : client, path, sealed.clone()));
            }
        }

        @Override
        public void probed(int path) {
            if (!isClient) {
                tunnel.addPath(path, 0);
            }
        }

        @Override
        public void packet(byte[] buffer, int offset, int length, int path, boolean everywhere) {
            got.add(ByteBuffer.wrap(buffer, offset, length).getInt());
            overEverything |= everywhere;
            if (echoes) {
                if (path >= 0) {
                    tunnel.prefer(1, path);
                }
                tunnel.send(1, java.util.Arrays.copyOfRange(buffer, offset, offset + length), everywhere, nowNanos);
            }
        }
    }

    private void runFor(long nanos) {
        long endNanos = nowNanos + nanos;
        while (nowNanos < endNanos) {
            long tickNanos = nowNanos + DatagramTunnel.TICK_NANOS;
            while (!wire.isEmpty() && wire.peek().atNanos <= tickNanos) {
                Travelling next = wire.remove();
                nowNanos = next.atNanos;
                if (!cut[next.path]) {
                    next.to.tunnel.received(next.path, next.datagram, nowNanos);
                }
            }
            nowNanos = tickNanos;
            client.tunnel.tick(nowNanos);
            relay.tunnel.tick(nowNanos);
        }
    }

    private void start() {
        client.tunnel.addPath(0, 0);
        client.tunnel.addPath(1, 0);
        relay.echoes = true;
        runFor(500 * MILLI);
    }

    /** A packet every 20 ms. @return numbers of the packets that came back */
    private List<Integer> talk(int first, int count, boolean everywhere) {
        for (int i = first; i < first + count; i++) {
            client.tunnel.send(1, ByteBuffer.allocate(4).putInt(i).array(), everywhere, nowNanos);
            runFor(20 * MILLI);
        }
        return client.got;
    }

    private static List<Integer> numbers(int count) {
        List<Integer> numbers = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            numbers.add(i);
        }
        return numbers;
    }

    @Test
    void packetsOfAFlowTakeOnePathAndComeBackInOrder() {
        start();
        assertEquals(numbers(100), talk(0, 101, false).subList(0, 100));
        assertEquals(0, client.tunnel.sentAgain() + client.tunnel.notAuthentic() + client.tunnel.copies());
    }

    @Test
    void whenThePathDiesNothingIsLostButOrder() {
        start();
        talk(0, 50, false);
        cut[0] = true;
        talk(50, 100, false);
        cut[0] = false;
        talk(150, 50, false);
        cut[1] = true;
        talk(200, 100, false);
        runFor(1000 * MILLI);
        List<Integer> got = new ArrayList<>(client.got);
        got.sort(null);
        assertEquals(numbers(300), got, "each comes back, and once");
        assertTrue(client.tunnel.sentAgain() > 0 && client.tunnel.sentAgain() < 40, client.tunnel.sentAgain() + " sent again");
    }

    /** As on a busy host, where answers to the probes of the path that works come late, too. */
    @Test
    void whatIsSentWhileNoPathSeemsToWorkGoesOverTheFirstThatDoes() {
        start();
        talk(0, 20, false);
        cut[0] = true;
        cut[1] = true;
        talk(20, 20, false);
        cut[1] = false;
        talk(40, 20, false);
        runFor(1000 * MILLI);
        List<Integer> got = new ArrayList<>(client.got);
        got.sort(null);
        assertEquals(numbers(60), got, "each comes back, and once");
    }

    @Test
    void whatIsTooOldIsNotSentAgain() {
        start();
        talk(0, 20, false);
        cut[0] = true;
        cut[1] = true;
        talk(20, 1, false);
        runFor(10_000 * MILLI);
        long before = client.tunnel.sentAgain();
        cut[0] = false;
        runFor(1000 * MILLI);
        assertEquals(numbers(20), client.got);
        assertEquals(before, client.tunnel.sentAgain());
    }

    @Test
    void overAllPathsNothingIsLostOrLate() {
        start();
        talk(0, 50, true);
        cut[0] = true;
        talk(50, 50, true);
        cut[0] = false;
        talk(100, 10, true); // what was sent while it was away had one copy
        cut[1] = true;
        talk(110, 40, true);
        runFor(100 * MILLI);
        assertEquals(numbers(150), client.got);
        assertTrue(client.overEverything && client.tunnel.copies() > 50);
    }

    @Test
    void randomLossIsNotTakenForTheDeathOfAPath() {
        start();
        loss = 0.02;
        talk(0, 500, false);
        assertTrue(client.tunnel.sentAgain() < 50, client.tunnel.sentAgain() + " sent again");
        assertTrue(client.got.size() > 440, client.got.size() + " of 500 came back");
    }

    @Test
    void aBackupIsUsedWhileTheOtherIsGone() {
        client.tunnel.addPath(0, 0);
        client.tunnel.addPath(1, 1);
        delayNanos[1] = MILLI; // nearer, and all the same
        relay.echoes = true;
        runFor(500 * MILLI);
        talk(0, 10, false);
        client.tunnel.removePath(0, nowNanos);
        talk(10, 10, false);
        runFor(100 * MILLI);
        assertEquals(numbers(20), client.got);
        client.tunnel.removePath(1, nowNanos);
        assertFalse(client.tunnel.send(1, new byte[4], false, nowNanos));
    }

    @Test
    void whatIsNotThePeersOrHasComeBeforeIsNotTaken() {
        start();
        byte[] mine = new DatagramKeys(filled(2), filled(2)).seal(SESSION, 1_000_000, new byte[] {1, 0, 0, 0, 0, 9}, 6);
        relay.tunnel.received(0, mine, nowNanos);
        relay.tunnel.received(0, new byte[20], nowNanos);
        byte[] right = new DatagramKeys(new byte[28], filled(1)).seal(SESSION, 1_000_000, new byte[] {1, 0, 0, 0, 0, 9}, 6);
        relay.tunnel.received(0, right, nowNanos);
        relay.tunnel.received(1, right, nowNanos);
        right[DatagramKeys.HEADER_BYTES]++;
        relay.tunnel.received(0, right, nowNanos);
        assertEquals(List.of(9), relay.got);
        assertEquals(3, relay.tunnel.notAuthentic());
        assertEquals(1, relay.tunnel.copies());
    }

    @Test
    void anIdleSessionCostsADatagramEveryTenSecondsAndPath() {
        start();
        runFor(10_000 * MILLI);
        long before = sentDatagrams;
        runFor(100_000 * MILLI);
        assertTrue(sentDatagrams - before <= 2 * 2 * 2 * 11, (sentDatagrams - before) + " datagrams");
    }

    @Test
    void theWindowTakesEachNumberOnce() {
        ReplayWindow window = new ReplayWindow();
        assertFalse(window.take(0));
        assertTrue(window.take(5) && window.take(3) && !window.take(5) && !window.take(3) && window.take(4));
        assertTrue(window.take(ReplayWindow.SIZE + 4));
        assertFalse(window.take(4), "too old");
        assertTrue(window.take(6) && !window.take(6));
        assertTrue(window.take(Long.MAX_VALUE - 1) && !window.take(ReplayWindow.SIZE + 5));
    }
}
