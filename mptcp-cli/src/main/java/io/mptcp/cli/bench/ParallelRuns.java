package io.mptcp.cli.bench;

import io.mptcp.cli.lab.LabException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/** Measurements on networks of their own, as many at a time as the machine has room for. */
public final class ParallelRuns {
    /** A run costs something beside its payload. */
    private static final double OVERHEAD_MBIT = 4;

    private final Semaphore budget;
    private final int budgetMbit;

    /** @param parallelMbit what those that run at the same time may need together */
    public ParallelRuns(double parallelMbit) {
        this.budgetMbit = (int) Math.ceil(parallelMbit);
        this.budget = new Semaphore(budgetMbit, true);
    }

    /**
     * Runs all of them; the first failure ends the others.
     *
     * @param needsMbit what one can be expected to carry; one that needs more than there is runs alone
     * @throws LabException when one fails
     */
    public <T, R> List<R> run(List<T> tasks, ToDoubleFunction<T> needsMbit, Function<T, R> measurement) {
        try (ExecutorService threads = Executors.newThreadPerTaskExecutor(Thread.ofPlatform().daemon().name("bench-", 0).factory())) {
            List<Future<R>> pending = new ArrayList<>();
            // The large ones first, one after the other; the small ones fill what is left to the end.
            tasks.stream().sorted(Comparator.comparingDouble(needsMbit).reversed()).forEach(task -> {
                int permits = (int) Math.min(budgetMbit, Math.ceil(needsMbit.applyAsDouble(task) + OVERHEAD_MBIT));
                // In this thread, so that they begin in this order.
                budget.acquireUninterruptibly(permits);
                pending.stream().filter(future -> future.state() == Future.State.FAILED).findFirst()
                        .ifPresent(future -> resultOf(future, threads));
                pending.add(threads.submit(() -> {
                    try {
                        return measurement.apply(task);
                    } finally {
                        budget.release(permits);
                    }
                }));
            });
            return pending.stream().map(future -> resultOf(future, threads)).toList();
        }
    }

    private static <R> R resultOf(Future<R> future, ExecutorService threads) {
        try {
            return future.get();
        } catch (ExecutionException e) {
            threads.shutdownNow();
            throw e.getCause() instanceof LabException failure ? failure : new LabException("a measurement failed: " + e.getCause(), e);
        } catch (InterruptedException e) {
            threads.shutdownNow();
            Thread.currentThread().interrupt();
            throw new LabException("interrupted", e);
        }
    }
}
