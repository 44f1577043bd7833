package io.mptcp.cli.bench.scale;

import io.mptcp.pm.HostPathManager;
import io.mptcp.pm.Path;
import io.mptcp.stack.ConnectOptions;
import io.mptcp.stack.Limits;
import io.mptcp.stack.LinkProperties;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.Readiness;
import io.mptcp.stack.Stack;
import io.mptcp.stack.StackConfig;
import io.mptcp.tcp.SocketOptions;
import io.mptcp.tcp.TcpConfig;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import io.mptcp.wire.PacketSlot;
import io.mptcp.wire.TcpSegment;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Two stacks that hand each other their segments in the same thread, over two links without loss or delay: nothing but the engine at both ends.
 * Time is virtual and goes on with every segment.
 */
public final class StackPair implements AutoCloseable {
    /** Goes over the connection in either direction before it is idle. */
    static final int MESSAGE_BYTES = 1000;
    private static final int MTU_BYTES = 1500;
    private static final int MAX_SEGMENT_BYTES = TcpSegment.MAX_HEADER_LENGTH + 0xffff;
    private static final long SEGMENT_NANOS = 1_000;
    private static final int PORTS_OF_AN_ADDRESS = 10_000;
    /** Buffers of the size that two busy connections have at this speed, so that memory for payload is no part of the comparison. */
    private static final int BUFFER_BYTES = 256 << 10;
    private static final IpAddress[] CLIENT = {IpAddress.parse("10.1.0.1"), IpAddress.parse("10.2.0.1")};
    private static final String SERVER = "10.9.0.";
    private static final ConnectOptions OPTIONS = ConnectOptions.DEFAULT.withSocket(SocketOptions.NO_DELAY);

    private final Stack client;
    private final Stack server;
    private final PacketSlot slot = new PacketSlot();
    private final MemorySegment block = Arena.ofAuto().allocate(64 << 10, 64);
    private long nowNanos = 1;
    private long segments;
    private int opened;

    /** @param superSegmentBytes largest payload of one segment, 0 for one MSS */
    public StackPair(int connections, int superSegmentBytes) {
        SplittableRandom random = new SplittableRandom(1);
        Limits limits = Limits.defaults().toBuilder().maxConnections(connections).maxBufferBytes(8L << 30).build();
        StackConfig config = StackConfig.defaults().withLimits(limits).withTcp(TcpConfig.defaults().withBuffers(BUFFER_BYTES, BUFFER_BYTES));
        client = new Stack(config.withPathManager(HostPathManager.forPaths(List.of(
                new Path(0, CLIENT[0], null, false), new Path(1, CLIENT[1], null, false)), 0, List.of())), random::nextLong);
        server = new Stack(config, random::nextLong);
        LinkProperties link = new LinkProperties(MTU_BYTES, superSegmentBytes, 1, false);
        for (int linkId = 0; linkId < CLIENT.length; linkId++) {
            client.addLink(linkId, link);
            server.addLink(linkId, link);
        }
        client.setPortRange(1024, 65_535);
        server.listen(new IpEndpoint(IpAddress.ANY, 0), false, OPTIONS, null);
        slot.buffer = Arena.ofAuto().allocate(MAX_SEGMENT_BYTES);
    }

    /** A connection as its two applications have it. */
    public static final class Pair {
        private final MptcpConnection atClient;
        private MptcpConnection atServer;

        private Pair(MptcpConnection atClient) {
            this.atClient = atClient;
        }
    }

    /**
     * Opens a connection with two subflows, and sends a message each way.
     *
     * @throws IllegalStateException when that does not come about
     */
    public Pair open() {
        IpEndpoint remote = new IpEndpoint(IpAddress.parse(SERVER + (1 + opened / PORTS_OF_AN_ADDRESS)), 1 + opened % PORTS_OF_AN_ADDRESS);
        opened++;
        Pair pair = new Pair(client.connect(0, new IpEndpoint(CLIENT[0], 0), remote, OPTIONS, null));
        settle(pair);
        pair.atClient.write(block, 0, MESSAGE_BYTES);
        settle(pair);
        pair.atServer.write(block, 0, MESSAGE_BYTES);
        settle(pair);
        int got = pair.atServer.read(block, 0, (int) block.byteSize()) + pair.atClient.read(block, 0, (int) block.byteSize());
        settle(pair);
        if (got != 2 * MESSAGE_BYTES || pair.atClient.subflows().size() != 2 || pair.atServer.subflows().size() != 2) {
            throw new IllegalStateException("a connection has " + pair.atClient.subflows().size() + " subflows, and " + got + " bytes came");
        }
        return pair;
    }

    private void settle(Pair pair) {
        while (exchange() > 0) {
            takeReady(pair);
        }
        advance(50_000_000); // delayed acknowledgments
        while (exchange() > 0) {
            takeReady(pair);
        }
    }

    private void takeReady(Pair pair) {
        for (MptcpConnection ready = server.nextReady(); ready != null; ready = server.nextReady()) {
            if ((ready.takeReadiness() & Readiness.ACCEPTED) != 0 && pair != null) {
                pair.atServer = ready;
            }
        }
        for (MptcpConnection ready = client.nextReady(); ready != null; ready = client.nextReady()) {
            ready.takeReadiness();
        }
    }

    /** Lets time pass without segments. */
    void advance(long nanos) {
        nowNanos += nanos;
        client.expire(nowNanos);
        server.expire(nowNanos);
    }

    /** Writes what there is room for, lets all segments pass that there are then, and reads what has come. @return bytes read */
    long move(Pair pair) {
        while (pair.atClient.write(block, 0, (int) block.byteSize()) > 0) {
            // until it is full
        }
        exchange();
        takeReady(null);
        long bytes = 0;
        for (int count = 1; count > 0; bytes += Math.max(0, count)) {
            count = pair.atServer.read(block, 0, (int) block.byteSize());
        }
        return bytes;
    }

    /** Lets everything arrive that was written, and reads it: the connection is idle then. */
    void rest(Pair pair) {
        int count;
        do {
            exchange();
            takeReady(null);
            count = pair.atServer.read(block, 0, (int) block.byteSize());
        } while (count > 0);
        settle(null);
    }

    /**
     * Writes one message, lets all segments pass that there are then, and reads what has come.
     *
     * @param bytes at most 64 KB
     * @return bytes read
     */
    public int carry(Pair pair, int bytes) {
        pair.atClient.write(block, 0, bytes);
        exchange();
        takeReady(null);
        return pair.atServer.read(block, 0, bytes);
    }

    /** Hands over what either side has to send, a burst at a time, until neither has. @return how many segments that were */
    int exchange() {
        int all = 0;
        for (int burst = 1; burst > 0; all += burst) {
            burst = handOver(client, server) + handOver(server, client);
            if (client.deadlineNanos() <= nowNanos || server.deadlineNanos() <= nowNanos) {
                advance(0);
            }
        }
        return all;
    }

    private int handOver(Stack from, Stack to) {
        int count = 0;
        slot.segmentSize = 0;
        while (count < 64 && from.transmit(nowNanos, slot)) {
            slot.checksumState = PacketSlot.CHECKSUM_VERIFIED;
            to.receive(nowNanos, slot);
            slot.segmentSize = 0;
            nowNanos += SEGMENT_NANOS;
            count++;
        }
        segments += count;
        return count;
    }

    /** Segments that have passed in both directions. */
    long segments() {
        return segments;
    }

    /** Native memory that holds payload, at both ends. */
    long bufferBytes() {
        return client.bufferBytes() + server.bufferBytes();
    }

    @Override
    public void close() {
        client.close();
        server.close();
    }
}
