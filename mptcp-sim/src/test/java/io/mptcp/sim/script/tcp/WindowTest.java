package io.mptcp.sim.script.tcp;

import static io.mptcp.sim.script.Packet.packet;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.sim.script.FakePeer;
import io.mptcp.sim.script.Script;
import io.mptcp.sim.script.Segment;
import io.mptcp.stack.CloseReason;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.StackConfig;
import io.mptcp.tcp.TcpConfig;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Flow control: RFC 9293 section 3.8.6 and RFC 7323 section 2.4. */
class WindowTest {
    private static final int BUFFER = 64 * 1024;

    private final Script script = new Script(StackConfig.defaults().withMptcp(false).withTcp(TcpConfig.defaults().withBuffers(1 << 20, BUFFER)))
            .listen();
    private final FakePeer peer = FakePeer.client(script);
    private MptcpConnection connection;

    private void connect() {
        peer.openPlain();
        connection = script.accepted();
    }

    private int readBytes(int count) {
        return connection.read(MemorySegment.ofArray(new byte[count]), 0, count);
    }

    private static long edge(Segment segment) {
        return segment.ack + ((long) segment.window << 1); // 64 KB need a shift of 1
    }

    // ---- receiver ----

    @Test
    void theWindowShrinksByWhatIsNotRead() {
        connect();
        peer.send(Script.pattern(10_000));
        Segment ack = peer.expect();
        assertTrue(edge(ack) <= BUFFER + 1);
        assertTrue((ack.window << 1) <= BUFFER - 10_000);
        assertTrue((ack.window << 1) > BUFFER - BUFFER / 16 - 10_000 - 4, "all but the reserve for rounding");
    }

    @Test
    void aFullBufferClosesTheWindowAndReadingOpensIt() {
        connect();
        Segment last = null;
        while (last == null || last.window > 0) {
            int length = last == null ? 1000 : Math.min(1000, last.window << 1);
            peer.send(Script.pattern(length));
            script.advance(40);
            last = peer.expect();
        }
        assertTrue(connection.readableBytes() > BUFFER - BUFFER / 16 - 4, "all but the reserve for rounding is used");
        readBytes(1000);
        peer.expectNothing(); // silly
        readBytes(40_000);
        Segment update = peer.expect().flags(".").noData();
        assertTrue((update.window << 1) >= 36_000);
        peer.expectNothing();
    }

    @Test
    void aProbeOfTheClosedWindowIsAnswered() {
        connect();
        fill();
        peer.inject(packet(".").seq(peer.sndNxt - 1));
        assertEquals(0, peer.expect().flags(".").ack(peer.sndNxt).window);
        long next = peer.sndNxt;
        peer.inject(packet("P.").data("x"));
        assertEquals(0, peer.expect().flags(".").ack(next).window);
    }

    @Test
    void acksAreTakenWhileOurWindowIsClosed() {
        connect();
        fill();
        Script.write(connection, "hello");
        peer.expect().data(1, "hello");
        peer.ack();
        assertEquals(5, connection.bytesAcked());
    }

    @Test
    void aResetIsTakenWhileOurWindowIsClosed() {
        connect();
        fill();
        peer.inject(packet("R"));
        assertEquals(CloseReason.RESET, connection.closeReason());
    }

    private void fill() {
        Segment last = null;
        while (last == null || last.window > 0) {
            peer.send(Script.pattern(last == null ? 1000 : Math.min(1000, last.window << 1)));
            script.advance(40);
            last = peer.expect();
        }
        peer.skip();
    }

    @Test
    void theRightEdgeNeverMovesLeft() {
        for (int seed = 0; seed < 200; seed++) {
            Random random = new Random(seed);
            int buffer = 4096 + random.nextInt(200_000);
            Script run = new Script(StackConfig.defaults().withMptcp(false).withTcp(TcpConfig.defaults().withBuffers(1 << 20, buffer))).listen();
            FakePeer sender = FakePeer.client(run);
            sender.inject(sender.syn());
            int shift = sender.expect().options.windowScale;
            sender.inject(packet("."));
            MptcpConnection receiver = run.accepted();
            long edge = 1;
            for (int step = 0; step < 100; step++) {
                if (random.nextInt(3) == 0) {
                    receiver.read(MemorySegment.ofArray(new byte[buffer]), 0, 1 + random.nextInt(buffer));
                } else {
                    int length = (int) Math.min(1 + random.nextInt(3000), Math.max(1, edge - sender.sndNxt));
                    long gap = random.nextInt(4) == 0 ? random.nextInt(2000) : 0;
                    long seq = sender.sndNxt + gap;
                    sender.inject(packet("P.").seq(seq).data(Script.pattern(length)));
                }
                run.advance(random.nextInt(60));
                for (Segment s = sender.poll(); s != null; s = sender.poll()) {
                    long newEdge = s.ack + ((long) s.window << shift);
                    assertTrue(newEdge >= edge, "seed " + seed + ": from " + edge + " to " + newEdge + " in " + s);
                    assertTrue(newEdge <= 1 + receiver.bytesReceived() + buffer, "more promised than there is room for");
                    edge = newEdge;
                    sender.sndNxt = s.ack;
                }
            }
        }
    }

    // ---- sender ----

    @Test
    void noMoreIsSentThanTheWindowAllows() {
        connect();
        peer.inject(packet(".").window(30)); // 3840
        Script.write(connection, Script.pattern(10_000));
        peer.expect().data(1, FakePeer.MSS);
        peer.expect().data(1 + FakePeer.MSS, FakePeer.MSS);
        peer.expectNothing(); // 944 bytes would be silly
        peer.inject(packet(".").window(30));
        peer.expect().data(1 + 2 * FakePeer.MSS, FakePeer.MSS);
    }

    /** Section 3.8.6.2.1, (4): with nothing in flight no acknowledgment would tell of more room, so a silly window is used in the end. */
    @Test
    void aSmallWindowIsUsedAfterTheOverrideTimeout() {
        connect();
        peer.inject(packet(".").window(4)); // 512
        Script.write(connection, Script.pattern(10_000));
        script.advance(99);
        peer.expectNothing();
        script.advance(901);
        peer.expect().data(1, 512);
        peer.skip();
        peer.inject(packet(".").ack(513).window(0xffff));
        peer.expect().data(513, FakePeer.MSS);
    }

    /** Section 3.8.6.2.1, (3): a peer whose buffer never holds a whole segment need not wait. */
    @Test
    void halfOfTheLargestWindowEverSeenIsUsedAtOnce() {
        peer.offersWindowScale = 0;
        peer.inject(peer.syn().window(1000));
        peer.expect();
        peer.inject(packet(".").window(1000));
        connection = script.accepted();
        Script.write(connection, Script.pattern(10_000));
        peer.expect().data(1, 1000);
        peer.inject(packet(".").window(500));
        peer.expect().data(1001, 500);
        peer.inject(packet(".").window(499));
        peer.expectNothing();
    }

    /** Section 3.8.6 (MUST-34): what lies beyond the new edge is not what the peer has to be given up for. */
    @Test
    void retransmissionsStayInsideAShrunkenWindow() {
        connect();
        Script.write(connection, Script.pattern(3 * FakePeer.MSS));
        peer.skip();
        peer.inject(packet(".").ack(1).window(4)); // 512
        script.advance(3000);
        boolean again = false;
        for (Segment s = peer.poll(); s != null; s = peer.poll()) {
            assertTrue(s.payload.length == 0 || s.seq + s.payload.length <= 1 + 512, "beyond the window: " + s);
            again |= s.payload.length > 0;
        }
        assertTrue(again);
        peer.inject(packet(".").ack(1).window(0xffff));
        script.advance(3000);
        peer.skip();
        peer.inject(packet(".").ack(1 + 3 * FakePeer.MSS));
        assertEquals(3 * FakePeer.MSS, connection.bytesAcked());
    }

    @Test
    void aClosedWindowIsProbedWithBackOffForAsLongAsThereAreAnswers() {
        connect();
        peer.inject(packet(".").window(0));
        Script.write(connection, Script.pattern(100));
        peer.expectNothing();
        long last = script.nowNanos();
        long lastGap = 0;
        for (int i = 0; i < 30; i++) {
            script.advance(60_000);
            for (Segment probe = peer.poll(); probe != null; probe = peer.poll()) {
                long gap = (probe.atNanos - last) / Script.MS;
                assertTrue(i > 3 || gap >= lastGap, "back-off");
                lastGap = gap;
                last = probe.atNanos;
                peer.inject(packet(".").window(0));
            }
            assertEquals(CloseReason.NONE, connection.closeReason());
        }
        assertTrue(lastGap >= 1000);
        peer.inject(packet(".").window(100));
        peer.expect().data(1, 100);
    }

    @Test
    void aLostWindowUpdateIsFoundByAProbe() {
        connect();
        peer.inject(packet(".").window(0));
        Script.write(connection, "late");
        script.advance(2000);
        Segment probe = peer.expect();
        assertTrue(probe.seq < 1 || probe.payload.length == 1, "a probe has to be answered: " + probe);
        peer.inject(packet(".").window(100));
        boolean sent = false;
        for (Segment s = peer.poll(); s != null; s = peer.poll()) {
            sent |= s.payload.length == 4;
        }
        assertTrue(sent);
    }

    @Test
    void aShrunkenWindowStopsNewDataButNotRetransmissions() {
        connect();
        Script.write(connection, Script.pattern(3 * FakePeer.MSS));
        peer.skip();
        peer.inject(packet(".").ack(1 + FakePeer.MSS).window(0));
        Script.write(connection, Script.pattern(3 * FakePeer.MSS));
        peer.expectNothing();
        script.advance(3000);
        boolean again = false;
        for (Segment s = peer.poll(); s != null; s = peer.poll()) {
            assertTrue(s.seq + s.payload.length <= 1 + 3 * FakePeer.MSS, "new data into a closed window");
            again |= s.payload.length > 0;
        }
        assertTrue(again);
    }

    @Test
    void aPeerThatShrinksItsWindowIsNotGivenUpWhileItAnswers() {
        connect();
        Script.write(connection, Script.pattern(FakePeer.MSS));
        peer.skip();
        for (int i = 0; i < 60; i++) {
            peer.inject(packet(".").ack(1).window(0)); // it had to throw the data away
            peer.skip();
            script.advance(60_000);
        }
        assertEquals(CloseReason.NONE, connection.closeReason());
        assertTrue(peer.skip() != null, "and it is still asked");
    }

    @Test
    void anOldSegmentDoesNotChangeTheWindow() {
        connect();
        peer.send("new");
        peer.skip();
        peer.inject(packet(".").seq(1).window(0)); // SEG.SEQ < SND.WL1
        peer.skip();
        Script.write(connection, "x");
        peer.expect().data(1, "x");
    }

    @Test
    void aProbeThatNobodyAnswersEndsTheConnectionInTheEnd() {
        connect();
        peer.inject(packet(".").window(0));
        Script.write(connection, "x");
        script.advance(3_600_000);
        assertEquals(CloseReason.TIMED_OUT, connection.closeReason());
    }
}
