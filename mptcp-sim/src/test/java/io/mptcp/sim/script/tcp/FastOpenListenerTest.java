package io.mptcp.sim.script.tcp;

import static io.mptcp.sim.script.Packet.packet;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.mptcp.sim.script.FakePeer;
import io.mptcp.sim.script.Script;
import io.mptcp.sim.script.Segment;
import io.mptcp.stack.ConnectOptions;
import io.mptcp.stack.Listener;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.StackConfig;
import io.mptcp.tcp.SocketOptions;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/** What a listener decides of Fast Open (RFC 7413 section 4.2.2), and how far it may go before the third ACK. */
class FastOpenListenerTest {
    private static final String REQUEST = "22020101";
    private static final long[] KEY = {1, 2};
    private static final long[] NEXT_KEY = {3, 4};

    private final Script script = new Script(StackConfig.defaults().withMptcp(false));

    private Listener listen(int port) {
        ConnectOptions options = ConnectOptions.DEFAULT.withSocket(SocketOptions.NO_DELAY);
        Listener listener = script.stack.listen(new IpEndpoint(IpAddress.ANY, port), false, options, null);
        listener.setFastOpenQueue(10);
        return listener;
    }

    /** From the same address to the same address: only the key tells cookies apart. */
    private byte[] cookieOf(int port) {
        FakePeer peer = FakePeer.at(script, 0, new IpEndpoint(IpAddress.parse("10.1.0.1"), 40_000), new IpEndpoint(Script.STACK.address(), port));
        peer.inject(peer.syn().raw(REQUEST));
        Segment synAck = peer.expect().flags("S.");
        peer.inject(packet("R").seq(1));
        return Arrays.copyOf(synAck.options.fastOpenCookie, synAck.options.fastOpenLength);
    }

    private static String option(byte[] cookie) {
        return "220a" + HexFormat.of().formatHex(cookie) + "0101";
    }

    private long acknowledged(int port, byte[] cookie) {
        FakePeer peer = FakePeer.at(script, 0, new IpEndpoint(IpAddress.parse("10.1.0.1"), 41_000), new IpEndpoint(Script.STACK.address(), port));
        peer.inject(peer.syn().raw(option(cookie)).data("data"));
        long ack = peer.expect().flags("S.").ack;
        peer.inject(packet("R").seq(ack));
        return ack;
    }

    @Test
    void aListenersKeyIsItsOwnAndTheStacksIsForTheOthers() {
        script.stack.setFastOpenKeys(KEY, null);
        listen(1);
        listen(2).setFastOpenKeys(NEXT_KEY, null);
        listen(3).setFastOpenKeys(KEY, null);
        assertFalse(Arrays.equals(cookieOf(1), cookieOf(2)));
        assertArrayEquals(cookieOf(1), cookieOf(3), "the same key gives the same cookies");
        assertEquals(5, acknowledged(2, cookieOf(2)));
        assertEquals(1, acknowledged(2, cookieOf(1)), "the cookie of another key");
    }

    @Test
    void aListenersKeyMayBeFollowedByAnotherAndGivenUp() {
        script.stack.setFastOpenKeys(KEY, null);
        Listener listener = listen(1);
        byte[] first = cookieOf(1);
        listener.setFastOpenKeys(NEXT_KEY, KEY);
        assertEquals(5, acknowledged(1, first), "that of the key before is still taken");
        byte[] second = cookieOf(1);
        listener.setFastOpenKeys(null, null);
        assertArrayEquals(first, cookieOf(1), "the stack's again");
        assertEquals(1, acknowledged(1, second));
    }

    /** The window of a SYN begins behind the SYN/ACK, whose own number takes nothing of it. */
    @Test
    void whatGoesBeforeTheThirdAckFillsTheWindowOfTheSynToTheLastByte() {
        listen(1);
        byte[] cookie = cookieOf(1);
        FakePeer peer = FakePeer.at(script, 0, new IpEndpoint(IpAddress.parse("10.1.0.1"), 41_000), new IpEndpoint(Script.STACK.address(), 1));
        peer.inject(peer.syn().raw(option(cookie)).data("data").window(2 * FakePeer.MSS));
        peer.expect().flags("S.").ack(5);
        MptcpConnection connection = script.accepted();
        Script.write(connection, Script.pattern(5000));
        int next = 1;
        for (Segment segment = peer.poll(); segment != null; segment = peer.poll()) {
            assertEquals(next, segment.seq);
            next += segment.payload.length;
        }
        assertEquals(1 + 2 * FakePeer.MSS, next);
    }
}
