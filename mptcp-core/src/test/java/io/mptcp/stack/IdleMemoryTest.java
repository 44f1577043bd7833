package io.mptcp.stack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What connections cost that have nothing to do, and those that are over. */
class IdleMemoryTest {
    private static final int CONNECTIONS = 1000;
    private static final int MAX_HEAP_BYTES_EACH = 4608;

    private final TwoStacks net = new TwoStacks(StackConfig.defaults(), StackConfig.defaults());

    IdleMemoryTest() {
        net.server.listen(new IpEndpoint(IpAddress.ANY, TwoStacks.PORT), false, ConnectOptions.DEFAULT, null);
    }

    private List<MptcpConnection> open(int count) {
        List<MptcpConnection> open = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            open.add(net.connect());
        }
        net.run(50);
        for (MptcpConnection connection = net.server.nextReady(); connection != null; connection = net.server.nextReady()) {
            if ((connection.takeReadiness() & Readiness.ACCEPTED) != 0) {
                open.add(connection);
            }
        }
        for (MptcpConnection connection = net.client.nextReady(); connection != null; connection = net.client.nextReady()) {
            connection.takeReadiness();
        }
        assertEquals(2 * count, open.size());
        return open;
    }

    /** Both ends of each say something and hear it. */
    private void talk(List<MptcpConnection> connections) {
        String text = "x".repeat(3000);
        for (MptcpConnection connection : connections) {
            assertEquals(3000, TwoStacks.write(connection, text));
        }
        net.run(200);
        for (MptcpConnection connection : connections) {
            assertEquals(text, TwoStacks.read(connection));
        }
        net.run(200);
    }

    @Test
    void anIdleConnectionHoldsNoPayloadMemoryAndFewKilobytesOfHeap() {
        talk(open(10)); // classes and tables
        long before = heapBytes();
        List<MptcpConnection> connections = open(CONNECTIONS);
        talk(connections);
        assertEquals(0, net.client.bufferBytes());
        assertEquals(0, net.server.bufferBytes());
        net.run(30_000);
        assertEquals(0, net.client.spareBufferBytes() + net.server.spareBufferBytes(), "spare memory goes back as well");
        long each = (heapBytes() - before) / connections.size();
        assertEquals(2 * CONNECTIONS, connections.stream().filter(MptcpConnection::isConnected).count());
        assertTrue(each <= MAX_HEAP_BYTES_EACH, () -> each + " bytes");
    }

    @Test
    void tenThousandConnectionsThatAreOverLeaveNothing() {
        for (int round = 0; round < 50; round++) {
            List<MptcpConnection> connections = open(200);
            talk(connections);
            connections.forEach(MptcpConnection::close);
            net.run(200);
        }
        assertEquals(0, net.client.bufferBytes());
        assertEquals(0, net.server.bufferBytes());
        net.run(400_000); // TIME-WAIT, too
        assertEquals(0, net.client.connectionCount());
        assertEquals(0, net.server.connectionCount());
        assertEquals(0, net.client.spareBufferBytes() + net.server.spareBufferBytes());
        assertEquals(Long.MAX_VALUE, Math.min(net.client.deadlineNanos(), net.server.deadlineNanos()));
    }

    @Test
    void closingTheStackFreesWhatItsConnectionsHold() {
        List<MptcpConnection> connections = open(20);
        for (MptcpConnection connection : connections) {
            TwoStacks.write(connection, "x".repeat(50_000));
        }
        net.run(15);
        assertTrue(net.client.bufferBytes() > 0);
        assertTrue(net.server.bufferBytes() > 0);
        long sent = connections.getFirst().subflows().getFirst().bytesSent();
        net.client.close();
        net.server.close();
        assertEquals(0, net.client.bufferBytes() + net.client.spareBufferBytes());
        assertEquals(0, net.server.bufferBytes() + net.server.spareBufferBytes());
        assertEquals(sent, connections.getFirst().subflows().getFirst().bytesSent(), "statistics outlive it");
        assertEquals(0, TwoStacks.write(connections.getFirst(), "late"));
    }

    private long heapBytes() {
        return ReachableSize.of(net.client, net.server);
    }
}
