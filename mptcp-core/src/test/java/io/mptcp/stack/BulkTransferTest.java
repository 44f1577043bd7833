package io.mptcp.stack;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import java.util.function.Predicate;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BulkTransferTest {
    private static final int SIZE = 2_000_000;

    @ParameterizedTest(name = "loss {0} of 1000, sack {1}, timestamps {2}, mptcp {3}, checksum {4}")
    @CsvSource({"0,true,true,true,false", "20,true,true,true,false", "20,false,true,false,false", "20,true,false,true,true", "50,true,true,false,false"})
    void everyByteArrivesInOrder(int lossPerMille, boolean sack, boolean timestamps, boolean mptcp, boolean checksum) {
        StackConfig config = StackConfig.defaults().withMptcp(mptcp).withChecksum(checksum)
                .withTcp(io.mptcp.tcp.TcpConfig.defaults().withSack(sack).withTimestamps(timestamps));
        TwoStacks net = new TwoStacks(config, config);
        net.server.listen(new IpEndpoint(IpAddress.ANY, TwoStacks.PORT), false, ConnectOptions.DEFAULT, null);
        Random dice = new Random(7);
        Predicate<TwoStacks.Packet> loss = p -> dice.nextInt(1000) < lossPerMille;
        net.lose = loss;
        byte[] data = new byte[SIZE];
        new Random(3).nextBytes(data);
        byte[] received = new byte[SIZE];
        MptcpConnection client = net.connect();
        int sent = 0;
        int got = 0;
        MptcpConnection server = null;
        for (int step = 0; step < 40_000 && got < SIZE; step++) {
            sent += sent < SIZE ? client.write(MemorySegment.ofArray(data), sent, SIZE - sent) : 0;
            net.run(5);
            if (server == null) {
                server = net.server.nextReady();
            }
            if (server != null) {
                int count = server.read(MemorySegment.ofArray(received), got, SIZE - got);
                got += Math.max(0, count);
            }
        }
        assertEquals(SIZE, got, () -> client.subflows() + " " + net.client.counters().nonZero());
        assertEquals(-1, java.util.Arrays.mismatch(data, received));
    }
}
