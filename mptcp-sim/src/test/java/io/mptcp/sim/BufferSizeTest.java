package io.mptcp.sim;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.stack.ConnectOptions;
import io.mptcp.stack.StackConfig;
import io.mptcp.tcp.SocketOptions;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** Buffers that size themselves must cost no time, compared with large ones of fixed size in the same network. */
class BufferSizeTest {
    private static final long MB = 1_000_000;
    private static final int LARGE_BYTES = 16 << 20;
    /** 5 MB under way. */
    private static final LinkSpec LONG_FAT = LinkSpec.of(200, 100);

    private static ConnectOptions fixed(int bytes) {
        return ConnectOptions.DEFAULT.withSocket(SocketOptions.DEFAULT.toBuilder().sendBufferBytes(bytes).receiveBufferBytes(bytes).build());
    }

    private static double seconds(ConnectOptions options, UnaryOperator<StackConfig> change, long bytes, LinkSpec... links) {
        Scenario scenario = new Scenario(1).config(change.apply(StackConfig.defaults())).clientOptions(options).serverOptions(options);
        for (LinkSpec link : links) {
            scenario.path(link);
        }
        return scenario.transfer(0, bytes).runUntilDelivered(600).seconds();
    }

    private static void costsNoTime(UnaryOperator<StackConfig> change, long bytes, LinkSpec... links) {
        double large = seconds(fixed(LARGE_BYTES), change, bytes, links);
        double automatic = seconds(ConnectOptions.DEFAULT, change, bytes, links);
        assertTrue(automatic <= 1.05 * large, () -> automatic + " s, with fixed buffers " + large + " s");
    }

    @Test
    void longFatPipeIsFilled() {
        for (long bytes : new long[] {MB, 10 * MB, 100 * MB}) {
            costsNoTime(UnaryOperator.identity(), bytes, LONG_FAT);
        }
    }

    @Test
    void longFatPipeIsFilledByPlainTcp() {
        costsNoTime(config -> config.withMptcp(false), 40 * MB, LONG_FAT);
    }

    @Test
    void longFatPipeIsFilledWithoutTimestamps() {
        costsNoTime(config -> config.withTcp(config.tcp().withTimestamps(false)), 40 * MB, LONG_FAT);
    }

    /** What the others are measured against must be able to fail. */
    @Test
    void smallBuffersOfFixedSizeDoNotFillIt() {
        double large = seconds(fixed(LARGE_BYTES), UnaryOperator.identity(), 10 * MB, LONG_FAT);
        double small = seconds(fixed(1 << 20), UnaryOperator.identity(), 10 * MB, LONG_FAT);
        assertTrue(small > 1.3 * large, () -> small + " s, with large buffers " + large + " s");
    }

    /** Whatever the fast path carries waits at the receiver for the slow one, from the first round trip on. */
    @Test
    void aSlowSecondPathDoesNotMakeTheFastOneWait() {
        for (long bytes : new long[] {MB, 10 * MB}) {
            costsNoTime(UnaryOperator.identity(), bytes, LinkSpec.of(50, 5), LinkSpec.of(20, 150));
            costsNoTime(UnaryOperator.identity(), bytes, LinkSpec.of(20, 150), LinkSpec.of(50, 5));
        }
    }

    @Test
    void lossesOnTwoPathsDoNotStallEither() {
        costsNoTime(UnaryOperator.identity(), 10 * MB, LinkSpec.of(50, 20).withLoss(0.005), LinkSpec.of(50, 30).withLoss(0.005));
    }

    @Test
    void superSegmentsOnAShortPathFindRoom() {
        costsNoTime(UnaryOperator.identity(), 10 * MB, LinkSpec.of(1000, 0.1).withSuperSegments(64_000).withMerging(0.05));
    }
}
