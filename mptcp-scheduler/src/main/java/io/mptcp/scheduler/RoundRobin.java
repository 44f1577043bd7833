package io.mptcp.scheduler;

import io.mptcp.spi.PacketScheduler;
import io.mptcp.spi.PacketSchedulerFactory;
import io.mptcp.spi.SchedulerView;

/** {@code roundrobin}: each subflow that has room in turn, one (super-)segment each. */
public final class RoundRobin implements PacketScheduler {
    static final String NAME = "roundrobin";
    private int last = -1;

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public long select(SchedulerView view) {
        long available = Eligible.available(view);
        if (available == 0) {
            return 0;
        }
        long behindLast = last == 63 ? 0 : available & -1L << last + 1;
        int next = Long.numberOfTrailingZeros(behindLast != 0 ? behindLast : available);
        if (!view.isReinjection()) {
            last = next;
        }
        return Eligible.bit(next);
    }

    /** Provides {@link RoundRobin}. */
    public static final class Factory implements PacketSchedulerFactory {
        @Override
        public String name() {
            return NAME;
        }

        @Override
        public String description() {
            return "each subflow in turn";
        }

        @Override
        public PacketScheduler create() {
            return new RoundRobin();
        }
    }
}
