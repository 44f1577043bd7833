package io.mptcp.sim.script.tcp;

import static io.mptcp.sim.script.Packet.packet;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.sim.LinkSpec;
import io.mptcp.sim.Scenario;
import io.mptcp.sim.script.FakePeer;
import io.mptcp.sim.script.Script;
import io.mptcp.sim.script.Segment;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.StackConfig;
import io.mptcp.stack.SubflowInfo;
import io.mptcp.tcp.EcnMode;
import io.mptcp.tcp.TcpConfig;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Explicit congestion notification (RFC 3168), segment by segment. */
class EcnTest {
    private static final int MSS = FakePeer.MSS;
    private static final int ECT_0 = 2;
    private static final int CE = 3;

    private Script script;
    private FakePeer peer;
    private MptcpConnection connection;

    private static StackConfig config(EcnMode mode) {
        return StackConfig.defaults().withMptcp(false).withTcp(TcpConfig.defaults().toBuilder().ecn(mode).build());
    }

    /** A peer that asks for ECN has connected. */
    private Segment accept(EcnMode mode, String synFlags) {
        script = new Script(config(mode)).listen();
        peer = FakePeer.client(script);
        peer.inject(packet(synFlags).mss(1460).sackPermitted().windowScale(7));
        Segment synAck = peer.expect();
        script.advance(20);
        peer.inject(packet("."));
        connection = script.accepted();
        return synAck;
    }

    private List<Segment> all() {
        List<Segment> segments = new ArrayList<>();
        for (Segment s = peer.poll(); s != null; s = peer.poll()) {
            segments.add(s);
        }
        return segments;
    }

    private SubflowInfo subflow() {
        return connection.subflows().getFirst();
    }

    // ---- negotiation (section 6.1.1) ----

    @Test
    void ecnIsAcceptedWithEceAlone() {
        accept(EcnMode.PASSIVE, "SEW").flags("S.E");
    }

    @Test
    void whoDoesNotAskOrIsRefusedGetsNoEcn() {
        accept(EcnMode.PASSIVE, "S").flags("S.");
        accept(EcnMode.PASSIVE, "SE").flags("S.");
        accept(EcnMode.OFF, "SEW").flags("S.");
        Script.write(connection, "x");
        assertEquals(0, peer.expect().ecn);
    }

    @Test
    void asClientEcnIsAskedForOnlyOnRequest() {
        for (EcnMode mode : EcnMode.values()) {
            script = new Script(config(mode));
            peer = FakePeer.server(script);
            connection = script.connect();
            Segment syn = script.pollTo(peer.local);
            assertEquals(mode == EcnMode.ACTIVE ? "SEW" : "S", syn.flagLetters());
            assertEquals(0, syn.ecn, "never on a SYN");
        }
    }

    @Test
    void aSynSentAgainGoesWithoutEcn() {
        script = new Script(config(EcnMode.ACTIVE));
        peer = FakePeer.server(script);
        connection = script.connect();
        assertEquals("SEW", script.pollTo(peer.local).flagLetters());
        script.advance(1000);
        assertEquals("S", script.pollTo(peer.local).flagLetters());
    }

    // ---- what is marked (sections 6.1.4 to 6.1.6) ----

    @Test
    void newDataIsEctAndNothingElse() {
        assertEquals(0, accept(EcnMode.PASSIVE, "SEW").ecn);
        Script.write(connection, Script.pattern(5 * MSS));
        assertTrue(all().stream().allMatch(s -> s.ecn == ECT_0));
        script.advance(2000);
        List<Segment> again = all();
        assertTrue(!again.isEmpty());
        assertTrue(again.stream().allMatch(s -> s.ecn == 0), "sent again");
        peer.inject(packet("P.").data("x"));
        assertTrue(all().stream().filter(s -> s.payload.length == 0).allMatch(s -> s.ecn == 0));
    }

    // ---- the receiver ----

    @Test
    void aMarkIsEchoedUntilTheSenderHasReducedItsWindow() {
        accept(EcnMode.PASSIVE, "SEW");
        peer.inject(packet(".").data("a").ecn(CE));
        peer.expect().flags(".E");
        peer.inject(packet(".").data("b").ecn(ECT_0));
        script.advance(50);
        peer.expect().flags(".E");
        Script.write(connection, "x");
        peer.expect().flags(".E");
        peer.inject(packet("W.").data("c").ecn(ECT_0));
        script.advance(50);
        peer.expect().flags(".");
    }

    @Test
    void aMarkOutsideTheWindowIsIgnored() {
        accept(EcnMode.PASSIVE, "SEW");
        peer.inject(packet(".").seq(1 << 30).data("a").ecn(CE));
        all();
        peer.inject(packet(".").seq(1).data("a").ecn(ECT_0));
        script.advance(50);
        peer.expect().flags(".");
    }

    // ---- the sender ----

    @Test
    void anEchoReducesTheWindowOnceAndIsAnsweredByCwrOnNewData() {
        accept(EcnMode.PASSIVE, "SEW");
        Script.write(connection, Script.pattern(10 * MSS));
        all();
        script.advance(20);
        long before = subflow().cwndBytes();
        peer.inject(packet("E.").ack(1 + MSS));
        long reduced = subflow().cwndBytes();
        assertTrue(reduced < before);
        for (int i = 2; i <= 10; i++) {
            peer.inject(packet("E.").ack(1 + (long) i * MSS));
        }
        assertEquals(reduced, subflow().cwndBytes(), MSS, "once for each window");
        Script.write(connection, Script.pattern(2 * MSS));
        peer.expect().flags(".W");
        peer.expect().flags(".");
    }

    @Test
    void withEcnAQueueThatMarksLosesNothing() {
        LinkSpec link = LinkSpec.of(20, 10).withQueue(500_000).withEcnMarking(30_000);
        StackConfig both = StackConfig.defaults().withTcp(TcpConfig.defaults().toBuilder().ecn(EcnMode.ACTIVE).build());
        Scenario scenario = new Scenario(1).path(link).config(both).transfer(10_000_000, 0);
        double rate = scenario.runUntilDelivered(20).goodputBitsPerSecond();
        assertTrue(scenario.path(0).up().statistics().marked > 0);
        assertEquals(0, scenario.path(0).up().statistics().droppedByQueue);
        assertTrue(rate > 0.85 * 20e6, "at " + rate);
    }
}
