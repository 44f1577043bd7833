package io.mptcp.sim.socket;

import java.util.function.Consumer;
import java.util.function.Supplier;

/** A socket call that may have to wait: tried whenever something has happened, until it has an outcome or its time is over. */
public final class Call {
    private final Supplier<Outcome> attempt;
    private final long deadlineNanos;
    private final Supplier<Outcome> onDeadline;
    private Consumer<Call> whenDone = call -> { };
    private Outcome outcome;
    private long completedAtNanos;

    private Call(Supplier<Outcome> attempt, long deadlineNanos, Supplier<Outcome> onDeadline) {
        this.attempt = attempt;
        this.deadlineNanos = deadlineNanos;
        this.onDeadline = onDeadline;
    }

    /** @param attempt answers null as long as the call has to wait */
    static Call waiting(Supplier<Outcome> attempt) {
        return new Call(attempt, Long.MAX_VALUE, null);
    }

    static Call waitingUntil(long deadlineNanos, Supplier<Outcome> attempt, Supplier<Outcome> onDeadline) {
        return new Call(attempt, deadlineNanos, onDeadline);
    }

    static Call immediate(Outcome outcome) {
        return waiting(() -> outcome);
    }

    /** Who wants to know; replaces an earlier one. */
    void whenDone(Consumer<Call> consumer) {
        whenDone = consumer;
    }

    boolean tryToComplete(long nowNanos) {
        if (outcome != null) {
            return true;
        }
        Outcome result = attempt.get();
        if (result == null && deadlineNanos <= nowNanos) {
            result = onDeadline.get();
        }
        if (result == null) {
            return false;
        }
        outcome = result;
        completedAtNanos = nowNanos;
        return true;
    }

    void tellDone() {
        whenDone.accept(this);
    }

    long deadlineNanos() {
        return deadlineNanos;
    }

    public boolean isDone() {
        return outcome != null;
    }

    /** Null while the call waits. */
    public Outcome outcome() {
        return outcome;
    }

    /** Virtual time of completion. */
    public long completedAtNanos() {
        return completedAtNanos;
    }
}
