package io.mptcp.cli.lab;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A program that runs in a namespace of the laboratory; it is stopped with the laboratory at the latest. */
public final class LabProcess implements AutoCloseable {
    private static final long TERMINATION_SECONDS = 3;

    private final String name;
    private final Process process;
    private final List<String> lines = new ArrayList<>();
    private boolean ended;

    LabProcess(String name, Process process) {
        this.name = name;
        this.process = process;
    }

    /** The process itself: its streams are free to use, except those given to {@link #collect}. */
    public Process process() {
        return process;
    }

    /** Collects the lines of a stream of the process in the background. Call it once. */
    LabProcess collect(InputStream stream) {
        Thread.ofPlatform().daemon().name(name + "-output").start(() -> {
            try (BufferedReader reader = new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
                for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                    add(line);
                }
            } catch (IOException closed) {
                // The process was killed: what it said so far is what there is.
            }
            end();
        });
        return this;
    }

    /** What was collected so far. */
    public synchronized List<String> lines() {
        return List.copyOf(lines);
    }

    /**
     * Waits for a collected line that contains {@code text}.
     *
     * @throws LabException when the process ends or the time passes without it; the message carries the last line it said
     */
    public synchronized String awaitLine(String text, Duration patience) {
        long deadlineNanos = System.nanoTime() + patience.toNanos();
        int seen = 0;
        while (true) {
            for (; seen < lines.size(); seen++) {
                if (lines.get(seen).contains(text)) {
                    return lines.get(seen);
                }
            }
            String missing = " without \"" + text + "\"; " + (lines.isEmpty() ? "it said nothing" : "its last line: " + lines.getLast());
            if (ended) {
                throw new LabException(name + " ended" + missing);
            }
            pause(deadlineNanos, " is not ready" + missing);
        }
    }

    /** Waits for news, or fails when it is too late for them. */
    private void pause(long deadlineNanos, String complaint) {
        long leftMillis = (deadlineNanos - System.nanoTime()) / 1_000_000;
        if (leftMillis <= 0) {
            throw new LabException(name + complaint);
        }
        try {
            wait(leftMillis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LabException("interrupted while waiting for " + name, e);
        }
    }

    /** Waits until everything it said is collected; that is after its end, and after that of what it started. */
    public synchronized void awaitEndOfOutput(Duration patience) {
        long deadlineNanos = System.nanoTime() + patience.toNanos();
        while (!ended) {
            pause(deadlineNanos, " keeps its output open");
        }
    }

    /**
     * Waits for the end.
     *
     * @return its exit code
     */
    public int awaitExit(Duration patience) {
        try {
            if (!process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new LabException(name + " did not end within " + patience.toSeconds() + " s");
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LabException("interrupted while waiting for " + name, e);
        }
    }

    /** Asks the process to end (SIGTERM), insists (SIGKILL) after a while. */
    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(TERMINATION_SECONDS, TimeUnit.SECONDS)) {
                kill();
            }
        } catch (InterruptedException e) {
            kill();
            Thread.currentThread().interrupt();
        }
    }

    /** SIGKILL. */
    public void kill() {
        process.destroyForcibly();
    }

    private synchronized void add(String line) {
        lines.add(line);
        notifyAll();
    }

    private synchronized void end() {
        ended = true;
        notifyAll();
    }
}
