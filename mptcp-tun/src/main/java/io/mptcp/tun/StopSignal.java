package io.mptcp.tun;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

/**
 * SIGTERM and SIGINT as the wish to stop in order. The JVM turns them into shutdown hooks and would then exit with 128 + signal number;
 * this hook waits for the daemon to finish and ends the process with the daemon's own exit code.
 */
public final class StopSignal {
    private static final long STOP_SECONDS = 10;

    /** Why: null for a signal. */
    private final CompletableFuture<String> wanted = new CompletableFuture<>();
    private final CountDownLatch finished = new CountDownLatch(1);
    private final Thread hook = new Thread(this::stop, "stop");
    private volatile int exitCode = TunDaemon.EXIT_FAILED;

    private StopSignal() {
    }

    public static StopSignal install() {
        StopSignal signal = new StopSignal();
        Runtime.getRuntime().addShutdownHook(signal.hook);
        return signal;
    }

    /** Waits for a signal or a failure. @return the failure, null for a signal */
    public String await() throws InterruptedException {
        try {
            return wanted.get();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e); // it is never completed so
        }
    }

    /** Something that cannot be lived without is gone: as a signal, but with a reason. */
    public void fail(String failure) {
        wanted.complete(failure);
    }

    /** Everything has been taken down; without a signal the process just goes on. */
    public void finished(int code) {
        exitCode = code;
        finished.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException _) {
            // The process is ending: the hook runs.
        }
    }

    private void stop() {
        wanted.complete(null);
        try {
            if (!finished.await(STOP_SECONDS, TimeUnit.SECONDS)) {
                System.err.println("mptcp-tun: not stopped in order within " + STOP_SECONDS + " s");
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        System.out.flush();
        System.err.flush();
        Runtime.getRuntime().halt(exitCode);
    }
}
