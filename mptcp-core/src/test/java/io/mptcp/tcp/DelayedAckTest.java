package io.mptcp.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** RFC 9293 section 3.8.6.3. */
class DelayedAckTest {
    private static final long DELAY = 40;
    private static final int MSS = 1000;

    private final DelayedAck ack = new DelayedAck(DELAY);

    private void passTheBeginning() {
        for (int i = 0; i < 16; i++) {
            ack.onInOrderPayload(0, 1, MSS);
            assertTrue(ack.isDue(), "the first ones are acknowledged at once");
            ack.sent();
        }
    }

    @Test
    void aLoneSegmentWaits() {
        passTheBeginning();
        ack.onInOrderPayload(100, 500, MSS);
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
        ack.onInOrderPayload(100, 1, MSS);
        ack.onInOrderPayload(130, 1, MSS);
        assertEquals(140, ack.deadlineNanos());
    }

    @Test
    void twoFullSegmentsDoNotWait() {
        passTheBeginning();
        ack.onInOrderPayload(100, MSS, MSS);
        assertFalse(ack.isDue());
        ack.onInOrderPayload(100, MSS, MSS);
        assertTrue(ack.isDue());
    }

    @Test
    void oneMergedSegmentCountsByItsBytes() {
        passTheBeginning();
        ack.onInOrderPayload(100, 2 * MSS, MSS);
        assertTrue(ack.isDue());
    }

    @Test
    void whatIsSentSettlesAll() {
        passTheBeginning();
        ack.onInOrderPayload(100, MSS, MSS);
        ack.sent();
        assertEquals(Long.MAX_VALUE, ack.deadlineNanos());
        ack.onInOrderPayload(100, MSS, MSS);
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
}
