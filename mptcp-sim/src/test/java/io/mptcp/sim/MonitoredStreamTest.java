package io.mptcp.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

/** Streams longer than an int can count, and than memory could hold. */
class MonitoredStreamTest {
    private static final String FLOW = "flow";
    private static final int SEGMENT_BYTES = 1 << 20;
    private static final long FAR = (1L << 31) + (64L << 20);
    private static final long NEAR = 32L << 20;
    private static final long WINDOW_BYTES = 1 << 20;

    private final MonitoredStream stream = new MonitoredStream();
    private final MemorySegment payload = MemorySegment.ofArray(new byte[SEGMENT_BYTES]);

    private void send(long offset) {
        stream.payload(offset, payload, 0, SEGMENT_BYTES, FLOW);
    }

    private void acknowledge(long offset) {
        stream.acknowledged(offset, WINDOW_BYTES, 1, FLOW);
    }

    private void sendTo(long end) {
        for (long offset = stream.highestDataAck; offset < end; offset += SEGMENT_BYTES) {
            send(offset);
            acknowledge(offset + SEGMENT_BYTES);
        }
    }

    @Test
    void offsetsBeyondWhatAnIntCountsAreAsGoodAsOthers() {
        sendTo(FAR);
        payload.set(ValueLayout.JAVA_BYTE, 7, (byte) 1);
        String message = assertThrows(WireMonitor.MonitorViolation.class, () -> send(FAR - 2 * SEGMENT_BYTES)).getMessage();
        assertTrue(message.startsWith("byte at stream offset " + (FAR - 2 * SEGMENT_BYTES + 7) + " sent with another value"), message);
    }

    @Test
    void whatWasNotSentCannotBeAcknowledged() {
        sendTo(NEAR);
        send(NEAR + SEGMENT_BYTES); // behind a gap
        acknowledge(NEAR);
        String message = assertThrows(WireMonitor.MonitorViolation.class, () -> acknowledge(NEAR + 1)).getMessage();
        assertEquals("DATA_ACK " + (NEAR + 1) + " of a stream sent up to " + NEAR + ": " + FLOW, message);
        send(NEAR);
        acknowledge(NEAR + 2 * SEGMENT_BYTES);
    }

    @Test
    void whatWasAcknowledgedLongAgoMaySafelyComeAgain() {
        sendTo(100L << 20);
        send(0);
        send((84L << 20) - SEGMENT_BYTES / 2); // across the border of what is kept
        acknowledge(100L << 20);
    }
}
