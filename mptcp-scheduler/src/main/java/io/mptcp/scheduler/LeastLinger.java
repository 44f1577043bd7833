package io.mptcp.scheduler;

import io.mptcp.spi.PacketScheduler;
import io.mptcp.spi.PacketSchedulerFactory;
import io.mptcp.spi.SchedulerView;

/**
 * {@code default}, after the scheduler of that name in Linux: the subflow that will soonest have drained what it carries already
 * ({@code linger = inFlight / rate}), so that all subflows run dry together. One decision holds for one (super-)segment.
 *
 * <p>Two cases are decided by the round-trip time instead. Data that fits whole into the free window of the fastest subflow goes there,
 * as nothing can be earlier: short transfers do not wait for a slow path. And reinjections go to the fastest subflow with room, because
 * what is sent twice is what the receiver waits for.
 */
public final class LeastLinger implements PacketScheduler {
    static final String NAME = "default";
    private static final double UNKNOWN_LAST = Double.MAX_VALUE;

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public long select(SchedulerView view) {
        long available = Eligible.available(view);
        int fastest = Eligible.lowestRtt(view, available);
        if (fastest < 0 || view.isReinjection() || view.pendingBytes() <= view.cwndBytes(fastest) - view.inFlightBytes(fastest)) {
            return Eligible.bit(fastest);
        }
        // The fastest is the one to beat: it wins among equals, such as subflows that carry nothing yet.
        int best = fastest;
        double bestSeconds = lingerSeconds(view, fastest);
        for (long rest = available; rest != 0; rest &= rest - 1) {
            int i = Long.numberOfTrailingZeros(rest);
            double seconds = lingerSeconds(view, i);
            if (seconds < bestSeconds) {
                best = i;
                bestSeconds = seconds;
            }
        }
        return Eligible.bit(best);
    }

    private static double lingerSeconds(SchedulerView view, int index) {
        long inFlightBytes = view.inFlightBytes(index);
        if (inFlightBytes == 0) {
            return 0;
        }
        long rate = view.rateBytesPerSecond(index);
        return rate == 0 ? UNKNOWN_LAST : (double) inFlightBytes / rate;
    }

    /** Provides {@link LeastLinger}. */
    public static final class Factory implements PacketSchedulerFactory {
        @Override
        public String name() {
            return NAME;
        }

        @Override
        public String description() {
            return "the subflow that will soonest have sent what it already has; short transfers stay on the fastest";
        }

        @Override
        public PacketScheduler create() {
            return new LeastLinger();
        }
    }
}
