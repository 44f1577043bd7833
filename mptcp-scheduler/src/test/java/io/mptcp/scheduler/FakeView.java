package io.mptcp.scheduler;

import io.mptcp.spi.SchedulerView;
import java.util.ArrayList;
import java.util.List;

/** A view made up by a test. */
final class FakeView implements SchedulerView {
    static final long MS = 1_000_000;
    static final int MSS = 1000;

    /** One subflow: by default active, with room, 10 ms away, window of 100 segments. */
    static final class Path {
        boolean available = true;
        boolean active = true;
        boolean backup;
        boolean initial;
        long srttNanos = 10 * MS;
        long cwndBytes = 100 * MSS;
        long inFlightBytes;
        long rate = 10_000_000;
        long ssthreshBytes = 0;
        int weight = 1;
        int cost;
        /** 0 for the RTT. */
        long deliveryNanos;

        Path rtt(long millis) {
            srttNanos = millis * MS;
            return this;
        }

        Path inFlight(long bytes) {
            inFlightBytes = bytes;
            return this;
        }

        Path rate(long bytesPerSecond) {
            rate = bytesPerSecond;
            return this;
        }

        Path cwnd(long bytes) {
            cwndBytes = bytes;
            return this;
        }

        Path slowStart() {
            ssthreshBytes = Long.MAX_VALUE;
            return this;
        }

        Path weight(int share) {
            weight = share;
            return this;
        }

        Path cost(int price) {
            cost = price;
            return this;
        }

        Path backup() {
            backup = true;
            return this;
        }

        Path initial() {
            initial = true;
            return this;
        }

        Path full() {
            available = false;
            return this;
        }

        Path dead() {
            available = false;
            active = false;
            return this;
        }
    }

    final List<Path> paths = new ArrayList<>();
    boolean reinjection;
    long pendingBytes = 100_000_000;
    long sendWindowBytes = 1_000_000;
    long nowNanos;
    long blockings;

    FakeView(Path... paths) {
        this.paths.addAll(List.of(paths));
    }

    static Path path() {
        return new Path();
    }

    @Override
    public int subflowCount() {
        return paths.size();
    }

    @Override
    public boolean isAvailable(int index) {
        return paths.get(index).available;
    }

    @Override
    public boolean isActive(int index) {
        return paths.get(index).active;
    }

    @Override
    public boolean isBackup(int index) {
        return paths.get(index).backup;
    }

    @Override
    public long srttNanos(int index) {
        return paths.get(index).srttNanos;
    }

    @Override
    public long rttVarNanos(int index) {
        return paths.get(index).srttNanos / 4;
    }

    @Override
    public long cwndBytes(int index) {
        return paths.get(index).cwndBytes;
    }

    @Override
    public long inFlightBytes(int index) {
        return paths.get(index).inFlightBytes;
    }

    @Override
    public long deliveryNanos(int index) {
        return paths.get(index).deliveryNanos != 0 ? paths.get(index).deliveryNanos : paths.get(index).srttNanos;
    }

    @Override
    public long rateBytesPerSecond(int index) {
        return paths.get(index).rate;
    }

    @Override
    public long ssthreshBytes(int index) {
        return paths.get(index).ssthreshBytes;
    }

    @Override
    public long nowNanos() {
        return nowNanos;
    }

    @Override
    public long blockings() {
        return blockings;
    }

    @Override
    public long sendWindowBytes() {
        return sendWindowBytes;
    }

    @Override
    public int mssBytes(int index) {
        return MSS;
    }

    @Override
    public boolean isInitial(int index) {
        return paths.get(index).initial;
    }

    @Override
    public int cost(int index) {
        return paths.get(index).cost;
    }

    @Override
    public int weight(int index) {
        return paths.get(index).weight;
    }

    @Override
    public boolean isReinjection() {
        return reinjection;
    }

    @Override
    public long pendingBytes() {
        return pendingBytes;
    }

    @Override
    public long windowBytes() {
        return 1_000_000;
    }
}
