package io.mptcp.cli.bench;

import io.mptcp.cli.lab.LabException;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntFunction;

/** Several threads that work off a queue of jobs, each with a network of its own. */
public final class JobWorkers {
    private JobWorkers() {
    }

    /**
     * Runs so many workers, and waits for all of them. When one fails, the jobs nobody has begun with are dropped.
     *
     * @param worker makes the worker of that number, on this thread; it takes jobs until there are none
     * @throws LabException with what made a worker fail, or when the thread is interrupted
     */
    public static void run(int workers, Queue<?> jobs, IntFunction<Runnable> worker) {
        try (ExecutorService threads = Executors.newFixedThreadPool(workers)) {
            List<Future<?>> running = new ArrayList<>();
            for (int i = 0; i < workers; i++) {
                running.add(threads.submit(worker.apply(i)));
            }
            for (Future<?> one : running) {
                one.get();
            }
        } catch (ExecutionException e) {
            jobs.clear();
            throw e.getCause() instanceof LabException failure ? failure : new LabException(String.valueOf(e.getCause()), e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LabException("interrupted", e);
        }
    }
}
