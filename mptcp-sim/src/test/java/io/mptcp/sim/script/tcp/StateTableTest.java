package io.mptcp.sim.script.tcp;

import static io.mptcp.sim.script.Packet.packet;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.mptcp.sim.script.FakePeer;
import io.mptcp.sim.script.Packet;
import io.mptcp.sim.script.Script;
import io.mptcp.sim.script.Segment;
import io.mptcp.stack.MptcpConnection;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Segment arrival in every state, with every combination of SYN, FIN, RST and ACK, before, at, in and behind the window, acknowledging what is
 * old, outstanding or was never sent: what is answered, and which state comes next. The model below is written from RFC 9293 section
 * 3.10.7 with RFC 5961 and RFC 1337.
 */
class StateTableTest {
    private enum State {
        CLOSED, LISTEN, SYN_SENT, SYN_RECV, SYN_RECV_CROSSED, ESTABLISHED, FIN_WAIT_1, FIN_WAIT_2, CLOSE_WAIT, CLOSING, LAST_ACK, TIME_WAIT;

        boolean isHandshake() {
            return this == SYN_RECV || this == SYN_RECV_CROSSED;
        }
    }

    /** Sequence number less RCV.NXT. */
    private enum Position {
        OLD(-100), EXACT(0), AHEAD(100), BEYOND(1 << 29);

        final long offset;

        Position(long offset) {
            this.offset = offset;
        }
    }

    /** Acknowledgment number less SND.NXT; OLD is the initial sequence number. */
    private enum Acknowledged {
        NONE, OLD, EXACT, NEVER_SENT
    }

    private enum Answer {
        NOTHING,
        /** {@code <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>}. */
        ACK,
        SYN_ACK,
        /** {@code <SEQ=SEG.ACK><CTL=RST>}. */
        RST,
        /** {@code <SEQ=0><ACK=SEG.SEQ+SEG.LEN><CTL=RST,ACK>}. */
        RST_ACK
    }

    private record Arrival(String flags, Position position, Acknowledged acknowledged) {
        boolean has(String flag) {
            return flags.contains(flag);
        }
    }

    private record Outcome(Answer answer, State next) {
    }

    private static List<Arrival> arrivals() {
        return Stream.of("", "S", "F", "R", "SF", "SR", "FR", "SFR")
                .flatMap(flags -> Stream.of(Position.values()).flatMap(position -> Stream.of(Acknowledged.values())
                        .map(ack -> new Arrival(ack == Acknowledged.NONE ? flags : flags + ".", position, ack))))
                .toList();
    }

    // ---- the model ----

    private static Outcome model(State state, Arrival arrival) {
        return switch (state) {
            case CLOSED -> closed(state, arrival);
            case LISTEN -> listen(arrival);
            case SYN_SENT -> synSent(arrival);
            case TIME_WAIT -> timeWait(arrival);
            default -> others(state, arrival);
        };
    }

    private static Outcome closed(State state, Arrival arrival) {
        if (arrival.has("R")) {
            return new Outcome(Answer.NOTHING, state);
        }
        return new Outcome(arrival.has(".") ? Answer.RST : Answer.RST_ACK, state);
    }

    private static Outcome listen(Arrival arrival) {
        if (arrival.has("R")) {
            return new Outcome(Answer.NOTHING, State.LISTEN);
        }
        if (arrival.has(".")) {
            return new Outcome(Answer.RST, State.LISTEN);
        }
        boolean opens = arrival.has("S") && !arrival.has("F"); // with FIN: dropped, as Linux does
        return opens ? new Outcome(Answer.SYN_ACK, State.SYN_RECV) : new Outcome(Answer.NOTHING, State.LISTEN);
    }

    private static Outcome synSent(Arrival arrival) {
        boolean ackAcceptable = arrival.acknowledged == Acknowledged.EXACT;
        if (arrival.has(".") && !ackAcceptable) {
            return new Outcome(arrival.has("R") ? Answer.NOTHING : Answer.RST, State.SYN_SENT);
        }
        if (arrival.has("R")) {
            return new Outcome(Answer.NOTHING, ackAcceptable ? State.CLOSED : State.SYN_SENT);
        }
        if (!arrival.has("S")) {
            return new Outcome(Answer.NOTHING, State.SYN_SENT);
        }
        if (ackAcceptable) {
            return new Outcome(Answer.ACK, arrival.has("F") ? State.CLOSE_WAIT : State.ESTABLISHED);
        }
        // A FIN on a crossing SYN is not taken: it comes again.
        return new Outcome(Answer.SYN_ACK, State.SYN_RECV_CROSSED);
    }

    private static Outcome timeWait(Arrival arrival) {
        if (arrival.has("R")) {
            return new Outcome(Answer.NOTHING, State.TIME_WAIT); // RFC 1337
        }
        if (arrival.flags.equals("S") && arrival.position.offset > 0) {
            return new Outcome(Answer.SYN_ACK, State.SYN_RECV); // beyond the old connection's sequence space: a new one
        }
        boolean nothingNew = arrival.position == Position.EXACT && !arrival.has("S") && !(arrival.has("F") && arrival.has("."));
        return new Outcome(nothingNew ? Answer.NOTHING : Answer.ACK, State.TIME_WAIT);
    }

    private static Outcome others(State state, Arrival arrival) {
        boolean acceptable = arrival.position == Position.EXACT || arrival.position == Position.AHEAD;
        if (!acceptable) {
            return new Outcome(arrival.has("R") ? Answer.NOTHING : Answer.ACK, state);
        }
        if (arrival.has("R")) {
            boolean exact = arrival.position == Position.EXACT;
            return exact ? new Outcome(Answer.NOTHING, state == State.SYN_RECV ? State.LISTEN : State.CLOSED) : new Outcome(Answer.ACK, state);
        }
        if (arrival.has("S")) {
            return new Outcome(Answer.ACK, state);
        }
        if (!arrival.has(".")) {
            return new Outcome(Answer.NOTHING, state);
        }
        if (state.isHandshake() && arrival.acknowledged != Acknowledged.EXACT) {
            return new Outcome(Answer.RST, state);
        }
        if (arrival.acknowledged == Acknowledged.NEVER_SENT) {
            return new Outcome(Answer.ACK, state);
        }
        State next = state.isHandshake() ? State.ESTABLISHED : state;
        if (arrival.acknowledged == Acknowledged.EXACT) {
            next = switch (next) {
                case FIN_WAIT_1 -> State.FIN_WAIT_2;
                case CLOSING -> State.TIME_WAIT;
                case LAST_ACK -> State.CLOSED;
                default -> next;
            };
        }
        if (next == State.CLOSED || !arrival.has("F")) {
            return new Outcome(Answer.NOTHING, next);
        }
        if (arrival.position == Position.EXACT) {
            next = switch (next) {
                case ESTABLISHED -> State.CLOSE_WAIT;
                case FIN_WAIT_1 -> State.CLOSING;
                case FIN_WAIT_2 -> State.TIME_WAIT;
                default -> next;
            };
        }
        return new Outcome(Answer.ACK, next);
    }

    // ---- the stack ----

    private static final class Case {
        final Script script;
        final FakePeer peer;
        MptcpConnection connection;
        /** RCV.NXT and SND.NXT of the stack, relative. */
        long rcvNxt = 1;
        long sndNxt = 1;

        Case(State state) {
            script = Script.tcp();
            boolean active = state == State.SYN_SENT || state == State.SYN_RECV_CROSSED;
            if (!active && state != State.CLOSED) {
                script.listen();
            }
            peer = active ? FakePeer.server(script) : FakePeer.client(script);
            peer.offersTimestamps = false;
            if (active) {
                connection = script.connect();
                peer.expectSyn();
            }
            reach(state);
            peer.skip();
        }

        private void reach(State state) {
            switch (state) {
                case CLOSED, LISTEN -> sndNxt = 1;
                case SYN_SENT -> peer.sndNxt = 1;
                case SYN_RECV -> peer.inject(peer.syn());
                case SYN_RECV_CROSSED -> peer.inject(peer.syn());
                default -> {
                    peer.openPlain();
                    connection = script.accepted();
                    reachFromEstablished(state);
                }
            }
        }

        private void reachFromEstablished(State state) {
            switch (state) {
                case FIN_WAIT_1 -> weClose();
                case FIN_WAIT_2 -> {
                    weClose();
                    peer.inject(packet("."));
                }
                case CLOSE_WAIT -> peerCloses();
                case CLOSING -> {
                    weClose();
                    peerCloses(1);
                }
                case LAST_ACK -> {
                    peerCloses();
                    weClose();
                }
                case TIME_WAIT -> {
                    weClose();
                    peerCloses();
                }
                default -> {
                }
            }
        }

        private void weClose() {
            connection.shutdownOutput();
            peer.expect();
            sndNxt++;
        }

        private void peerCloses() {
            peerCloses(sndNxt);
        }

        private void peerCloses(long ack) {
            peer.inject(packet("F.").ack(ack));
            peer.skip();
            rcvNxt++;
        }

        State state(State before) {
            if (connection == null) {
                for (MptcpConnection c = script.stack.nextReady(); c != null; c = script.stack.nextReady()) {
                    connection = c;
                }
            }
            if (connection == null) {
                return script.stack.synQueueSize() > 0 ? State.SYN_RECV : before == State.CLOSED ? State.CLOSED : State.LISTEN;
            }
            if (script.stack.synQueueSize() > 0) {
                return State.SYN_RECV;
            }
            String name = connection.subflows().getFirst().state();
            return name.equals("SYN_RECV") ? State.SYN_RECV_CROSSED : State.valueOf(name);
        }
    }

    private static Answer answer(Case run, Arrival arrival, Segment answer, long seq) {
        if (answer == null) {
            return Answer.NOTHING;
        }
        switch (answer.flagLetters()) {
            case "S." -> {
                return Answer.SYN_ACK;
            }
            case "." -> {
                answer.seq(run.peer.rcvNxt);
                return Answer.ACK;
            }
            case "R" -> {
                return Answer.RST;
            }
            case "R." -> {
                int length = (arrival.has("S") ? 1 : 0) + (arrival.has("F") ? 1 : 0);
                assertEquals(0, answer.rawSeq);
                assertEquals(seq + length, answer.ack, () -> "acknowledged by " + answer);
                return Answer.RST_ACK;
            }
            default -> throw new AssertionError(answer.toString());
        }
    }

    private static void check(State state, Arrival arrival) {
        Case run = new Case(state);
        boolean noConnection = state == State.CLOSED || state == State.LISTEN;
        long seq = (noConnection || state == State.SYN_SENT ? 1000 : run.rcvNxt) + arrival.position.offset;
        Packet packet = packet(arrival.flags).seq(seq);
        long ack = switch (arrival.acknowledged) {
            case NONE -> 0;
            case OLD -> 0;
            case EXACT -> run.sndNxt;
            case NEVER_SENT -> run.sndNxt + 1000;
        };
        if (arrival.acknowledged != Acknowledged.NONE) {
            packet.ack(ack);
        }
        if (arrival.has("S")) {
            packet.mss(1460).withoutTimestamps();
        }
        run.peer.inject(packet);
        Segment first = run.peer.poll();
        Outcome outcome = new Outcome(answer(run, arrival, first, seq), run.state(state));
        assertEquals(model(state, arrival), outcome, () -> state + " " + arrival + ", answered by " + first);
        if (outcome.answer == Answer.RST) {
            int segAck = noConnection ? (int) ack : run.peer.rawNumber(ack);
            assertEquals(segAck, first.rawSeq, () -> "a reset is at SEG.ACK: " + state + " " + arrival);
        }
        run.peer.expectNothing();
    }

    @TestFactory
    Stream<DynamicTest> everySegmentInEveryState() {
        return Stream.of(State.values()).map(state -> DynamicTest.dynamicTest(state.name(), () -> arrivals().forEach(arrival -> check(state, arrival))));
    }
}
