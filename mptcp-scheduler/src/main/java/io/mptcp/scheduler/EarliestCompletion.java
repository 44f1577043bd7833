package io.mptcp.scheduler;

import io.mptcp.spi.PacketScheduler;
import io.mptcp.spi.PacketSchedulerFactory;
import io.mptcp.spi.SchedulerView;

/**
 * {@code ecf}: earliest completion first (Lim et al., CoNEXT 2017). When the fastest subflow is full, a slower one is used only if that ends the
 * transfer of what waits to be sent earlier than waiting for the fastest would. Once it waits it goes on doing so a little longer than the
 * numbers say, so that it does not change its mind with every sample.
 */
public final class EarliestCompletion implements PacketScheduler {
    static final String NAME = "ecf";
    private static final double BETA = 0.25;

    private boolean waiting;

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public long select(SchedulerView view) {
        long active = Eligible.active(view);
        int slow = Eligible.lowestRtt(view, Eligible.available(view, active));
        int fast = Eligible.lowestRtt(view, active);
        if (slow < 0 || slow == fast || view.isReinjection() || !Eligible.isWorthWaitingFor(view, fast, slow)) {
            return Eligible.bit(slow);
        }
        double fastRtt = view.srttNanos(fast);
        double slowRtt = view.srttNanos(slow);
        double delta = Math.max(view.rttVarNanos(fast), view.rttVarNanos(slow));
        // As its authors implement it: what waits counts for a whole window at least.
        double rounds = 1 + windows(view, fast);
        if (rounds * fastRtt >= (waiting ? 1 + BETA : 1) * (slowRtt + delta)) {
            waiting = false;
            return Eligible.bit(slow);
        }
        if (windows(view, slow) * slowRtt < 2 * fastRtt + delta) {
            return Eligible.bit(slow);
        }
        waiting = true;
        return 0;
    }

    private static double windows(SchedulerView view, int index) {
        return Math.max(1, (double) view.pendingBytes() / view.cwndBytes(index));
    }

    /** Provides {@link EarliestCompletion}. */
    public static final class Factory implements PacketSchedulerFactory {
        @Override
        public String name() {
            return NAME;
        }

        @Override
        public String description() {
            return "as minrtt, but a slow subflow is left out where waiting for the fastest ends sooner";
        }

        @Override
        public PacketScheduler create() {
            return new EarliestCompletion();
        }
    }
}
