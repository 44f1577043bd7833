package io.mptcp.sim.script.tcp;

import static io.mptcp.sim.script.Packet.packet;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.mptcp.sim.script.FakePeer;
import io.mptcp.sim.script.Script;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.tcp.SocketOptions;
import org.junit.jupiter.api.Test;

/** What a sender's time went by with (Linux: tcpi_busy_time, tcpi_rwnd_limited, tcpi_sndbuf_limited). */
class SendTimesTest {
    private static final int MSS = FakePeer.MSS;
    private static final int SMALLEST_BUFFER_BYTES = 4096;

    private final Script script = Script.tcp();
    private FakePeer peer;
    private MptcpConnection connection;

    private void connect() {
        script.listen();
        peer = FakePeer.client(script).openPlain();
        connection = script.accepted();
    }

    private void assertMillis(long busy, long receiveWindow, long sendBuffer) {
        long now = script.nowNanos();
        assertEquals(busy, connection.busyNanos(now) / 1_000_000, "busy");
        assertEquals(receiveWindow, connection.receiveWindowLimitedNanos(now) / 1_000_000, "limited by the peer's window");
        assertEquals(sendBuffer, connection.sendBufferLimitedNanos(now) / 1_000_000, "limited by the send buffer");
    }

    @Test
    void busyFromTheWriteToTheAcknowledgment() {
        connect();
        script.advance(100);
        Script.write(connection, "data");
        script.advance(10);
        peer.skip();
        peer.ack();
        script.advance(50);
        assertMillis(10, 0, 0);
    }

    @Test
    void limitedByAWindowWithoutRoomForASegment() {
        connect();
        peer.inject(packet(".").window(0));
        Script.write(connection, "data");
        script.advance(30);
        assertMillis(30, 30, 0);
        peer.inject(packet(".").window(60_000));
        script.advance(5);
        assertMillis(35, 30, 0);
    }

    @Test
    void limitedByTheSendBufferWhileTheCongestionWindowHasRoom() {
        connect();
        connection.setSocketOptions(SocketOptions.NO_DELAY.toBuilder().sendBufferBytes(SMALLEST_BUFFER_BYTES).build());
        Script.write(connection, Script.pattern(4 * MSS));
        script.advance(20);
        assertMillis(20, 0, 20);
        peer.skip();
        peer.inject(packet(".").ack(1 + SMALLEST_BUFFER_BYTES));
        script.advance(20);
        assertMillis(20, 0, 20);
    }
}
