package io.mptcp.tcp;

import static io.mptcp.tcp.TestTcb.MS;
import static io.mptcp.tcp.TestTcb.ssn;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Whoever has nothing outstanding gives its loss recovery back, and the next one finds nothing of it. */
class RecoveryPoolTest {
    private final TestTcb net = new TestTcb();
    private final Tcb tcb = net.tcb;
    private final IncomingSegment segment = new IncomingSegment();

    private LossRecovery send(int segments) {
        LossRecovery recovery = tcb.recovery();
        for (int i = 0; i < segments; i++) {
            net.send(i);
            recovery.onNewDataSent(i * MS, TestTcb.MSS);
            recovery.armLossProbe(i * MS);
        }
        return recovery;
    }

    /** @param sack edges by segment, left and right in turn */
    private void acknowledge(long nowNanos, long ackSsn, int... sack) {
        segment.ackSsn = ackSsn;
        segment.options.clear();
        segment.options.sackCount = sack.length / 2;
        for (int i = 0; i < sack.length / 2; i++) {
            segment.options.sackLeft[i] = tcb.iss + (int) ssn(sack[2 * i]);
            segment.options.sackRight[i] = tcb.iss + (int) ssn(sack[2 * i + 1]);
        }
        tcb.recovery().onAck(nowNanos, segment, false);
        tcb.releaseRecovery();
    }

    @Test
    void whatIsAcknowledgedNeedsNone() {
        LossRecovery used = send(5);
        acknowledge(50 * MS, ssn(3));
        assertSame(used, tcb.recovery, "two segments are under way");
        acknowledge(51 * MS, ssn(5));
        assertNull(tcb.recovery);
        assertSame(used, tcb.recovery(), "it was in the pool");
    }

    @Test
    void theNextOneFindsAFreshOne() throws IllegalAccessException {
        LossRecovery used = send(8);
        acknowledge(50 * MS, ssn(2));
        acknowledge(51 * MS, ssn(8));
        assertNull(tcb.recovery);
        assertEquals(state(new LossRecovery(tcb)), state(tcb.recovery()));
        assertSame(used, tcb.recovery);
    }

    @Test
    void reorderingIsRemembered() {
        LossRecovery used = send(5);
        acknowledge(50 * MS, 1, 3, 5);
        acknowledge(50 * MS, ssn(5));
        assertSame(used, tcb.recovery, "segments have overtaken others");
        assertEquals(1, used.reorderings());
    }

    @Test
    void soIsARecoveryThatMayHaveBeenForNothing() {
        LossRecovery used = send(5);
        acknowledge(50 * MS, 1, 4, 5);
        used.onRetransmissionTimeout(1_200 * MS);
        used.onRetransmit(1_200 * MS, 0);
        acknowledge(1_250 * MS, ssn(5));
        assertNotNull(tcb.recovery, "a D-SACK may say so");
    }

    @Test
    void theLastToGiveBackIsTheFirstToBeUsed() {
        RecoveryPool pool = new RecoveryPool();
        LossRecovery one = pool.acquire(tcb);
        LossRecovery other = pool.acquire(tcb);
        assertNotSame(one, other);
        pool.release(one);
        pool.release(other);
        assertSame(other, pool.acquire(tcb));
        assertSame(one, pool.acquire(tcb));
        assertNotSame(one, pool.acquire(tcb));
    }

    /** All primitive fields of it and of its parts; what is made at the first loss aside, which is nobody's before the next. */
    private static Map<String, Object> state(LossRecovery recovery) throws IllegalAccessException {
        Map<String, Object> state = new TreeMap<>();
        collect("", recovery, state);
        return state;
    }

    private static void collect(String prefix, Object part, Map<String, Object> state) throws IllegalAccessException {
        for (Field field : part.getClass().getDeclaredFields()) {
            if (Modifier.isStatic(field.getModifiers())) {
                continue;
            }
            field.setAccessible(true);
            Object value = field.get(part);
            if (field.getType().isPrimitive() || field.getType().isEnum()) {
                state.put(prefix + field.getName(), value);
            } else if (value instanceof RackDetector || value instanceof TailLossProbe || value instanceof CwndUse) {
                collect(prefix + field.getName() + ".", value, state);
            }
        }
    }
}
