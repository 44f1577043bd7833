package io.mptcp.tcp;

import static io.mptcp.tcp.TestTcb.MS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** RFC 9293 sections 3.8.3 and 3.8.4, RFC 5482. */
class LivenessTimersTest {
    private final TestTcb net = new TestTcb(TcpConfig.defaults().withRetries(2, 5));
    private final Tcb tcb = net.tcb;
    private final Liveness liveness = tcb.liveness();

    private boolean timeout(int count, long atMillis) {
        tcb.timeouts = count;
        return liveness.onTimeout(atMillis * MS);
    }

    @Test
    void theSecondThresholdGivesUpTheFirstTellsTheApplication() {
        assertFalse(timeout(1, 1_000));
        assertFalse(timeout(2, 2_000));
        assertFalse(net.told.contains("onUnresponsive"));
        assertFalse(timeout(3, 4_000));
        assertTrue(net.told.contains("onUnresponsive"));
        assertFalse(timeout(5, 10_000));
        assertTrue(timeout(6, 20_000));
    }

    @Test
    void aUserTimeoutCountsFromWhenTheOldestSegmentWasSent() {
        net.options = SocketOptions.DEFAULT.toBuilder().userTimeoutMillis(5_000).build();
        assertFalse(timeout(1, 10_000)); // sent an RTO of a second before
        assertEquals(14_000 * MS, liveness.boundByUserTimeout(10_000 * MS, 60_000 * MS));
        assertEquals(12_000 * MS, liveness.boundByUserTimeout(10_000 * MS, 12_000 * MS), "the timer may be earlier");
        assertFalse(timeout(20, 13_999));
        assertTrue(timeout(21, 14_000));
    }

    @Test
    void keepAlivesComeAfterTwoIdleHoursAndThenEvery75Seconds() {
        assertEquals(Long.MAX_VALUE, liveness.deadlineNanos(), "off unless asked for");
        net.options = SocketOptions.DEFAULT.toBuilder().keepAlive(true).keepAliveProbes(2).build();
        tcb.lastReceiveNanos = 1_000 * MS;
        assertEquals(7_201_000 * MS, liveness.deadlineNanos());
        liveness.expire(7_201_000 * MS);
        assertTrue(tcb.probeDue);
        assertEquals(7_276_000 * MS, liveness.deadlineNanos());
        liveness.expire(7_276_000 * MS);
        assertEquals(TcpState.ESTABLISHED, tcb.state);
        liveness.expire(7_351_000 * MS);
        assertEquals(TcpState.CLOSED, tcb.state, "after as many without an answer");
    }

    @Test
    void anAnswerBeginsTheIdleTimeAnew() {
        net.options = SocketOptions.DEFAULT.toBuilder().keepAlive(true).build();
        liveness.expire(7_200_000 * MS);
        tcb.lastReceiveNanos = 7_200_100 * MS;
        liveness.onReceived();
        assertEquals(14_400_100 * MS, liveness.deadlineNanos());
    }
}
