package io.mptcp.cli.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.cli.lab.LabException;
import io.mptcp.cli.lab.PseudoRandomFile;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

/** What counts as delivered; times are far in the past, so nothing waits. */
class ArrivalsTest {
    private static final long WINDOW_NANOS = 1_000_000_000L;
    private final long startNanos = System.nanoTime() - 100 * WINDOW_NANOS;
    private final Arrivals arrivals = new Arrivals(WINDOW_NANOS, Long.MAX_VALUE);

    @Test
    void whatArrivesWithinTheWindowCounts() {
        arrivals.started(startNanos);
        arrivals.arrived(startNanos + 1, content(0, 200_000));
        arrivals.arrived(startNanos + WINDOW_NANOS, content(200_000, 50_000));
        arrivals.arrived(startNanos + WINDOW_NANOS + 1, content(250_000, 1_000_000));

        Goodput goodput = arrivals.await(0);
        assertEquals(new Goodput(250_000, WINDOW_NANOS), goodput);
        assertEquals(2.0, goodput.mbit(), 1e-9);
    }

    @Test
    void oneWrongByteIsAnError() {
        arrivals.started(startNanos);
        ByteBuffer data = content(0, 100_000);
        data.put(70_001, (byte) ~data.get(70_001));
        arrivals.arrived(startNanos + 1, data);

        LabException failure = assertThrows(LabException.class, () -> arrivals.await(0));
        assertTrue(failure.getMessage().startsWith("byte 70001 "), failure.getMessage());
    }

    @Test
    void aMissingByteIsAnError() {
        arrivals.started(startNanos);
        arrivals.arrived(startNanos + 1, content(0, 1000));
        arrivals.arrived(startNanos + 2, content(1001, 1000));

        assertThrows(LabException.class, () -> arrivals.await(0));
    }

    @Test
    void withALimitTheWindowEndsWhenItIsReached() {
        Arrivals limited = new Arrivals(WINDOW_NANOS, 3000);
        limited.started(startNanos);
        limited.arrived(startNanos + 10, content(0, 2000));
        limited.arrived(startNanos + 20, content(2000, 2000));
        limited.arrived(startNanos + 30, content(4000, 2000));

        assertEquals(new Goodput(4000, 20), limited.await(0));
    }

    @Test
    void withoutAConnectionThereIsNoResult() {
        assertThrows(LabException.class, () -> arrivals.await(0));
    }

    private static ByteBuffer content(long position, int bytes) {
        ByteBuffer content = ByteBuffer.allocate(bytes);
        PseudoRandomFile.fill(content, position);
        return content.flip();
    }
}
