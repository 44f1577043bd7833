package io.mptcp.sim.script.tcp;

import static io.mptcp.sim.script.Packet.packet;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.sim.script.FakePeer;
import io.mptcp.sim.script.Script;
import io.mptcp.sim.script.Segment;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.StackConfig;
import io.mptcp.tcp.SocketOptions;
import io.mptcp.tcp.TcpConfig;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A receive window that sizes itself: RFC 9293 section 3.8.6, RFC 8684 section 3.3.4. */
class ReceiveWindowTest {
    private static final int RTT_MILLIS = 100;
    private static final int MAX_BYTES = 16 << 20;

    private Script script;
    private FakePeer peer;
    private MptcpConnection connection;
    private int shift;
    private long edge;
    private final MemorySegment sink = MemorySegment.ofArray(new byte[MAX_BYTES]);

    private void open(boolean mptcp, boolean timestamps) {
        script = new Script(StackConfig.defaults()).listen();
        peer = FakePeer.client(script);
        peer.rttMillis = RTT_MILLIS;
        peer.offersTimestamps = timestamps;
        if (mptcp) {
            peer.openMptcp();
        } else {
            peer.openPlain();
        }
        connection = script.accepted();
        shift = TcpConfig.defaults().windowShift();
        edge = 1;
        peer.send(new byte[10]);
        read();
        script.advance(50);
        look();
    }

    private void read() {
        connection.read(sink, 0, MAX_BYTES);
    }

    /** Takes all acknowledgments. @return the window of the last, in bytes */
    private long look() {
        long window = 0;
        for (Segment segment = peer.poll(); segment != null; segment = peer.poll()) {
            window = (long) segment.window << shift;
            long newEdge = (segment.dataAck > 0 ? segment.dataAck : segment.ack) + window;
            assertTrue(newEdge >= edge, "the edge moved from " + edge + " to " + newEdge);
            edge = newEdge;
        }
        return window;
    }

    /** One round trip of a peer with this congestion window: full segments, each read at once, and then silence to the end of the round. */
    private long round(int segments, boolean reads) {
        for (int i = 0; i < segments; i++) {
            peer.send(new byte[1400]);
            if (reads) {
                read();
            }
        }
        long window = look();
        script.advance(RTT_MILLIS);
        return Math.max(window, look());
    }

    @Test
    void theFirstWindowIsSmall() {
        open(true, true);
        assertTrue(edge <= 10 + 66_000, () -> "edge " + edge);
        assertTrue(edge >= 60_000);
    }

    /** What the peer may send in the next round of its slow start, twice as much, has to be allowed before this one ends. */
    @ParameterizedTest(name = "mptcp {0}, timestamps {1}")
    @CsvSource({"true,true", "true,false", "false,true", "false,false"})
    void aFastReadersWindowIsAheadOfSlowStart(boolean mptcp, boolean timestamps) {
        open(mptcp, timestamps);
        for (int segments = 10; segments <= 2560; segments *= 2) {
            long window = round(segments, true);
            long next = 2L * segments * 1400;
            assertTrue(window >= next, segments + " segments read, window " + window + " for the next " + next);
        }
        assertTrue(edge - connection.bytesReceived() > 4_000_000);
        assertTrue(edge - connection.bytesReceived() <= MAX_BYTES);
        assertEquals(0, script.stack.bufferBytes(), "what has been read costs nothing");
    }

    @Test
    void aReaderOfLittleKeepsASmallWindow() {
        open(true, true);
        for (int i = 0; i < 100; i++) {
            round(5, true);
        }
        assertTrue(edge - connection.bytesReceived() <= 70_000);
    }

    @Test
    void aReaderThatStopsGetsNoMoreThanItsWindow() {
        open(true, true);
        long window;
        do {
            window = round(1, false);
        } while (window > 1400);
        assertTrue(connection.readableBytes() <= 128 * 1024, () -> connection.readableBytes() + " bytes");
        assertTrue(script.stack.bufferBytes() <= 144 * 1024, () -> script.stack.bufferBytes() + " bytes of memory");
    }

    /** Each acknowledgment rounds the edge up by less than a unit; that must not add up. */
    @Test
    void singleBytesDoNotPushTheWindowOfAReaderThatStopped() {
        open(true, true);
        for (int i = 0; i < 70_000; i++) {
            peer.send(new byte[1]);
            peer.send(new byte[1]);
            for (Segment segment = peer.poll(); segment != null; segment = peer.poll()) {
                edge = Math.max(edge, segment.dataAck + ((long) segment.window << shift));
            }
        }
        assertTrue(edge <= 10 + 128 * 1024 + 512, () -> "edge " + edge);
    }

    /** One byte far ahead, at the edge of a window that has grown large, costs a page of memory. */
    @Test
    void oneByteAtTheEdgeCostsOnePage() {
        open(false, true);
        for (int segments = 10; segments <= 640; segments *= 2) {
            round(segments, true);
        }
        assertTrue(edge - peer.sndNxt > 1_000_000);
        peer.inject(packet("P.").seq(edge - 1).data("x"));
        assertEquals(16 * 1024, script.stack.bufferBytes());
    }

    @Test
    void dataFarBeyondTheEdgeIsRefused() {
        open(true, true);
        byte[] data = new byte[100];
        long far = edge + 200_000;
        peer.inject(packet("P.").seq(20_000).data(data).option(peer.dss(peer.map(far, 20_000, data))));
        assertEquals(0, script.stack.bufferBytes());
        Segment ack = peer.skip();
        assertEquals(0, ack.sack.length, "as if it had been lost");
    }

    @Test
    void aSizeTheApplicationChoseIsKept() {
        open(true, true);
        connection.setSocketOptions(SocketOptions.DEFAULT.toBuilder().receiveBufferBytes(1 << 20).build());
        long window = round(1, true);
        assertTrue(window > 900_000 && window <= 1 << 20, "window " + window);
        for (int segments = 10; segments <= 640; segments *= 2) {
            round(segments, true);
        }
        assertTrue(edge - connection.bytesReceived() <= (1 << 20) + 4096, "but for rounding");
        connection.setSocketOptions(SocketOptions.DEFAULT.toBuilder().receiveBufferBytes(20_000).build());
        long before = edge;
        round(1, true);
        assertTrue(edge >= before && edge < before + 512, "what was promised stays promised, and no more is: " + before + ", " + edge);
    }

    @Test
    void theRightEdgeNeverMovesLeftWhateverIsReadAndSent() {
        for (int seed = 0; seed < 60; seed++) {
            Random random = new Random(seed);
            open(random.nextBoolean(), random.nextBoolean());
            for (int step = 0; step < 150; step++) {
                switch (random.nextInt(6)) {
                    case 0 -> read();
                    case 1 -> script.advance(random.nextInt(300));
                    case 2 -> connection.setSocketOptions(SocketOptions.DEFAULT.toBuilder()
                            .receiveBufferBytes(random.nextBoolean() ? 0 : 4096 + random.nextInt(300_000)).build());
                    default -> {
                        long room = edge - connection.bytesReceived() - 1;
                        for (int i = random.nextInt(30); i > 0 && room > 1400; i--, room -= 1400) {
                            peer.send(new byte[1400]);
                        }
                    }
                }
                look();
                assertEquals(connection.bytesReceived(), peer.sndNxt - 1, "nothing in the window is refused");
            }
        }
    }
}
