package io.mptcp.stack;

import io.mptcp.wire.Checksum;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import io.mptcp.wire.PacketSlot;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.Random;
import java.util.function.Predicate;

/** Two stacks joined by links of fixed delay and no limits: enough to watch handshakes and closes. The simulator is for everything more. */
final class TwoStacks {
    static final long DELAY_NANOS = 10_000_000L;
    static final int PORT = 5000;

    record Packet(long atNanos, boolean toServer, int linkId, byte[] bytes, long[] addresses) {
    }

    final Stack client;
    final Stack server;
    long nowNanos = 1_000_000_000L;
    /** Packets to lose. */
    Predicate<Packet> lose = p -> false;
    private final ArrayDeque<Packet> wire = new ArrayDeque<>();
    private final PacketSlot slot = new PacketSlot();
    private final MemorySegment memory = Arena.ofAuto().allocate(70_000);

    TwoStacks(StackConfig clientConfig, StackConfig serverConfig) {
        client = new Stack(clientConfig, new Random(1)::nextLong);
        server = new Stack(serverConfig, new Random(2)::nextLong);
        for (int link = 0; link < 2; link++) {
            client.addLink(link, LinkProperties.ofMtu(1500));
            server.addLink(link, LinkProperties.ofMtu(1500));
        }
    }

    static IpAddress clientAddress(int link) {
        return IpAddress.parse("10.0." + link + ".1");
    }

    static IpEndpoint serverEndpoint() {
        return new IpEndpoint(IpAddress.parse("10.9.9.9"), PORT);
    }

    MptcpConnection connect() {
        return client.connect(0, new IpEndpoint(clientAddress(0), 0), serverEndpoint(), ConnectOptions.DEFAULT, null);
    }

    /** Runs until {@code millis} of virtual time have passed. */
    void run(long millis) {
        long end = nowNanos + millis * 1_000_000L;
        while (true) {
            flush(client, true);
            flush(server, false);
            long next = Math.min(client.deadlineNanos(), server.deadlineNanos());
            if (!wire.isEmpty()) {
                next = Math.min(next, wire.peek().atNanos());
            }
            if (next > end) {
                nowNanos = end;
                return;
            }
            if (next < nowNanos) {
                throw new AssertionError("deadline in the past");
            }
            nowNanos = next;
            while (!wire.isEmpty() && wire.peek().atNanos() <= nowNanos) {
                deliver(wire.poll());
            }
            client.expire(nowNanos);
            server.expire(nowNanos);
        }
    }

    private void flush(Stack stack, boolean toServer) {
        slot.buffer = memory;
        slot.offset = 100;
        slot.gather = false;
        while (stack.transmit(nowNanos, slot)) {
            Checksum.fillTcp(slot);
            byte[] bytes = memory.asSlice(slot.offset, slot.length).toArray(ValueLayout.JAVA_BYTE);
            Packet packet = new Packet(nowNanos + DELAY_NANOS, toServer, slot.linkId, bytes,
                    new long[] {slot.sourceHi, slot.sourceLo, slot.destinationHi, slot.destinationLo});
            if (!lose.test(packet)) {
                wire.add(packet);
            }
            slot.offset = 100;
        }
        if (stack.deadlineNanos() <= nowNanos) {
            stack.expire(nowNanos);
        }
    }

    private void deliver(Packet packet) {
        slot.linkId = packet.linkId();
        slot.sourceHi = packet.addresses()[0];
        slot.sourceLo = packet.addresses()[1];
        slot.destinationHi = packet.addresses()[2];
        slot.destinationLo = packet.addresses()[3];
        slot.buffer = memory;
        slot.offset = 100;
        slot.length = packet.bytes().length;
        slot.checksumState = PacketSlot.CHECKSUM_UNVERIFIED;
        slot.clearPayloadReference();
        MemorySegment.copy(packet.bytes(), 0, memory, ValueLayout.JAVA_BYTE, 100, packet.bytes().length);
        (packet.toServer() ? server : client).receive(nowNanos, slot);
    }

    static int write(MptcpConnection connection, String text) {
        byte[] bytes = text.getBytes(java.nio.charset.StandardCharsets.UTF_8);
        return connection.write(MemorySegment.ofArray(bytes), 0, bytes.length);
    }

    /** What can be read now, as text; null at the end of the stream. */
    static String read(MptcpConnection connection) {
        byte[] bytes = new byte[1 << 16];
        int count = connection.read(MemorySegment.ofArray(bytes), 0, bytes.length);
        return count < 0 ? null : new String(bytes, 0, count, java.nio.charset.StandardCharsets.UTF_8);
    }

    /** The next connection with readiness, which is expected to be there. */
    static MptcpConnection ready(Stack stack) {
        MptcpConnection connection = stack.nextReady();
        if (connection == null) {
            throw new AssertionError("no connection is ready");
        }
        return connection;
    }
}
