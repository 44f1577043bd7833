package io.mptcp.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** RFC 9293 section 3.8.6.3. */
class DelayedAckTest {
    private static final long DELAY = 40;
    private static final int MSS = 1000;

    private final DelayedAck ack = new DelayedAck(DELAY, false);

    private final RttEstimator rtt = new RttEstimator(200, 1_000_000);

    private void payload(long nowNanos, int length) {
        ack.onInOrderPayload(nowNanos, length, Math.min(length, MSS), 1 << 20, rtt);
    }

    private void passTheBeginning() {
        for (int i = 0; i < 16; i++) {
            payload(0, 1);
            assertTrue(ack.isDue(), "the first ones are acknowledged at once");
            ack.sent();
        }
    }

    @Test
    void aLoneSegmentWaits() {
        passTheBeginning();
        payload(100, 500);
        assertFalse(ack.isDue());
        assertEquals(140, ack.deadlineNanos());
        ack.expire(139);
        assertFalse(ack.isDue());
        ack.expire(140);
        assertTrue(ack.isDue());
        assertEquals(Long.MAX_VALUE, ack.deadlineNanos());
    }

    @Test
    void furtherSegmentsDoNotPutTheDeadlineOff() {
        passTheBeginning();
        payload(100, 1);
        payload(130, 1);
        assertEquals(140, ack.deadlineNanos());
    }

    @Test
    void twoFullSegmentsDoNotWait() {
        passTheBeginning();
        payload(100, MSS);
        assertFalse(ack.isDue());
        payload(100, MSS);
        assertTrue(ack.isDue());
    }

    @Test
    void oneMergedSegmentCountsByItsBytes() {
        passTheBeginning();
        payload(100, 2 * MSS);
        assertTrue(ack.isDue());
    }

    @Test
    void whatIsSentSettlesAll() {
        passTheBeginning();
        payload(100, MSS);
        ack.sent();
        assertEquals(Long.MAX_VALUE, ack.deadlineNanos());
        payload(100, MSS);
        assertFalse(ack.isDue(), "the count begins anew");
    }

    @Test
    void aRequestIsDueAtOnce() {
        passTheBeginning();
        ack.requestNow();
        assertTrue(ack.isDue());
        ack.sent();
        assertFalse(ack.isDue());
    }

    // ---- quick acknowledgments, and when to leave them ----

    private static final long MS = 1_000_000L;
    private final DelayedAck linux = new DelayedAck(200 * MS, false);
    private final RttEstimator slowRtt = new RttEstimator(200 * MS, 120_000 * MS);

    private boolean isAckedAtOnce(long millis) {
        linux.onInOrderPayload(millis * MS, 100, 100, 64 * 1024, slowRtt);
        boolean due = linux.isDue();
        if (due) {
            linux.sent();
        }
        return due;
    }

    private long passQuickAcks(long millis) {
        int quick = 0;
        while (isAckedAtOnce(millis)) {
            quick++;
        }
        linux.sent();
        assertTrue(quick > 1 && quick <= 16, quick + " quick acknowledgments");
        return millis;
    }

    /** Linux: as many as half the segments that fit the window, at least 2 and at most 16. */
    @Test
    void aSmallWindowNeedsFewQuickAcknowledgments() {
        DelayedAck small = new DelayedAck(200 * MS, false);
        int quick = 0;
        for (;; quick++) {
            small.onInOrderPayload(0, 1, 1, 6 * 536, slowRtt);
            if (!small.isDue()) {
                break;
            }
            small.sent();
        }
        assertEquals(3, quick);
    }

    @Test
    void afterIdleTimeThePeerStartsSlowlyAndIsHelpedAgain() {
        passQuickAcks(0);
        assertFalse(isAckedAtOnce(10));
        linux.sent();
        assertTrue(isAckedAtOnce(5000));
    }

    @Test
    void duplicatesBringQuickAcknowledgmentsBack() {
        passQuickAcks(0);
        linux.enterQuickMode(64 * 1024);
        assertTrue(isAckedAtOnce(1));
    }

    /** Pingpong: the answer carries the acknowledgment. */
    @Test
    void whereDataIsAnsweredByDataNothingIsHurried() {
        assertTrue(isAckedAtOnce(0));
        linux.onDataSent(10 * MS);
        linux.sent();
        assertFalse(isAckedAtOnce(100));
    }

    @Test
    void anAnswerThatDoesNotComeEndsPingpong() {
        assertTrue(isAckedAtOnce(0));
        linux.onDataSent(10 * MS);
        assertFalse(isAckedAtOnce(100));
        linux.expire(linux.deadlineNanos());
        assertTrue(linux.isDue());
        linux.sent();
        assertTrue(isAckedAtOnce(150), "quick acknowledgments are left");
    }

    @Test
    void theDelayFollowsTheTimeBetweenSegments() {
        long at = passQuickAcks(0);
        long longest = 0;
        for (int gap = 30; gap < 120; gap += 10) {
            at += gap;
            linux.onInOrderPayload(at * MS, 100, 100, 64 * 1024, slowRtt);
            long delay = linux.deadlineNanos() - at * MS;
            assertTrue(delay >= 40 * MS && delay <= 200 * MS, delay + " ns");
            longest = Math.max(longest, delay);
            linux.sent();
        }
        assertTrue(longest > 40 * MS);
    }

    @Test
    void everySegmentIsAcknowledgedAtOnceWhereThatIsWanted() {
        DelayedAck always = new DelayedAck(200 * MS, true);
        for (int i = 0; i < 100; i++) {
            always.onInOrderPayload(i, 1, 1, 64 * 1024, slowRtt);
            assertTrue(always.isDue());
            always.sent();
        }
    }

    /** What is full-sized is seen from what comes: a peer with small segments need not wait either. */
    @Test
    void fullSizedIsWhatThePeerSendsAtMost() {
        passQuickAcks(0);
        linux.onInOrderPayload(1, 600, 600, 64 * 1024, slowRtt);
        assertFalse(linux.isDue());
        linux.onInOrderPayload(2, 600, 600, 64 * 1024, slowRtt);
        assertTrue(linux.isDue());
    }
}
