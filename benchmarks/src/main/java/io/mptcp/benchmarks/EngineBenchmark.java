package io.mptcp.benchmarks;

import io.mptcp.cli.bench.scale.StackPair;
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
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The whole way of a message through two engines, without any I/O: written, out as one segment, in at the other side, read, and its acknowledgment,
 * where one is due, back again. The connection has two subflows.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(value = 3, jvmArgsAppend = "--enable-native-access=ALL-UNNAMED")
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class EngineBenchmark {
    @Param({"64", "1400", "64000"})
    private int bytes;

    private StackPair stacks;
    private StackPair.Pair connection;

    @Setup
    public void open() {
        stacks = new StackPair(1, 0xffff);
        connection = stacks.open();
    }

    @TearDown
    public void close() {
        stacks.close();
    }

    @Benchmark
    public int message() {
        int read = stacks.carry(connection, bytes);
        if (read != bytes) {
            throw new IllegalStateException(read + " bytes came of " + bytes);
        }
        return read;
    }
}
