package io.mptcp.scheduler;

import io.mptcp.spi.SchedulerView;

/** Sets of subflows, as bits by index, from which schedulers choose. */
final class Eligible {
    private Eligible() {
    }

    /** Active subflows that are not backups; if there are none, active backups. */
    static long active(SchedulerView view) {
        long regular = 0;
        long backup = 0;
        for (int i = 0; i < view.subflowCount(); i++) {
            if (view.isActive(i)) {
                if (view.isBackup(i)) {
                    backup |= 1L << i;
                } else {
                    regular |= 1L << i;
                }
            }
        }
        return regular != 0 ? regular : backup;
    }

    /** Those of {@link #active} that can take data now. */
    static long available(SchedulerView view) {
        return available(view, active(view));
    }

    static long available(SchedulerView view, long candidates) {
        long available = 0;
        for (long rest = candidates; rest != 0; rest &= rest - 1) {
            int i = Long.numberOfTrailingZeros(rest);
            if (view.isAvailable(i)) {
                available |= 1L << i;
            }
        }
        return available;
    }

    /** Index of the one with the lowest smoothed RTT, the first of equals; without a sample it comes last. -1 when the set is empty. */
    static int lowestRtt(SchedulerView view, long candidates) {
        int best = -1;
        long bestNanos = Long.MAX_VALUE;
        for (long rest = candidates; rest != 0; rest &= rest - 1) {
            int i = Long.numberOfTrailingZeros(rest);
            long srttNanos = view.srttNanos(i);
            if (best < 0 || srttNanos != 0 && srttNanos < bestNanos) {
                best = i;
                bestNanos = srttNanos == 0 ? Long.MAX_VALUE : srttNanos;
            }
        }
        return best;
    }

    /** Whether the one with the lowest RTT is really the faster: a short path with a low rate has a long queue before that shows in its RTT. */
    static boolean isWorthWaitingFor(SchedulerView view, int fast, int slow) {
        return view.srttNanos(fast) != 0 && view.deliveryNanos(fast) < view.deliveryNanos(slow);
    }

    /** The bit of an index; 0 for -1. */
    static long bit(int index) {
        return index < 0 ? 0 : 1L << index;
    }
}
