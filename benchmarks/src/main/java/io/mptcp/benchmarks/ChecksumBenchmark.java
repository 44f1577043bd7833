package io.mptcp.benchmarks;

import io.mptcp.wire.Checksum;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
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

/** The Internet checksum over the payload of a full frame and of a super-segment. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(value = 3, jvmArgsAppend = "--enable-native-access=ALL-UNNAMED")
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class ChecksumBenchmark {
    @Param({"64", "1428", "65000"})
    private int bytes;

    private MemorySegment buffer;

    @Setup
    public void fill() {
        buffer = Arena.ofAuto().allocate(bytes, 64);
        for (int i = 0; i < bytes; i++) {
            buffer.set(ValueLayout.JAVA_BYTE, i, (byte) (i * 31));
        }
    }

    @Benchmark
    public int sum() {
        return Checksum.fold(Checksum.sum(buffer, 0, bytes));
    }
}
