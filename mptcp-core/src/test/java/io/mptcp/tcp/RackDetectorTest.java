package io.mptcp.tcp;

import static io.mptcp.tcp.TestTcb.MS;
import static io.mptcp.tcp.TestTcb.ssn;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.buffer.SegmentLog;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** RFC 8985 section 6 on a path of 100 ms: a segment each millisecond, some of which get there. */
class RackDetectorTest {
    private final TestTcb net = new TestTcb();
    private final SegmentLog log = net.tcb.log;
    private final RackDetector rack = new RackDetector();

    @BeforeEach
    void measure() {
        rack.begin(net.tcb);
        net.tcb.rtt.onSample(0, 100 * MS);
    }

    private void send(int count) {
        for (int i = 0; i < count; i++) {
            net.send(i);
        }
    }

    /** A SACK for segment {@code n}, a round trip after it was sent. */
    private void sacked(int n) {
        long now = (100 + n) * MS;
        rack.beginAck();
        rack.delivered(now, n * MS, ssn(n), ssn(n + 1), false, false);
        log.markSacked(n);
        rack.endAck();
    }

    private boolean isLost(int n) {
        return log.has(n, SegmentLog.LOST);
    }

    @Test
    void oneIsLostAQuarterOfARoundTripAfterALaterOneShouldHaveBeenOvertaken() {
        send(3);
        sacked(1);
        rack.detect(101 * MS, false);
        assertFalse(isLost(0));
        assertEquals(125 * MS, rack.deadlineNanos(), "sent at 0, a round trip of 100 ms and 25 ms for reordering");
        rack.detect(125 * MS - 1, false);
        assertFalse(isLost(0));
        rack.detect(125 * MS, false);
        assertTrue(isLost(0));
        assertFalse(isLost(2), "which was sent after what has been delivered");
        assertEquals(Long.MAX_VALUE, rack.deadlineNanos());
    }

    @Test
    void withThreeSegmentsBehindItThereIsNoTolerance() {
        send(4);
        sacked(1);
        sacked(2);
        rack.detect(102 * MS, false);
        assertFalse(isLost(0));
        sacked(3);
        rack.detect(103 * MS, false);
        assertTrue(isLost(0));
    }

    @Test
    void norIsThereInRecovery() {
        send(2);
        sacked(1);
        rack.detect(101 * MS, true);
        assertTrue(isLost(0));
    }

    @Test
    void wherePathsReorderTheToleranceStays() {
        send(5);
        sacked(1);
        sacked(0);
        assertEquals(3, rack.reorderingSegments());
        assertEquals(1, rack.reorderings());
        sacked(3);
        sacked(4);
        rack.detect(104 * MS, false);
        assertFalse(isLost(2), "although three and more are behind it");
        assertEquals((2 + 125) * MS, rack.deadlineNanos());
    }

    /** Section 6.2, step 4: by a quarter of the round trip each, once a round trip, up to the smoothed round-trip time. */
    @Test
    void aDuplicateReportWidensTheTolerance() {
        send(2);
        sacked(1);
        rack.onDuplicateReported(1, ssn(2));
        rack.onDuplicateReported(1, ssn(2));
        rack.detect(101 * MS, false);
        assertEquals(150 * MS, rack.deadlineNanos());
        for (int i = 0; i < 16; i++) {
            rack.onRecoveryEnd();
        }
        rack.detect(101 * MS, false);
        assertEquals(125 * MS, rack.deadlineNanos(), "forgotten after 16 recoveries");
    }

    @Test
    void aTooEarlyAnswerToARetransmissionIsThatOfTheOriginal() {
        send(2);
        rack.beginAck();
        rack.delivered(150 * MS, 140 * MS, ssn(1), ssn(2), true, false);
        rack.endAck();
        rack.detect(1_000 * MS, false);
        assertFalse(isLost(0));
    }

    @Test
    void afterATimeoutWhatIsYoungerThanARoundTripMayStillArrive() {
        send(3);
        sacked(1);
        rack.markLostAfterTimeout(126 * MS, false);
        assertTrue(isLost(0));
        assertFalse(isLost(2));
    }
}
