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
        assertEquals(31, sender.reinjectionStart(0));
        assertEquals(41, sender.reinjectionEnd(0));
        sender.reinjected(0, 41);
        assertEquals(61, sender.reinjectionStart(0));
        assertEquals(71, sender.reinjectionEnd(0));
        sender.reinjected(0, 71);
        assertFalse(sender.hasReinjection());
    }

    @Test
    void anAcknowledgmentMeanwhileTakesReinjectionsBack() {
        send(100);
        sender.reinject(log(1, 50));
        sender.onDataAck(21);
        assertEquals(21, sender.reinjectionStart(0));
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

    /** More ranges than the set can hold: nearest ones grow together, and nothing is left out. */
    @Test
    void reinjectionsBeyondTheBoundWidenARange() {
        send(10_000);
        SegmentLog log = new SegmentLog();
        for (int i = 0; i < 300; i++) {
            log.append(1 + 10L * i, 10, 0, 1 + 33L * i, -1, 0);
        }
        assertTrue(sender.reinject(log));
        for (int i = 0; i < 300; i++) {
            long start = 1 + 33L * i;
            assertTrue(sender.hasReinjection());
            while (sender.reinjectionStart(0) < start) {
                sender.reinjected(0, start);
            }
            assertEquals(start, sender.reinjectionStart(0), "range " + i);
            assertTrue(sender.reinjectionEnd(0) >= start + 10);
        }
        sender.reinjected(0, sender.reinjectionEnd(0));
        assertFalse(sender.hasReinjection());
    }

    // ---- how much an application may be ahead ----

    private final DataSender large = new DataSender(1 << 24, 100, new RingPool(1 << 20));

    private int fill() {
        int room = large.writableBytes();
        assertEquals(room, large.write(MemorySegment.ofArray(new byte[room]), 0, room));
        return room;
    }

    @Test
    void theApplicationIsAheadByOneCongestionWindow() {
        assertEquals(64 * 1024, fill());
        assertFalse(large.isWritable());
        large.onSent(10_000);
        assertEquals(10_000, large.writableBytes());
        large.setCongestionWindows(1_000_000);
        assertEquals(1_000_000 - 64 * 1024 + 10_000, fill());
        large.onSent(200_000);
        assertFalse(large.isWritable(), "not for little");
        large.onSent(50_000);
        assertTrue(large.isWritable());
        large.setCongestionWindows(14_000);
        assertEquals(0, large.writableBytes());
        assertFalse(large.isWritable());
    }

    /** The fast path goes on while the slow one has yet to fill a hole. */
    @Test
    void whatWaitsForADataAckDoesNotCountUpToTheMaximum() {
        large.setCongestionWindows(500_000);
        int total = 0;
        for (int i = 0; i < 200 && large.writableBytes() > 0; i++) {
            total += fill();
            large.onSent((int) large.pendingBytes());
        }
        assertEquals(1 << 24, total);
        assertEquals(0, large.writableBytes());
    }

    @Test
    void aFixedSizeCountsWhatIsUnacknowledged() {
        large.setFixedBytes(100_000);
        large.setCongestionWindows(1_000_000);
        assertEquals(100_000, fill());
        large.onSent(100_000);
        assertEquals(0, large.writableBytes());
        large.onDataAck(20_001);
        large.release(List.of());
        assertEquals(20_000, large.writableBytes());
        assertFalse(large.isWritable());
        large.setFixedBytes(0);
        assertEquals(1_000_000, large.writableBytes());
    }
}
