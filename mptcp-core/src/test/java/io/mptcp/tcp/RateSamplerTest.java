package io.mptcp.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.buffer.SegmentLog;
import io.mptcp.cc.AckSample;
import io.mptcp.cc.CongestionController;
import io.mptcp.cc.LostSegment;
import io.mptcp.cc.RateSample;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Segments of 1000 bytes that are sent, delivered and lost at given milliseconds. */
class RateSamplerTest {
    private static final int BYTES = 1000;
    private static final long MS = 1_000_000;

    private long waitingBytes = 1_000_000;
    private final Recorder controller = new Recorder();
    private final UpperLayer upper = (UpperLayer) Proxy.newProxyInstance(getClass().getClassLoader(), new Class<?>[] {UpperLayer.class},
            (proxy, method, arguments) -> answer(method.getReturnType()));
    private final Tcb tcb = new Tcb(TcpConfig.defaults(), upper, controller, true, 1500, 0, 1, 2, 1000, 0, new TcpScratch(10));
    private final RateSample sample = new RateSample();
    private final RateSampler sampler = RateSampler.of(tcb, sample);
    private final SegmentLog log = tcb.log;
    private long nextSsn = 1;

    /** The layer above has so much to send, and nothing else to say. */
    private Object answer(Class<?> type) {
        if (type == long.class) {
            return waitingBytes;
        }
        if (type == int.class) {
            return 0;
        }
        return type == boolean.class ? Boolean.FALSE : type == SocketOptions.class ? SocketOptions.DEFAULT : null;
    }

    private void send(double atMillis) {
        long now = Math.round(atMillis * MS);
        log.append(nextSsn, BYTES, 0, 0, -1, now);
        nextSsn += BYTES;
        sampler.onSent(now, log.size() - 1);
    }

    private void acknowledge(double atMillis, int segments) {
        long now = Math.round(atMillis * MS);
        sampler.beginAck();
        for (int i = 0; i < segments; i++) {
            sampler.onDelivered(now, 0, log.length(0), log.endSsn(0));
            log.removeHead();
        }
        sampler.finishAck();
        sampler.afterAck();
    }

    private static double perSecond(int segments, double millis) {
        return segments * BYTES / (millis / 1e3);
    }

    @Test
    void firstFlightIsMeasuredFromItsBeginning() {
        for (int i = 0; i < 10; i++) {
            send(i);
        }
        acknowledge(100, 1);
        assertEquals(perSecond(1, 100), sample.bytesPerSecond, 1e-6);
        acknowledge(110, 9);
        assertEquals(perSecond(10, 110), sample.bytesPerSecond, 1e-6);
        assertEquals(10 * BYTES, sample.totalDeliveredBytes);
        assertEquals(9 * BYTES, sample.newlyAckedBytes);
        assertEquals(0, sample.priorDeliveredBytes);
        assertEquals(10 * BYTES, sample.inFlightAtSendBytes);
    }

    /** Each acknowledgment of a segment sends another: between that and its own ten are delivered, and sending took longer than the acknowledgments. */
    @Test
    void rateGoesByTheLongerOfSendingAndAcknowledging() {
        for (int i = 0; i < 10; i++) {
            send(i);
        }
        for (int i = 0; i < 10; i++) {
            acknowledge(100 + 2 * i, 1);
            send(100 + 2 * i);
        }
        for (int i = 0; i < 10; i++) {
            acknowledge(200 + 2 * i, 1);
            assertEquals(10 * BYTES, sample.deliveredBytes);
            assertEquals((i + 1) * BYTES, sample.priorDeliveredBytes);
            assertEquals(perSecond(10, 100 + i), sample.bytesPerSecond, 1e-6, "segment " + i);
        }
    }

    /** What was sent again a moment ago cannot have arrived yet: it was the original, and the interval too short. */
    @Test
    void noRateIsTakenFromLessThanARoundTrip() {
        tcb.rtt.onSample(100 * MS, 100 * MS);
        send(0);
        acknowledge(100, 1);
        for (int i = 0; i < 5; i++) {
            send(100);
        }
        log.markLost(0);
        log.markRetransmitted(0, 195 * MS);
        sampler.onSent(195 * MS, 0);
        acknowledge(199, 1);
        assertTrue(sample.hasData);
        assertEquals(0, sample.bytesPerSecond);
    }

    @Test
    void whatFollowsAPauseOfTheApplicationIsMarked() {
        send(0);
        send(0);
        waitingBytes = 0;
        acknowledge(100, 1);
        assertFalse(sample.appLimited, "it was sent before");
        send(110);
        waitingBytes = 1_000_000;
        acknowledge(120, 1);
        send(130);
        acknowledge(210, 1);
        assertTrue(sample.appLimited);
        send(220);
        acknowledge(230, 1);
        assertTrue(sample.appLimited);
        acknowledge(320, 1);
        assertFalse(sample.appLimited, "all that was in flight in the pause had been acknowledged when it was sent");
    }

    @Test
    void restartAfterAPauseIsTold() {
        send(0);
        acknowledge(100, 1);
        send(200);
        assertEquals(0, controller.restarts, "there was data all the time");
        waitingBytes = 0;
        acknowledge(300, 1);
        send(1000);
        assertEquals(1, controller.restarts);
        send(1000);
        assertEquals(1, controller.restarts);
    }

    @Test
    void eachLossIsToldOnceAndAgainWhenSentAgain() {
        for (int i = 0; i < 4; i++) {
            send(i);
        }
        log.markLost(0);
        log.markLost(2);
        sampler.noteLosses(100 * MS);
        sampler.noteLosses(101 * MS);
        assertEquals(List.of("1 of 1000, 1000 lost", "2001 of 3000, 2000 lost"), controller.losses);
        log.markRetransmitted(0, 110 * MS);
        sampler.onSent(110 * MS, 0);
        log.markLost(0);
        sampler.noteLosses(300 * MS);
        assertEquals("1 of 3000, 1000 lost", controller.losses.getLast());
        assertEquals(3, controller.losses.size());
        acknowledge(310, 4);
        assertEquals(1000, sample.lostBytes, "since the newest of them was sent: that which was sent again");
    }

    @Test
    void withoutInterestNothingIsKept() {
        controller.measures = false;
        Tcb other = new Tcb(TcpConfig.defaults(), upper, controller, true, 1500, 0, 1, 2, 1000, 0, new TcpScratch(10));
        RateSampler idle = RateSampler.of(other, sample);
        other.log.append(1, BYTES, 0, 0, -1, 0);
        idle.onSent(0, 0);
        idle.beginAck();
        idle.onDelivered(100 * MS, 0, BYTES, 1 + BYTES);
        idle.finishAck();
        assertFalse(sample.hasData);
    }

    /** A controller that writes down what it is told. */
    private static final class Recorder implements CongestionController {
        private final List<String> losses = new ArrayList<>();
        private boolean measures = true;
        private int restarts;

        @Override
        public boolean measuresRate() {
            return measures;
        }

        @Override
        public void onSegmentLost(long nowNanos, LostSegment lost) {
            losses.add(lost.startSsn + " of " + lost.inFlightAtSendBytes + ", " + lost.lostBytes + " lost");
        }

        @Override
        public void onRestart(long nowNanos) {
            restarts++;
        }

        @Override
        public String name() {
            return "recorder";
        }

        @Override
        public void onEstablished(long nowNanos, int mssBytes, boolean synRetransmitted) {
        }

        @Override
        public void onMssChange(int mssBytes) {
        }

        @Override
        public void onAck(AckSample sample) {
        }

        @Override
        public void onLoss(long nowNanos, long inFlightBytes) {
        }

        @Override
        public void onRetransmissionTimeout(long nowNanos, long inFlightBytes, boolean first) {
        }

        @Override
        public void onSpuriousLoss(long nowNanos) {
        }

        @Override
        public void onEcnEcho(long nowNanos, long inFlightBytes) {
        }

        @Override
        public void onIdleRestart(long nowNanos) {
        }

        @Override
        public long cwndBytes() {
            return 100_000;
        }

        @Override
        public long ssthreshBytes() {
            return Long.MAX_VALUE;
        }
    }
}
