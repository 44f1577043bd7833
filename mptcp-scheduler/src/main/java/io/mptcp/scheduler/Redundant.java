package io.mptcp.scheduler;

import io.mptcp.spi.PacketScheduler;
import io.mptcp.spi.PacketSchedulerFactory;
import io.mptcp.spi.SchedulerView;

/**
 * {@code redundant}: the same data on every subflow, for latency at the price of throughput. Backups get no copies, nor do paths that cost money
 * while others work.
 *
 * <p>Windows open one ACK at a time and hardly ever on two subflows at once. So the subflow with the highest rate sets the pace: data waits
 * for it, and then goes to all that have room. When a subflow that is waited for brings no news while another one has everything
 * acknowledged, that subflow lags, and sets no pace until it has room again: the death of a path costs a round trip of another, not a
 * timeout.
 */
public final class Redundant implements PacketScheduler {
    static final String NAME = "redundant";

    /** Subflows that lag, by index. */
    private long lagging;

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public long select(SchedulerView view) {
        long active = withoutMetered(view, Eligible.active(view));
        long available = Eligible.available(view, active);
        if (view.isReinjection() || available == 0) {
            return available;
        }
        lagging &= active & ~available;
        long leader = leader(view, active & ~lagging);
        if ((leader & available) != 0) {
            return available;
        }
        if (!hasIdle(view, available)) {
            return 0;
        }
        lagging |= leader;
        return available;
    }

    /** Those that cost nothing, or all where there is none of these. */
    private static long withoutMetered(SchedulerView view, long candidates) {
        long free = 0;
        for (long rest = candidates; rest != 0; rest &= rest - 1) {
            int i = Long.numberOfTrailingZeros(rest);
            free |= view.cost(i) == 0 ? Eligible.bit(i) : 0;
        }
        return free == 0 ? candidates : free;
    }

    /** The one with the highest rate; never empty when some subflow has room, as those with room do not lag. */
    private static long leader(SchedulerView view, long candidates) {
        int best = -1;
        for (long rest = candidates; rest != 0; rest &= rest - 1) {
            int i = Long.numberOfTrailingZeros(rest);
            if (best < 0 || view.rateBytesPerSecond(i) > view.rateBytesPerSecond(best)) {
                best = i;
            }
        }
        return Eligible.bit(best);
    }

    private static boolean hasIdle(SchedulerView view, long candidates) {
        for (long rest = candidates; rest != 0; rest &= rest - 1) {
            if (view.inFlightBytes(Long.numberOfTrailingZeros(rest)) == 0) {
                return true;
            }
        }
        return false;
    }

    /** Provides {@link Redundant}. */
    public static final class Factory implements PacketSchedulerFactory {
        @Override
        public String name() {
            return NAME;
        }

        @Override
        public String description() {
            return "the same data on all subflows: lowest latency, no gain in throughput";
        }

        @Override
        public PacketScheduler create() {
            return new Redundant();
        }
    }
}
