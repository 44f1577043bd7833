package io.mptcp.scheduler;

import io.mptcp.spi.PacketScheduler;
import io.mptcp.spi.PacketSchedulerFactory;
import io.mptcp.spi.SchedulerView;

/** {@code first}: the initial subflow and no other as long as it is active; then the first there is. Waits when its window is full. */
public final class First implements PacketScheduler {
    static final String NAME = "first";

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public long select(SchedulerView view) {
        long active = Eligible.active(view);
        int chosen = active == 0 ? -1 : Long.numberOfTrailingZeros(active);
        for (long rest = active; rest != 0; rest &= rest - 1) {
            int i = Long.numberOfTrailingZeros(rest);
            if (view.isInitial(i)) {
                chosen = i;
            }
        }
        return Eligible.available(view, Eligible.bit(chosen));
    }

    /** Provides {@link First}. */
    public static final class Factory implements PacketSchedulerFactory {
        @Override
        public String name() {
            return NAME;
        }

        @Override
        public String description() {
            return "the initial subflow as long as it lives";
        }

        @Override
        public PacketScheduler create() {
            return new First();
        }
    }
}
