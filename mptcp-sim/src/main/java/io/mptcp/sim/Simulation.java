package io.mptcp.sim;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * Virtual time and everything that happens in it. Time jumps from event to event; events of one moment happen in the order they were
 * made, then the hosts they touched run in the order they were added. The same seed and calls give the same run, byte for byte.
 */
public final class Simulation {
    private final long seed;
    private final SeededRandom random;
    private final EventQueue queue = new EventQueue();
    private final List<Host> hosts = new ArrayList<>();
    private final SimPacket.Pool packets = new SimPacket.Pool();
    private final WireLog log = new WireLog();
    private final WireMonitor monitor = new WireMonitor(this);
    private String description = "";
    private String replayCommand = "";
    private long nowNanos;
    private boolean started;

    public Simulation(long seed) {
        this.seed = seed;
        this.random = new SeededRandom(seed);
    }

    public long seed() {
        return seed;
    }

    /** The simulation's own random stream: fork it for anything that draws an unknown number of times. */
    public SeededRandom random() {
        return random;
    }

    public long nowNanos() {
        return nowNanos;
    }

    /** What the run is about, for failure messages. */
    public void describe(String text) {
        description = text;
    }

    /** The command that repeats this run, for failure messages. */
    public void replayWith(String command) {
        replayCommand = command;
    }

    public WireMonitor monitor() {
        return monitor;
    }

    SimPacket.Pool packets() {
        return packets;
    }

    WireLog log() {
        return log;
    }

    void add(Host host) {
        hosts.add(host);
    }

    /** Does something at a point in time, now at the earliest. Hosts it touches have to be woken ({@link Host#wake}). */
    public void at(long timeNanos, Runnable action) {
        schedule(timeNanos, now -> action.run());
    }

    /** Does something after a delay. */
    public void after(long delayNanos, Runnable action) {
        at(nowNanos + delayNanos, action);
    }

    void schedule(long timeNanos, EventQueue.Event event) {
        queue.add(Math.max(timeNanos, nowNanos), event);
    }

    /** Runs to this point in time, which is the new now. */
    public void runTo(long timeNanos) {
        start();
        while (queue.nextTimeNanos() <= timeNanos) {
            step();
        }
        nowNanos = Math.max(nowNanos, timeNanos);
    }

    /**
     * Runs until {@code done}.
     *
     * @throws SimulationFailure when nothing is left to happen, or {@code limitNanos} is reached, and it is still not done
     */
    public void runUntil(BooleanSupplier done, long limitNanos) {
        start();
        while (!done.getAsBoolean()) {
            if (queue.isEmpty()) {
                throw failure("hang: nothing is left to happen, and the scenario is not done");
            }
            if (queue.nextTimeNanos() > limitNanos) {
                throw failure("not done after " + seconds(limitNanos) + " s");
            }
            step();
        }
    }

    private void start() {
        if (!started) {
            started = true;
            runHosts();
        }
    }

    private void step() {
        nowNanos = queue.nextTimeNanos();
        try {
            while (queue.nextTimeNanos() == nowNanos) {
                queue.take().happen(nowNanos);
            }
            runHosts();
        } catch (SimulationFailure e) {
            throw e;
        } catch (RuntimeException | AssertionError e) {
            throw failure(e.toString(), e);
        }
    }

    private void runHosts() {
        for (int i = 0; i < hosts.size(); i++) {
            hosts.get(i).runIfAwake(nowNanos);
        }
    }

    SimulationFailure failure(String what) {
        return failure(what, null);
    }

    private SimulationFailure failure(String what, Throwable cause) {
        StringBuilder text = new StringBuilder(what).append("\n  seed ").append(seed).append(", at ").append(seconds(nowNanos)).append(" s");
        if (!description.isEmpty()) {
            text.append("\n  ").append(description.replace("\n", "\n  "));
        }
        for (Host host : hosts) {
            text.append("\n  ").append(host.describe().replace("\n", "\n    "));
        }
        text.append("\n  last segments:\n").append(log.format());
        if (!replayCommand.isEmpty()) {
            text.append("  replay: ").append(replayCommand);
        }
        return new SimulationFailure(text.toString(), cause);
    }

    static String seconds(long nanos) {
        return String.format("%.6f", nanos / 1e9);
    }
}
