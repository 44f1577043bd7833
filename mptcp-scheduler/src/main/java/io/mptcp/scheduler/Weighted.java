package io.mptcp.scheduler;

import io.mptcp.spi.PacketScheduler;
import io.mptcp.spi.PacketSchedulerFactory;
import io.mptcp.spi.SchedulerView;

/**
 * {@code weighted}: subflows take turns in proportion to the weights configured for their paths, evenly spread, one (super-)segment a turn. A
 * subflow without room gives its turns to the others, so the shares are those of the weights only where no window limits.
 */
public final class Weighted implements PacketScheduler {
    static final String NAME = "weighted";

    /** What is owed to each subflow, by index, in turns times the sum of weights. */
    private final long[] credits = new long[64];

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public long select(SchedulerView view) {
        long available = Eligible.available(view);
        if (view.isReinjection()) {
            return Eligible.bit(Eligible.lowestRtt(view, available));
        }
        int best = -1;
        long sum = 0;
        for (long rest = available; rest != 0; rest &= rest - 1) {
            int i = Long.numberOfTrailingZeros(rest);
            int weight = Math.max(1, view.weight(i));
            sum += weight;
            credits[i] += weight;
            if (best < 0 || credits[i] > credits[best]) {
                best = i;
            }
        }
        if (best >= 0) {
            credits[best] -= sum;
        }
        return Eligible.bit(best);
    }

    /** Provides {@link Weighted}. */
    public static final class Factory implements PacketSchedulerFactory {
        @Override
        public String name() {
            return NAME;
        }

        @Override
        public String description() {
            return "each subflow in turn, as often as its path has weight";
        }

        @Override
        public PacketScheduler create() {
            return new Weighted();
        }
    }
}
