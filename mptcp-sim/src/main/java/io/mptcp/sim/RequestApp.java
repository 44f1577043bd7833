package io.mptcp.sim;

import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.Readiness;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Asks an {@link EchoApp}: writes a request, waits for the whole answer, pauses, and so on; then ends its stream. */
public final class RequestApp implements StreamApp {
    private final Pattern pattern;
    private final StreamChecker checker;
    private final int requestBytes;
    private final int rounds;
    private final long pauseNanos;
    private final MemorySegment buffer;
    private long written;
    private int round;
    private boolean paused;
    private boolean shutDown;
    private boolean closed;

    public RequestApp(Simulation simulation, Pattern pattern, int requestBytes, int rounds, long pauseNanos) {
        this.pattern = pattern;
        this.requestBytes = requestBytes;
        this.rounds = rounds;
        this.pauseNanos = pauseNanos;
        this.checker = new StreamChecker(simulation, "client", pattern, (long) requestBytes * rounds);
        this.buffer = Arena.ofAuto().allocate(requestBytes);
    }

    @Override
    public void ready(Host host, MptcpConnection connection, int readiness) {
        readAll(connection);
        if (!paused && round > 0 && round < rounds && checker.receivedBytes() == (long) round * requestBytes) {
            paused = true;
            host.after(pauseNanos, () -> {
                paused = false;
                ask(connection);
            });
        } else if (!paused) {
            ask(connection);
        }
        if (checker.isComplete() && !shutDown) {
            shutDown = true;
            connection.shutdownOutput();
        }
        closed |= (readiness & Readiness.CLOSED) != 0;
    }

    private void ask(MptcpConnection connection) {
        if (round < rounds && checker.receivedBytes() == (long) round * requestBytes && written == checker.receivedBytes()) {
            round++;
        }
        long target = (long) round * requestBytes;
        while (written < target && !connection.isClosed()) {
            int length = (int) (target - written);
            pattern.fill(written, buffer, 0, length);
            int taken = connection.write(buffer, 0, length);
            written += taken;
            if (taken == 0) {
                return;
            }
        }
    }

    private void readAll(MptcpConnection connection) {
        while (!checker.hasEnded()) {
            int length = connection.read(buffer, 0, requestBytes);
            if (length < 0) {
                checker.end();
            } else if (length == 0) {
                return;
            } else {
                checker.accept(buffer, 0, length);
            }
        }
    }

    public StreamChecker checker() {
        return checker;
    }

    public boolean isClosed() {
        return closed;
    }

    @Override
    public String toString() {
        return "requests " + round + "/" + rounds + " answered " + checker.receivedBytes() / requestBytes;
    }
}
