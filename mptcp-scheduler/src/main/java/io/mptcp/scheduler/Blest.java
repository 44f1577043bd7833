package io.mptcp.scheduler;

import io.mptcp.spi.PacketScheduler;
import io.mptcp.spi.PacketSchedulerFactory;
import io.mptcp.spi.SchedulerView;

/**
 * {@code blest}: blocking estimation (Ferlin et al., IFIP Networking 2016). When the fastest subflow is full, a slower one is used only if what it
 * holds for its round trip leaves enough of the send window for all that the fastest could send in that time; else it is better to wait.
 * How much is enough is corrected by what happens: {@code lambda} grows when the window was blocked after all, and shrinks while it is not.
 */
public final class Blest implements PacketScheduler {
    static final String NAME = "blest";

    private static final double FIRST_LAMBDA = 1.2;
    private static final double MIN_LAMBDA = 1.0;
    private static final double MAX_LAMBDA = 1.3;
    private static final double LAMBDA_UP = 0.04;
    private static final double LAMBDA_DOWN = 0.01;
    /** Doublings of a window in slow start beyond which there is no point in counting. */
    private static final double MAX_DOUBLINGS = 16;

    private double lambda = FIRST_LAMBDA;
    private long lambdaNanos = Long.MIN_VALUE;
    private long blockings;

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
        adapt(view, slow);
        double blocked = view.inFlightBytes(slow) + view.mssBytes(slow);
        return fastBytes(view, fast, slow) * lambda > view.sendWindowBytes() - blocked ? 0 : Eligible.bit(slow);
    }

    /** Bytes the fast subflow could send within a round trip of the slow one. */
    private static double fastBytes(SchedulerView view, int fast, int slow) {
        double rounds = Math.max(1, (double) view.srttNanos(slow) / view.srttNanos(fast));
        double segments = (double) view.cwndBytes(fast) / view.mssBytes(fast);
        double sent = view.cwndBytes(fast) < view.ssthreshBytes(fast)
                ? segments * ((1L << (int) Math.min(rounds, MAX_DOUBLINGS)) - 1)
                : (segments + (rounds - 1) / 2) * rounds;
        return sent * view.mssBytes(fast);
    }

    /** Once in a round trip of the slow subflow. */
    private void adapt(SchedulerView view, int slow) {
        long now = view.nowNanos();
        if (lambdaNanos != Long.MIN_VALUE && now - lambdaNanos < view.srttNanos(slow)) {
            return;
        }
        if (lambdaNanos != Long.MIN_VALUE) {
            lambda = view.blockings() > blockings ? Math.min(MAX_LAMBDA, lambda + LAMBDA_UP) : Math.max(MIN_LAMBDA, lambda - LAMBDA_DOWN);
        }
        blockings = view.blockings();
        lambdaNanos = now;
    }

    double lambda() {
        return lambda;
    }

    /** Provides {@link Blest}. */
    public static final class Factory implements PacketSchedulerFactory {
        @Override
        public String name() {
            return NAME;
        }

        @Override
        public String description() {
            return "as minrtt, but a slow subflow is left out where it would fill the window";
        }

        @Override
        public PacketScheduler create() {
            return new Blest();
        }
    }
}
