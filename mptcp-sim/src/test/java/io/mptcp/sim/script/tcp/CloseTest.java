package io.mptcp.sim.script.tcp;

import static io.mptcp.sim.script.Packet.packet;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.sim.script.FakePeer;
import io.mptcp.sim.script.Script;
import io.mptcp.sim.script.Segment;
import io.mptcp.stack.CloseReason;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.wire.IpEndpoint;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The ways out of ESTABLISHED (RFC 9293 sections 3.6 and 3.10.7.4), with FINs in every order. */
class CloseTest {
    private static final long TIME_WAIT_MILLIS = 60_000;

    private Script script;
    private FakePeer peer;
    private MptcpConnection connection;

    @BeforeEach
    void connect() {
        script = Script.tcp().listen();
        peer = FakePeer.client(script).openPlain();
        connection = script.accepted();
    }

    private String state() {
        return connection.subflows().getFirst().state();
    }

    private void expectGone() {
        assertEquals(0, script.stack.connectionCount());
        assertEquals(CloseReason.CLOSED, connection.closeReason());
    }

    @Test
    void ourFinFirstThenTheirs() {
        connection.shutdownOutput();
        peer.expect().flags("F.").seq(1).ack(1);
        assertEquals("FIN_WAIT_1", state());
        peer.ack();
        assertEquals("FIN_WAIT_2", state());
        peer.inject(packet("F."));
        peer.expect().flags(".").seq(2).ack(2);
        assertEquals("TIME_WAIT", state());
        script.advance(TIME_WAIT_MILLIS);
        expectGone();
    }

    /** Linux: tcp_fin_timeout. Found by FuzzTest: the close brought nothing to send, and so nobody looked at the clock. */
    @Test
    void closeAfterAnAcknowledgedHalfCloseDoesNotWaitForThePeerForever() {
        connection.shutdownOutput();
        peer.expect().flags("F.");
        peer.ack();
        script.advance(300_000);
        assertEquals("FIN_WAIT_2", state(), "a half-closed connection that is still read may last");
        connection.close();
        script.advance(61_000);
        assertEquals(CloseReason.TIMED_OUT, connection.closeReason());
        assertEquals(0, script.stack.connectionCount());
    }

    @Test
    void theirFinFirstThenOurs() {
        peer.inject(packet("F."));
        peer.expect().flags(".").ack(2);
        assertEquals("CLOSE_WAIT", state());
        assertTrue(connection.isEndOfStream());
        connection.close();
        peer.expect().flags("F.").seq(1).ack(2);
        assertEquals("LAST_ACK", state());
        peer.ack();
        expectGone();
    }

    @Test
    void bothAtOnce() {
        connection.shutdownOutput();
        peer.expect().flags("F.").seq(1);
        peer.inject(packet("F.").ack(1));
        peer.expect().flags(".").ack(2);
        assertEquals("CLOSING", state());
        peer.ack();
        assertEquals("TIME_WAIT", state());
    }

    @Test
    void theirFinTogetherWithTheAckOfOurs() {
        connection.shutdownOutput();
        peer.expect().flags("F.");
        peer.inject(packet("F."));
        peer.expect().flags(".").seq(2).ack(2);
        assertEquals("TIME_WAIT", state());
    }

    @Test
    void ourHalfCloseStillReceives() {
        connection.shutdownOutput();
        peer.expect().flags("F.");
        peer.ack();
        peer.send("answer");
        peer.expect().flags(".").ack(7);
        assertEquals("answer", Script.read(connection));
        assertThrows(IllegalStateException.class, () -> Script.write(connection, "x"));
    }

    @Test
    void theirHalfCloseStillTakesData() {
        peer.inject(packet("F."));
        peer.skip();
        Script.write(connection, "answer");
        peer.expect().data(1, "answer").ack(2);
        peer.ack();
        assertEquals(6, connection.bytesAcked());
    }

    @Test
    void dataWrittenBeforeTheEndGoesFirst() {
        Script.write(connection, "last words");
        connection.close();
        peer.expect().data(1, "last words");
        peer.expect().flags("F.").seq(11);
    }

    @Test
    void aFinWaitsForTheWindowThatDataNeeds() {
        peer.inject(packet(".").window(0));
        Script.write(connection, "blocked");
        connection.shutdownOutput();
        peer.expectNothing();
        peer.inject(packet(".").window(100));
        peer.expect().data(1, "blocked");
        peer.expect().flags("F.").seq(8);
    }

    @Test
    void aLostFinIsSentAgain() {
        connection.shutdownOutput();
        peer.expect().flags("F.").seq(1);
        script.advance(3000);
        peer.expect().flags("F.").seq(1);
        peer.skip();
        peer.ack();
        script.advance(5000);
        peer.expectNothing();
        assertEquals("FIN_WAIT_2", state());
    }

    @Test
    void aFinReceivedAgainIsAcknowledgedAgain() {
        peer.inject(packet("F."));
        peer.expect().ack(2);
        peer.inject(packet("F.").seq(1));
        peer.expect().flags(".").ack(2);
        assertEquals("CLOSE_WAIT", state());
    }

    /** RFC 9293 section 3.10.7.4: it is not acceptable. Taken for the end, it would cut off all that follows. */
    @Test
    void aFinBelowWhatHasBeenReceivedEndsNothing() {
        peer.send("abc");
        peer.skip();
        peer.inject(packet("F.").seq(3));
        peer.expect().flags(".").ack(4);
        assertEquals("ESTABLISHED", state());
        peer.inject(packet("P.").seq(4).data("def"));
        peer.expect().flags(".").ack(7);
        assertEquals("abcdef", Script.read(connection));
        peer.inject(packet("F.").seq(7));
        peer.expect().flags(".").ack(8);
        assertTrue(connection.isEndOfStream());
    }

    @Test
    void aFinBelowWhatIsHeldBehindAHoleEndsNothing() {
        peer.inject(packet("P.").seq(4).data("defghi"));
        peer.inject(packet("F.").seq(7));
        peer.skip();
        peer.inject(packet("P.").seq(1).data("abc"));
        peer.expect().flags(".").ack(10);
        peer.inject(packet("FP.").seq(10).data("jkl"));
        peer.expect().flags(".").ack(14);
        assertEquals("abcdefghijkl", Script.read(connection));
        assertTrue(connection.isEndOfStream());
    }

    @Test
    void aFinReceivedAgainInTimeWaitIsAcknowledgedAndTheWaitBeginsAnew() {
        connection.shutdownOutput();
        peer.expect();
        peer.inject(packet("F."));
        peer.expect();
        script.advance(TIME_WAIT_MILLIS - 1000);
        peer.inject(packet("F.").seq(1));
        peer.expect().flags(".").ack(2);
        script.advance(2000);
        assertEquals(1, script.stack.timeWaitCount(), "RFC 9293: restart the 2 MSL timeout");
        script.advance(TIME_WAIT_MILLIS);
        assertEquals(0, script.stack.timeWaitCount());
        expectGone();
    }

    @Test
    void closeWithUnreadDataResets() {
        peer.send("unread");
        peer.skip();
        connection.close();
        peer.expect().flags("R.").seq(1).ack(7);
        assertEquals(CloseReason.ABORTED, connection.closeReason());
    }

    @Test
    void dataAfterCloseResets() {
        connection.close();
        peer.expect().flags("F.");
        peer.ack();
        peer.send("nobody reads this");
        Segment reset = peer.expect();
        assertTrue(reset.flagLetters().startsWith("R"), reset::toString);
        assertEquals(0, script.stack.connectionCount());
    }

    /** Here the FIN was lost: a RST behind it would not be at the peer's RCV.NXT, and RFC 5961 section 3.2 has that challenged. */
    @Test
    void theResetThatAnswersDataAfterCloseHasTheNumberThePeerExpects() {
        connection.close();
        peer.expect().flags("F.").seq(1);
        peer.inject(packet(".").ack(1).data("nobody reads this"));
        peer.expect().flags("R").seq(1);
        script.expectNothing();
    }

    @Test
    void abortResetsAtOnce() {
        Script.write(connection, "never sent");
        connection.abort();
        peer.expect().flags("R.").seq(1).ack(1).noData();
        script.expectNothing();
        assertEquals(CloseReason.ABORTED, connection.closeReason());
        assertEquals(0, script.stack.connectionCount());
    }

    @Test
    void theirResetEndsAllStates() {
        for (int variant = 0; variant < 4; variant++) {
            connect();
            if ((variant & 1) != 0) {
                connection.shutdownOutput();
            }
            if ((variant & 2) != 0) {
                peer.inject(packet("F."));
            }
            peer.skip();
            peer.inject(packet("R"));
            assertNotEquals(CloseReason.NONE, connection.closeReason());
            assertEquals(0, script.stack.connectionCount(), "variant " + variant);
            script.expectNothing();
        }
    }

    /** Found by SwarmTest: both FINs had been sent, and that it was over in order was believed although data got lost. */
    @Test
    void aResetBeforeOurDataAndFinAreAcknowledgedIsNoOrderlyEnd() {
        peer.inject(packet("F."));
        peer.expect().flags(".").ack(2);
        Script.write(connection, "lost");
        connection.shutdownOutput();
        peer.skip();
        assertEquals("LAST_ACK", state());
        peer.inject(packet("R"));
        assertEquals(CloseReason.RESET, connection.closeReason());
        assertEquals(0, connection.bytesAcked());
    }

    /** Found by SwarmTest. */
    @Test
    void whatTheLastAckAcknowledgesCounts() {
        peer.inject(packet("F."));
        peer.expect().flags(".").ack(2);
        Script.write(connection, "arrived");
        connection.shutdownOutput();
        peer.skip();
        peer.ack();
        expectGone();
        assertEquals(7, connection.bytesAcked());
    }

    @Test
    void aResetLosesWhatWasNotSentButNotWhatWasReceived() {
        peer.send("received");
        peer.skip();
        peer.inject(packet("R"));
        assertEquals("received", Script.read(connection));
    }

    // ---- TIME-WAIT ----

    private void intoTimeWait() {
        connection.shutdownOutput();
        peer.expect();
        peer.inject(packet("F."));
        peer.expect();
        assertEquals("TIME_WAIT", state());
    }

    @Test
    void aNewSynBeyondTheOldSequenceSpaceMayReuseTheTuple() {
        intoTimeWait();
        script.advance(100);
        FakePeer again = peer.again(peer.rawSndNxt() + 10_000);
        again.inject(again.syn());
        again.expect().flags("S.").ack(1);
    }

    @Test
    void aNewerTimestampIsAsGoodAsAHigherNumber() {
        intoTimeWait();
        script.advance(100);
        FakePeer again = peer.again(peer.rawSndNxt() - 10_000);
        again.inject(again.syn());
        again.expect().flags("S.").ack(1);
    }

    @Test
    void anOldDuplicateSynIsAcknowledgedAndTimeWaitStays() {
        intoTimeWait();
        peer.inject(peer.syn().seq(0).tsVal(76_000));
        peer.expect().flags(".").seq(2).ack(2);
        assertEquals("TIME_WAIT", state());
    }

    @Test
    void aSynInTimeWaitWithoutListenerIsNotTakenForANewConnection() {
        Script client = Script.tcp();
        MptcpConnection active = client.connect();
        FakePeer server = FakePeer.server(client).acceptPlain();
        active.shutdownOutput();
        server.expect();
        server.inject(packet("F."));
        server.expect();
        client.advance(100);
        FakePeer again = server.again(server.rawSndNxt() + 10_000);
        again.inject(again.syn());
        assertEquals("TIME_WAIT", active.subflows().getFirst().state());
    }

    @Test
    void portsInTimeWaitAreNotChosenForTheSameDestination() {
        Script client = Script.tcp();
        client.stack.setPortRange(50_000, 50_001);
        for (int i = 0; i < 2; i++) {
            MptcpConnection active = client.connect();
            FakePeer server = FakePeer.server(client).acceptPlain();
            active.shutdownOutput();
            server.expect();
            server.inject(packet("F."));
            server.skip();
        }
        assertThrows(IllegalStateException.class, client::connect);
        client.advance(TIME_WAIT_MILLIS);
        client.connect();
        assertEquals(1, client.stack.connectionCount());
    }

    // ---- opening again ----

    @Test
    void allPortsOfTheRangeAreUsedEachOnce() {
        Script client = Script.tcp();
        client.stack.setPortRange(50_000, 50_009);
        java.util.Set<Integer> ports = new java.util.TreeSet<>();
        for (int i = 0; i < 10; i++) {
            ports.add(client.connect().local().port());
        }
        assertEquals(10, ports.size());
        assertThrows(IllegalStateException.class, client::connect);
    }

    @Test
    void aPortInUseMayNotBeAskedForAgain() {
        Script client = Script.tcp();
        IpEndpoint local = new IpEndpoint(Script.STACK.address(), 1234);
        IpEndpoint remote = new IpEndpoint(peer.local.address(), 80);
        client.stack.connect(0, local, remote, io.mptcp.stack.ConnectOptions.DEFAULT, null);
        assertThrows(IllegalStateException.class,
                () -> client.stack.connect(0, local, remote, io.mptcp.stack.ConnectOptions.DEFAULT, null));
    }

    @Test
    void nothingIsReadyAnyMoreWhenItIsOver() {
        peer.inject(packet("F."));
        connection.close();
        peer.skip();
        peer.ack();
        expectGone();
        while (script.stack.nextReady() != null) {
            // what had happened before
        }
        script.advance(1_000_000);
        assertNull(script.stack.nextReady());
        script.expectNothing();
        assertEquals(Long.MAX_VALUE, script.stack.deadlineNanos());
    }
}
