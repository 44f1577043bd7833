package io.mptcp.sim.script.mptcp;

import static io.mptcp.sim.script.Packet.packet;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.mptcp.sim.script.FakePeer;
import io.mptcp.sim.script.Packet;
import io.mptcp.sim.script.Script;
import io.mptcp.sim.script.Segment;
import io.mptcp.spi.PathCommands;
import io.mptcp.spi.PathManager;
import io.mptcp.stack.CloseReason;
import io.mptcp.stack.Counter;
import io.mptcp.stack.Keys;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.StackConfig;
import io.mptcp.stack.SubflowInfo;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.MptcpOption;
import io.mptcp.wire.TcpSegment;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Every MPTCP option on a segment of every state of a subflow, the right place and the wrong ones: what becomes of the connection. Rules are
 * those of RFC 8684 sections 3.1 to 3.8; an option that does not belong where it stands is as if it were not there, and then the rule for a
 * segment without that option applies. On a subflow that is not authenticated no signal counts.
 */
class OptionTableTest {
    private static final IpAddress ADDRESS = IpAddress.parse("192.0.2.10");
    private static final IpAddress SECOND_ADDRESS = IpAddress.parse("10.9.8.8");
    private static final int NONCE = 0x1234_5678;
    private static final List<Counter> SIGNALS = List.of(Counter.AddAddr, Counter.EchoAdd, Counter.RmAddr, Counter.MPPrioRx, Counter.MPFailRx,
            Counter.MPFastcloseRx);

    /**
     * {@code MPTCP}, {@code TCP}, {@code joined}: the handshake goes on as that. {@code reset}: the subflow is over, the connection is not.
     * {@code closed}: the connection is. {@code taken}: the option had its effect. {@code -}: nothing happens. {@code waits}: nothing yet, the
     * handshake is not complete. CLIENT is a client's subflow after the third ACK, before the server's first DSS.
     */
    private static final String TABLE = """
                           LISTEN     SYN_SENT   SYN_RECV   JOIN_SENT  JOIN_RECV  PRE_ESTAB  CLIENT     ESTAB      JOINED     TCP
            none           TCP        TCP        TCP        reset      reset      joined     -          -          -          -
            MPC SYN        MPTCP      TCP        TCP        reset      reset      joined     -          -          -          -
            MPC SYN/ACK    TCP        MPTCP      TCP        reset      reset      joined     -          -          -          -
            MPC ACK        TCP        TCP        MPTCP      reset      reset      joined     -          -          -          -
            MPC data       TCP        TCP        MPTCP      reset      reset      joined     TCP        taken      -          taken
            MPJ SYN        reset      TCP        TCP        reset      reset      joined     -          -          -          -
            MPJ SYN/ACK    TCP        TCP        TCP        joined     reset      joined     -          -          -          -
            MPJ ACK        TCP        TCP        TCP        reset      joined     joined     -          -          -          -
            DSS ack        TCP        TCP        waits      reset      reset      joined     -          -          -          -
            DSS data       TCP        TCP        waits      reset      reset      joined     taken      taken      taken      taken
            ADD_ADDR       TCP        TCP        TCP        reset      reset      joined     taken      taken      taken      -
            ADD_ADDR bad   TCP        TCP        TCP        reset      reset      joined     -          -          -          -
            ADD_ADDR echo  TCP        TCP        TCP        reset      reset      joined     taken      taken      taken      -
            REMOVE_ADDR    TCP        TCP        TCP        reset      reset      joined     taken      taken      taken      -
            MP_PRIO        TCP        TCP        TCP        reset      reset      joined     taken      taken      taken      -
            MP_FAIL        TCP        TCP        TCP        reset      reset      reset      TCP        TCP        reset      -
            FASTCLOSE      TCP        TCP        TCP        reset      reset      closed     closed     closed     closed     -
            FASTCLOSE bad  TCP        TCP        TCP        reset      reset      joined     -          -          -          -
            TCPRST         TCP        TCP        TCP        reset      reset      joined     -          -          -          -
            """;

    private static final int NAME_WIDTH = 15;
    private static final String[] COLUMNS = TABLE.lines().findFirst().orElseThrow().strip().split("\\s+");

    /** Of the join under way. */
    private static int stackNonce;

    // ---- options ----

    private static final Map<String, BiFunction<FakePeer, Packet, Packet>> OPTIONS = new LinkedHashMap<>();

    static {
        OPTIONS.put("none", (peer, segment) -> segment);
        OPTIONS.put("MPC SYN", (peer, segment) -> segment.option(peer.mpCapableSyn()));
        OPTIONS.put("MPC SYN/ACK", (peer, segment) -> segment.option(new MptcpOption.MpCapableSynAck(1, 0x01, FakePeer.KEY)));
        OPTIONS.put("MPC ACK", (peer, segment) -> segment.option(peer.mpCapableAck()));
        OPTIONS.put("MPC data", (peer, segment) -> segment.data("x").option(peer.mpCapableData(new byte[] {'x'})));
        OPTIONS.put("MPJ SYN", (peer, segment) -> segment.option(new MptcpOption.MpJoinSyn(false, 7, peer.stackToken(), NONCE)));
        OPTIONS.put("MPJ SYN/ACK", (peer, segment) -> segment.option(peer.joinSynAck(stackNonce, NONCE)));
        OPTIONS.put("MPJ ACK", (peer, segment) -> segment.option(peer.joinAck(NONCE, stackNonce)));
        OPTIONS.put("DSS ack", (peer, segment) -> segment.option(peer.dssAck(1)));
        OPTIONS.put("DSS data", (peer, segment) -> segment.data("x").option(peer.dss(peer.map(peer.session.dsnNxt, Math.max(1, peer.sndNxt), new byte[] {'x'}))));
        OPTIONS.put("ADD_ADDR", (peer, segment) -> segment.option(new MptcpOption.AddAddr(9, ADDRESS, 0,
                new Keys().addAddrHmac(FakePeer.KEY, peer.session.remoteKey, 9, ADDRESS.hi(), ADDRESS.lo(), 0))));
        OPTIONS.put("ADD_ADDR bad", (peer, segment) -> segment.option(new MptcpOption.AddAddr(9, ADDRESS, 0, 42)));
        OPTIONS.put("ADD_ADDR echo", (peer, segment) -> segment.option(new MptcpOption.AddAddrEcho(9, ADDRESS, 0)));
        OPTIONS.put("REMOVE_ADDR", (peer, segment) -> segment.option(new MptcpOption.RemoveAddr(List.of(99))));
        OPTIONS.put("MP_PRIO", (peer, segment) -> segment.option(new MptcpOption.MpPrio(true)));
        OPTIONS.put("MP_FAIL", (peer, segment) -> segment.option(new MptcpOption.MpFail(peer.wireDataAck(1))));
        OPTIONS.put("FASTCLOSE", (peer, segment) -> segment.option(new MptcpOption.MpFastclose(peer.session.remoteKey)));
        OPTIONS.put("FASTCLOSE bad", (peer, segment) -> segment.option(new MptcpOption.MpFastclose(42)));
        OPTIONS.put("TCPRST", (peer, segment) -> segment.option(new MptcpOption.MpTcpRst(1, false)));
    }

    private static final class SecondPath implements PathManager {
        @Override
        public String name() {
            return "second-path";
        }

        @Override
        public void onEstablished(PathCommands commands) {
            commands.openSubflow(1, SECOND_ADDRESS, commands.initialRemote(), false);
        }
    }

    // ---- states ----

    private Script script;
    private FakePeer first;
    private FakePeer peer;
    private MptcpConnection connection;

    private void serve() {
        script = new Script(StackConfig.defaults()).listen();
        peer = FakePeer.client(script).mptcp();
    }

    private void connectThenJoin() {
        script = new Script(StackConfig.defaults().withPathManager(SecondPath::new));
        connection = script.connect();
        first = FakePeer.server(script).acceptMptcp();
        first.confirm();
        peer = first.joinedOver(1);
        stackNonce = peer.expectSyn().option(MptcpOption.MpJoinSyn.class).nonce();
    }

    private void establish() {
        serve();
        peer.openMptcp().confirm();
        peer.skip();
        connection = script.accepted();
    }

    /** Puts a subflow into the state and sends it the segment with which that state is left, or an acknowledgment. */
    private String play(String state, BiFunction<FakePeer, Packet, Packet> option) {
        stackNonce = 0;
        switch (state) {
            case "LISTEN" -> {
                serve();
                peer.inject(option.apply(peer, peer.syn().withoutTimestamps()));
                return answerToSyn();
            }
            case "SYN_SENT" -> {
                script = new Script(StackConfig.defaults());
                connection = script.connect();
                peer = FakePeer.server(script).mptcp();
                peer.expectSyn();
                peer.inject(option.apply(peer, peer.synAck().withoutTimestamps()));
                return peer.expect().has(MptcpOption.MpCapableAck.class) ? "MPTCP" : connection.isFallback() ? "TCP" : "?";
            }
            case "SYN_RECV" -> {
                serve();
                peer.inject(peer.syn().option(peer.mpCapableSyn()));
                peer.learnKey(peer.expect());
                return thirdAck(option);
            }
            case "JOIN_SENT" -> {
                connectThenJoin();
                peer.inject(option.apply(peer, peer.synAck().withoutTimestamps()));
                Segment answer = peer.expect();
                return answer.has(TcpSegment.RST) ? resetOrClosed() : answer.has(MptcpOption.MpJoinAck.class) ? "joined" : "?";
            }
            case "JOIN_RECV" -> {
                establish();
                first = peer;
                peer = first.joining(1);
                peer.inject(peer.syn().option(new MptcpOption.MpJoinSyn(false, 7, peer.stackToken(), NONCE)));
                stackNonce = peer.expect().option(MptcpOption.MpJoinSynAck.class).nonce();
                peer.inject(option.apply(peer, packet(".")));
                return joinState();
            }
            case "PRE_ESTAB" -> {
                connectThenJoin();
                peer.inject(peer.synAck().option(peer.joinSynAck(stackNonce, NONCE)));
                peer.expect().option(MptcpOption.MpJoinAck.class);
                peer.inject(option.apply(peer, packet(".")));
                return joinState();
            }
            case "CLIENT" -> {
                script = new Script(StackConfig.defaults());
                connection = script.connect();
                peer = FakePeer.server(script).acceptMptcp();
            }
            case "ESTAB" -> establish();
            case "JOINED" -> {
                establish();
                first = peer;
                peer = first.joining(1).openJoin(7);
                peer.skip();
            }
            case "TCP" -> {
                serve();
                peer.openMptcp();
                peer.inject(packet("P.").data("plain"));
                peer.session.dsnNxt += 5;
                peer.skip();
                connection = script.accepted();
                Script.read(connection);
            }
            default -> throw new AssertionError(state);
        }
        long before = signals();
        boolean wasFallback = connection.isFallback();
        peer.inject(option.apply(peer, packet(".")));
        if (connection.closeReason() != CloseReason.NONE) {
            return "closed";
        }
        if (connection.isFallback() && !wasFallback) {
            return "TCP";
        }
        if (!stateOfPeer().equals("ESTABLISHED")) {
            return "reset";
        }
        return signals() > before || connection.readableBytes() > 0 ? "taken" : "-";
    }

    private String answerToSyn() {
        Segment answer = peer.expect();
        if (answer.has(TcpSegment.RST)) {
            return "reset";
        }
        return answer.has(MptcpOption.MpCapableSynAck.class) ? "MPTCP" : answer.mptcp.isEmpty() ? "TCP" : "?";
    }

    private String thirdAck(BiFunction<FakePeer, Packet, Packet> option) {
        peer.inject(option.apply(peer, packet(".")));
        for (MptcpConnection c = script.stack.nextReady(); c != null; c = script.stack.nextReady()) {
            return c.closeReason() != CloseReason.NONE ? "closed" : c.isFallback() ? "TCP" : "MPTCP";
        }
        return script.stack.connectionCount() > 0 ? "?" : "waits";
    }

    private String joinState() {
        String state = stateOfPeer();
        return state.equals("ESTABLISHED") ? "joined" : state.equals("CLOSED") ? resetOrClosed() : state;
    }

    private String resetOrClosed() {
        return connection.closeReason() == CloseReason.NONE && !connection.isFallback() ? "reset" : "closed";
    }

    private String stateOfPeer() {
        return connection.subflows().stream().filter(s -> s.linkId() == peer.linkId).map(SubflowInfo::state).findFirst().orElse("none");
    }

    private long signals() {
        return SIGNALS.stream().mapToLong(script::count).sum();
    }

    @TestFactory
    Stream<DynamicTest> everyOptionInEveryState() {
        List<String> rows = TABLE.lines().skip(1).toList();
        assertEquals(List.copyOf(OPTIONS.keySet()), rows.stream().map(row -> row.substring(0, NAME_WIDTH).strip()).toList());
        return rows.stream().flatMap(row -> {
            String option = row.substring(0, NAME_WIDTH).strip();
            String[] expected = row.substring(NAME_WIDTH).strip().split("\\s+");
            return IntStream.range(0, COLUMNS.length).mapToObj(i ->
                    DynamicTest.dynamicTest(option + " in " + COLUMNS[i], () -> assertEquals(expected[i], play(COLUMNS[i], OPTIONS.get(option)))));
        });
    }
}
