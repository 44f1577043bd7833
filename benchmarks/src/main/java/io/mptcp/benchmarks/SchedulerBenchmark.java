package io.mptcp.benchmarks;

import io.mptcp.scheduler.Schedulers;
import io.mptcp.spi.PacketScheduler;
import io.mptcp.spi.SchedulerView;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** One decision: which subflow carries the next segment. Every other subflow is slower than the one before, and the last has no room. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(value = 3, jvmArgsAppend = "--enable-native-access=ALL-UNNAMED")
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class SchedulerBenchmark {
    @Param({"default", "minrtt", "roundrobin", "blest", "ecf", "redundant"})
    private String name;

    @Param({"2", "8"})
    private int subflows;

    private PacketScheduler scheduler;
    private View view;

    @Setup
    public void create() {
        scheduler = Schedulers.create(name);
        view = new View(subflows);
    }

    @Benchmark
    public long select() {
        view.nowNanos += 1000;
        return scheduler.select(view);
    }

    private static final class View implements SchedulerView {
        private static final int MSS_BYTES = 1400;
        private static final long CWND_BYTES = 100L * MSS_BYTES;
        private final int count;
        private long nowNanos;

        View(int count) {
            this.count = count;
        }

        @Override
        public int subflowCount() {
            return count;
        }

        @Override
        public boolean isAvailable(int index) {
            return index < count - 1;
        }

        @Override
        public boolean isActive(int index) {
            return true;
        }

        @Override
        public boolean isBackup(int index) {
            return false;
        }

        @Override
        public long srttNanos(int index) {
            return (10 + 5L * index) * 1_000_000;
        }

        @Override
        public long rttVarNanos(int index) {
            return 1_000_000;
        }

        @Override
        public long cwndBytes(int index) {
            return CWND_BYTES;
        }

        @Override
        public long inFlightBytes(int index) {
            return index < count - 1 ? CWND_BYTES / 2 : CWND_BYTES;
        }

        @Override
        public long deliveryNanos(int index) {
            return srttNanos(index) * 3 / 2;
        }

        @Override
        public long rateBytesPerSecond(int index) {
            return 1_000_000_000 * CWND_BYTES / srttNanos(index);
        }

        @Override
        public long ssthreshBytes(int index) {
            return CWND_BYTES;
        }

        @Override
        public int mssBytes(int index) {
            return MSS_BYTES;
        }

        @Override
        public boolean isInitial(int index) {
            return index == 0;
        }

        @Override
        public int weight(int index) {
            return 1;
        }

        @Override
        public boolean isReinjection() {
            return false;
        }

        @Override
        public long pendingBytes() {
            return 10 * CWND_BYTES;
        }

        @Override
        public long nowNanos() {
            return nowNanos;
        }

        @Override
        public long blockings() {
            return 0;
        }

        @Override
        public long sendWindowBytes() {
            return 20 * CWND_BYTES;
        }

        @Override
        public long windowBytes() {
            return 10 * CWND_BYTES;
        }
    }
}
