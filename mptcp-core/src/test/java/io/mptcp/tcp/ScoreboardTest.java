package io.mptcp.tcp;

import static io.mptcp.tcp.TestTcb.MS;
import static io.mptcp.tcp.TestTcb.ssn;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.buffer.SegmentLog;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** RFC 2018 and RFC 2883: five segments, sent a millisecond apart, and what acknowledgments say of them. */
class ScoreboardTest {
    private final TestTcb net = new TestTcb();
    private final Tcb tcb = net.tcb;
    private final SegmentLog log = tcb.log;
    private final Scoreboard board = new Scoreboard();
    private final IncomingSegment segment = new IncomingSegment();

    @BeforeEach
    void send() {
        for (int i = 0; i < 5; i++) {
            net.send(i);
        }
    }

    /** @param sack edges by segment, left and right in turn */
    private void acknowledge(long ackSsn, int... sack) {
        segment.ackSsn = ackSsn;
        segment.options.clear();
        segment.options.sackCount = sack.length / 2;
        for (int i = 0; i < sack.length / 2; i++) {
            segment.options.sackLeft[i] = tcb.iss + (int) ssn(sack[2 * i]);
            segment.options.sackRight[i] = tcb.iss + (int) ssn(sack[2 * i + 1]);
        }
        board.take(100 * MS, tcb, segment, false);
    }

    @Test
    void whatIsDeliveredCountsOnceHoweverOftenItIsSaid() {
        acknowledge(1, 2, 4);
        assertEquals(0, board.ackedBytes);
        assertEquals(2_000, board.deliveredBytes);
        assertEquals(3 * MS, board.newestSentNanos);
        assertTrue(log.has(2, SegmentLog.SACKED) && log.has(3, SegmentLog.SACKED) && !log.has(1, SegmentLog.SACKED) && !log.has(4, SegmentLog.SACKED));
        acknowledge(1, 2, 5);
        assertEquals(1_000, board.deliveredBytes);
        acknowledge(ssn(5));
        assertEquals(5_000, board.ackedBytes);
        assertEquals(2_000, board.deliveredBytes);
        assertTrue(log.isEmpty());
        assertEquals(ssn(5), tcb.sndUna);
    }

    @Test
    void aPartOfASegmentMayBeAcknowledged() {
        acknowledge(ssn(1) + 300);
        assertEquals(1_300, board.ackedBytes);
        assertEquals(1_300, board.deliveredBytes);
        assertEquals(ssn(1) + 300, log.ssn(0));
    }

    @Test
    void aFirstBlockBelowTheAcknowledgmentReportsADuplicate() {
        acknowledge(ssn(2), 0, 1);
        assertTrue(board.duplicateReported);
        acknowledge(ssn(2), 3, 4);
        assertFalse(board.duplicateReported);
    }

    @Test
    void soDoesAFirstBlockWithinTheSecond() {
        acknowledge(1, 3, 4, 2, 5);
        assertTrue(board.duplicateReported);
        assertEquals(3_000, board.deliveredBytes);
    }

    @Test
    void whatWasNeverSentIsNotTaken() {
        acknowledge(1, 4, 9);
        assertEquals(0, board.deliveredBytes);
    }

    @Test
    void retransmissionsAreToldFromOriginals() {
        tcb.recovery().recoveryPointSsn = tcb.sndNxt;
        log.markLost(0);
        log.markRetransmitted(0, 50 * MS);
        acknowledge(ssn(1));
        assertTrue(board.retransmissionAcked);
        assertFalse(board.originalAcked);
        acknowledge(ssn(2));
        assertFalse(board.retransmissionAcked);
        assertTrue(board.originalAcked, "sent before the recovery began, and only once");
        net.send(60);
        acknowledge(ssn(2), 5, 6);
        assertTrue(board.newerSacked);
    }

    @Test
    void ofASuperSegmentWholeSegmentsAreSacked() {
        log.append(tcb.sndNxt, 3_000, 0, tcb.sndNxt, -1, 5 * MS);
        tcb.sndNxt += 3_000;
        acknowledge(1, 6, 7);
        assertEquals(1_000, board.deliveredBytes);
        assertEquals(8, log.size());
        assertTrue(log.has(6, SegmentLog.SACKED));
    }
}
