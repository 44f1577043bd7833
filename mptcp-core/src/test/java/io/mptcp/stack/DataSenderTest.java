package io.mptcp.stack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.buffer.RingPool;
import io.mptcp.buffer.SegmentLog;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.junit.jupiter.api.Test;

/** RFC 8684 sections 3.3.2, 3.3.5 and 3.3.6. */
class DataSenderTest {
    private final DataSender sender = new DataSender(10_000, 100, new RingPool(1 << 20));

    private void write(int length) {
        sender.buffer().write(MemorySegment.ofArray(new byte[length]), 0, length);
    }

    private void send(int length) {
        write(length);
        sender.onSent(length);
    }

    private static SegmentLog log(long... startsAndLengths) {
        SegmentLog log = new SegmentLog();
        long ssn = 1;
        for (int i = 0; i < startsAndLengths.length; i += 2) {
            log.append(ssn, (int) startsAndLengths[i + 1], 0, startsAndLengths[i], -1, 0);
            ssn += startsAndLengths[i + 1];
        }
        return log;
    }

    @Test
    void acknowledgmentsOnlyAdvance() {
        send(100);
        assertTrue(sender.onDataAck(51));
        assertFalse(sender.onDataAck(51));
        assertFalse(sender.onDataAck(20));
        assertEquals(51, sender.dsnUna());
    }

    @Test
    void whatWasNeverSentCannotBeAcknowledged() {
        send(100);
        assertFalse(sender.onDataAck(102));
        assertEquals(1, sender.dsnUna());
        assertTrue(sender.onDataAck(101));
    }

    @Test
    void theDataFinIsOneMore() {
        send(100);
        sender.requestFin();
        assertTrue(sender.isFinDue());
        assertFalse(sender.onDataAck(102), "not sent yet");
        sender.onFinSent();
        assertFalse(sender.isFinDue());
        assertTrue(sender.onDataAck(101));
        assertFalse(sender.isFinAcked());
        assertTrue(sender.onDataAck(102));
        assertTrue(sender.isFinAcked());
        assertEquals(101, sender.dsnUna());
        assertEquals(101, sender.finDsn());
    }

    @Test
    void theEndWaitsForWhatWasWritten() {
        write(10);
        sender.requestFin();
        assertFalse(sender.isFinDue());
        sender.onSent(10);
        assertTrue(sender.isFinDue());
    }

    @Test
    void afterFallbackTheEndIsDueAgain() {
        send(10);
        sender.requestFin();
        sender.onFinSent();
        sender.onFallback();
        assertTrue(sender.isFinDue());
    }

    @Test
    void theLargestRightEdgeCounts() {
        sender.onWindow(5001);
        sender.onWindow(3001);
        assertEquals(5000, sender.windowBytes());
        send(2000);
        assertEquals(3000, sender.windowBytes());
    }

    @Test
    void bytesAreReleasedWithoutSubflowsWhenAcknowledged() {
        send(100);
        sender.onDataAck(41);
        sender.release(List.of());
        assertEquals(41, sender.buffer().head());
    }

    @Test
    void onlyWhatIsUnacknowledgedIsReinjected() {
        send(100);
        sender.onDataAck(31);
        assertTrue(sender.reinject(log(1, 20, 21, 20, 61, 10)));
        assertEquals(31, sender.reinjectionStart());
        assertEquals(41, sender.reinjectionEnd());
        sender.reinjected(41);
        assertEquals(61, sender.reinjectionStart());
        assertEquals(71, sender.reinjectionEnd());
        sender.reinjected(71);
        assertFalse(sender.hasReinjection());
    }

    @Test
    void anAcknowledgmentMeanwhileTakesReinjectionsBack() {
        send(100);
        sender.reinject(log(1, 50));
        sender.onDataAck(21);
        assertEquals(21, sender.reinjectionStart());
        sender.onDataAck(51);
        assertFalse(sender.hasReinjection());
    }

    @Test
    void aLogWithNothingButAFinGivesNothing() {
        SegmentLog log = new SegmentLog();
        log.append(1, 1, SegmentLog.FIN, 0, -1, 0);
        assertFalse(sender.reinject(log));
        assertFalse(sender.hasReinjection());
    }
}
