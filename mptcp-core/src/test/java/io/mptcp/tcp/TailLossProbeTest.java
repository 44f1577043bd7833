package io.mptcp.tcp;

import static io.mptcp.tcp.TestTcb.MS;
import static io.mptcp.tcp.TestTcb.ssn;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** RFC 8985 section 7 on a path of 100 ms. */
class TailLossProbeTest {
    private final TestTcb net = new TestTcb();
    private final TailLossProbe probe = new TailLossProbe();

    @BeforeEach
    void measure() {
        probe.begin(net.tcb);
        net.tcb.rtt.onSample(0, 100 * MS);
    }

    private void sendAndArm(int segments) {
        for (int i = 0; i < segments; i++) {
            net.send(0);
        }
        probe.arm(0, true);
    }

    private void fire() {
        probe.expire(probe.deadlineNanos());
        assertTrue(probe.isDue());
        probe.sent(true);
    }

    @Test
    void twoRoundTripsAfterTheLastSegment() {
        sendAndArm(2);
        assertEquals(200 * MS, probe.deadlineNanos());
        probe.expire(200 * MS - 1);
        assertFalse(probe.isDue());
        fire();
        assertEquals(1, net.told.stream().filter("onLossProbe"::equals).count());
        probe.arm(200 * MS, true);
        assertEquals(Long.MAX_VALUE, probe.deadlineNanos(), "one at a time");
    }

    @Test
    void theAcknowledgmentOfASingleSegmentMayBeDelayed() {
        sendAndArm(1);
        assertEquals((200 + 40) * MS, probe.deadlineNanos());
    }

    @Test
    void theRetransmissionTimerComesFirstWhereItIsEarlier() {
        net.tcb.rtoDeadlineNanos = 150 * MS;
        sendAndArm(2);
        assertEquals(150 * MS, probe.deadlineNanos());
    }

    @Test
    void thereIsNoneInRecoveryAndNoneWhenSacksTellMore() {
        net.send(0);
        net.send(0);
        probe.arm(0, false);
        assertEquals(Long.MAX_VALUE, probe.deadlineNanos());
        net.tcb.log.markSacked(1);
        probe.arm(0, true);
        assertEquals(Long.MAX_VALUE, probe.deadlineNanos());
    }

    /** Section 7.4.2: what is beyond the probe being acknowledged, it has repaired a loss, which congestion control has to hear of. */
    @Test
    void anAcknowledgmentTellsWhetherTheProbeRepairedALoss() {
        sendAndArm(2);
        fire();
        assertFalse(probe.repairedLoss(ssn(1), false, false), "before the end of what was sent");
        assertFalse(probe.repairedLoss(ssn(2), false, false), "may be that of the original");
        assertTrue(probe.isOutstanding());
        assertTrue(probe.repairedLoss(ssn(2) + 1, false, false));
        assertFalse(probe.isOutstanding());
    }

    @Test
    void oneThatArrivedTwiceRepairedNothing() {
        sendAndArm(2);
        fire();
        assertFalse(probe.repairedLoss(ssn(2), true, true));
        assertFalse(probe.isOutstanding());
    }

    @Test
    void withoutANewSampleThereIsNoSecondOne() {
        sendAndArm(2);
        fire();
        probe.forget();
        probe.arm(1_000 * MS, true);
        probe.expire(10_000 * MS);
        assertFalse(probe.isDue());
        probe.onSample();
        probe.arm(20_000 * MS, true);
        probe.expire(30_000 * MS);
        assertTrue(probe.isDue());
    }

    @Test
    void ofASuperSegmentTheLastSegmentIsSent() {
        net.tcb.log.append(1, 2_500, 0, 1, -1, 0);
        net.tcb.sndNxt = 2_501;
        int entry = probe.entry();
        assertEquals(1, entry);
        assertEquals(500, net.tcb.log.payloadLength(entry));
    }
}
