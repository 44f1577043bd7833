package io.mptcp.sim;

import io.mptcp.spi.PacketScheduler;
import io.mptcp.spi.SchedulerView;

/** Any choice at all, also of several subflows, of busy ones and of ones that are not there. The protocol must survive it. */
public final class RandomScheduler implements PacketScheduler {
    private final SeededRandom random;

    public RandomScheduler(SeededRandom random) {
        this.random = random;
    }

    @Override
    public String name() {
        return "random";
    }

    @Override
    public long select(SchedulerView view) {
        long available = 0;
        for (int i = 0; i < view.subflowCount(); i++) {
            available |= view.isAvailable(i) ? 1L << i : 0;
        }
        long choice = random.nextLong();
        if (random.chance(0.02)) {
            return choice;
        }
        // Waiting while something could be sent would be a choice too, but one that nobody is bound to ask about again.
        return (choice & available) != 0 && random.chance(0.2) ? choice & available : oneOf(available);
    }

    private long oneOf(long available) {
        if (available == 0) {
            return 0;
        }
        int skip = random.nextInt(Long.bitCount(available));
        long rest = available;
        for (int i = 0; i < skip; i++) {
            rest &= rest - 1;
        }
        return Long.lowestOneBit(rest);
    }
}
