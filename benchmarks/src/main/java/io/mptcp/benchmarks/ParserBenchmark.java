package io.mptcp.benchmarks;

import io.mptcp.tcp.IncomingSegment;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpHeaders;
import io.mptcp.wire.OptionWriter;
import io.mptcp.wire.PacketSlot;
import io.mptcp.wire.TcpSegment;
import java.lang.foreign.Arena;
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

/** From an IP packet to a segment taken apart, with all its options; and the options on their way out. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(value = 3, jvmArgsAppend = "--enable-native-access=ALL-UNNAMED")
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class ParserBenchmark {
    private static final int PAYLOAD_BYTES = 1400;

    /** What a segment carries. */
    public enum Kind { DATA, ACK, SACK }

    @Param
    private Kind kind;

    private final PacketSlot slot = new PacketSlot();
    private final PacketSlot parsed = new PacketSlot();
    private final IncomingSegment segment = new IncomingSegment();
    private final OptionWriter writer = new OptionWriter();
    private final int[] left = {5000, 9000, 13_000};
    private final int[] right = {7000, 11_000, 15_000};
    private int packetOffset;
    private int packetBytes;

    @Setup
    public void build() {
        slot.buffer = Arena.ofAuto().allocate(4096, 64);
        slot.offset = 256;
        slot.sourceHi = IpAddress.parse("10.0.0.1").hi();
        slot.sourceLo = IpAddress.parse("10.0.0.1").lo();
        slot.destinationHi = IpAddress.parse("10.0.0.2").hi();
        slot.destinationLo = IpAddress.parse("10.0.0.2").lo();
        int headerBytes = TcpSegment.MIN_HEADER_LENGTH + writeOptions();
        int payloadBytes = kind == Kind.DATA ? PAYLOAD_BYTES : 0;
        TcpSegment.encode(slot.buffer, slot.offset, 40_000, 443, 1000, 2000, headerBytes, TcpSegment.ACK, 512);
        slot.length = headerBytes + payloadBytes;
        int ipBytes = IpHeaders.encodeHeader(slot, 1);
        packetOffset = slot.offset - ipBytes;
        packetBytes = ipBytes + slot.length;
    }

    @Benchmark
    public int writeOptions() {
        writer.begin(slot.buffer, slot.offset + TcpSegment.MIN_HEADER_LENGTH);
        writer.timestamps(123_456, 654_321);
        switch (kind) {
            case DATA -> writer.dssMapping(true, false, 77_777, true, 1L << 40, 4711, PAYLOAD_BYTES, false, -1);
            case ACK -> writer.dssAck(true, 1L << 40);
            case SACK -> {
                writer.dssAck(false, 77_777);
                writer.sack(left, right, left.length, 0);
            }
        }
        return writer.finish();
    }

    @Benchmark
    public IncomingSegment parse() {
        if (!IpHeaders.toSlot(slot.buffer, packetOffset, packetBytes, parsed)
                || !TcpSegment.validate(parsed.buffer, parsed.offset, parsed.length)) {
            throw new IllegalStateException("the benchmark's own packet is wrong");
        }
        segment.read(parsed);
        return segment;
    }
}
