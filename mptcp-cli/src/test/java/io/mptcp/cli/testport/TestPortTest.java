package io.mptcp.cli.testport;

import static io.mptcp.wire.TcpSegment.ACK;
import static io.mptcp.wire.TcpSegment.FIN;
import static io.mptcp.wire.TcpSegment.PSH;
import static io.mptcp.wire.TcpSegment.RST;
import static io.mptcp.wire.TcpSegment.SYN;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.cli.testport.PortClient.Reply;
import io.mptcp.sim.socket.Errno;
import io.mptcp.sim.socket.SocketConstants;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A client that speaks the frames and plays the peer as well: what packetdrill does. */
class TestPortTest {
    private static final int FD = 3;
    private static final byte[] PEER = PortClient.address(192, 0, 2, 1, PeerSegment.PEER_PORT);
    private static final int PEER_ISN = 7000;

    @TempDir
    private Path folder;
    private Path socket;
    private TestPortServer server;
    private PortClient client;
    private int localPort;
    private int localIsn;

    @BeforeEach
    void start() throws IOException {
        socket = folder.resolve("port.sock");
        server = new TestPortServer(socket);
        Thread.ofPlatform().daemon().start(() -> {
            try {
                server.serve();
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        });
        client = new PortClient(socket);
    }

    @AfterEach
    void stop() throws IOException {
        client.close();
        server.close();
    }

    @Test
    void aConnectionIsOpenedCarriesDataAndEndsOverTheFrames() throws IOException {
        connectPlainTcp();
        assertEquals(5, client.call(Op.WRITE, FD, 0, "hello").result());
        PeerSegment data = receive();
        assertEquals(5, data.payloadLength);
        assertEquals(ACK | PSH, data.flags);
        inject(1, 6, ACK, 4);
        Reply read = client.call(Op.READ, FD, 100, 0);
        assertEquals(4, read.result());
        assertEquals(4, read.data().length);
        assertEquals(5 + PEER_ISN, receive().acknowledgment);
        inject(5, 6, ACK | FIN, 0);
        assertEquals(0, client.call(Op.READ, FD, 100, 0).result());
        assertEquals(ACK, receive().flags);
        assertEquals(0, client.call(Op.CLOSE, FD).result());
        assertEquals(ACK | FIN, receive().flags);
        assertEquals(Errno.EBADF, client.call(Op.READ, FD, 100, 0).errno());
    }

    @Test
    void timersRunInVirtualTimeOnly() throws IOException {
        client.hello("");
        client.call(Op.SOCKET, FD, SocketConstants.AF_INET, SocketConstants.SOCK_STREAM, SocketConstants.IPPROTO_TCP);
        client.send(Op.CONNECT, false, FD, PEER);
        Reply timedOut = client.receive();
        assertEquals(Errno.ETIMEDOUT, timedOut.errno());
        // RFC 6298: 1 s, doubled with each of six retransmissions.
        assertEquals(client.nowMicros + 127_000_000, timedOut.nowMicros());
        client.nowMicros = timedOut.nowMicros();
        long previousMicros = 0;
        for (int gapSeconds : new int[] {0, 1, 2, 4, 8, 16, 32}) {
            Reply syn = client.call(Op.NETRECV);
            long atMicros = ByteBuffer.wrap(syn.data()).getLong();
            assertEquals(SYN, PeerSegment.parse(syn.data()).flags);
            assertEquals(gapSeconds * 1_000_000L, previousMicros == 0 ? 0 : atMicros - previousMicros);
            previousMicros = atMicros;
        }
        assertEquals(-1, client.call(Op.NETRECV).result(), "the stack is idle");
    }

    @Test
    void aCallOfAnotherThreadParksUntilThePeerAnswers() throws IOException {
        connectPlainTcp();
        client.call(Op.FCNTL, FD, SocketConstants.F_SETFL, SocketConstants.O_RDWR);
        try (PortClient second = new PortClient(socket)) {
            second.nowMicros = client.nowMicros;
            second.call(Op.ATTACH, newestSession());
            second.send(Op.READ, true, FD, 100, 0);
            assertTrue(second.receive().isParked());
            client.nowMicros += 250_000;
            inject(1, 1, ACK | PSH, 9);
            Reply read = second.receive();
            assertFalse(read.isParked());
            assertEquals(9, read.result());
            assertEquals(client.nowMicros, read.nowMicros());
        }
    }

    @Test
    void whatWaitsForNothingIsADeadlock() throws IOException {
        client.hello("");
        client.call(Op.SOCKET, FD, SocketConstants.AF_INET, SocketConstants.SOCK_STREAM, SocketConstants.IPPROTO_TCP);
        assertEquals(0, client.call(Op.BIND, FD, PortClient.address(0, 0, 0, 0, 80)).result());
        assertEquals(0, client.call(Op.LISTEN, FD, 1).result());
        assertEquals(Errno.EDEADLK, client.call(Op.ACCEPT, FD, 4).errno());
        assertEquals(0, client.call(Op.POLL, 30, 1, FD, (short) SocketConstants.POLLIN).result());
    }

    @Test
    void aRefusedConnectWakesPollAndTellsTheErrorOnce() throws IOException {
        client.hello("");
        client.call(Op.SOCKET, FD, SocketConstants.AF_INET, SocketConstants.SOCK_STREAM, SocketConstants.IPPROTO_TCP);
        assertEquals(SocketConstants.O_RDWR, client.call(Op.FCNTL, FD, SocketConstants.F_GETFL, 0).result());
        client.call(Op.FCNTL, FD, SocketConstants.F_SETFL, SocketConstants.O_RDWR | SocketConstants.O_NONBLOCK);
        assertEquals(Errno.EINPROGRESS, client.call(Op.CONNECT, FD, PEER).errno());
        assertEquals(Errno.EALREADY, client.call(Op.CONNECT, FD, PEER).errno());
        PeerSegment syn = receive();
        client.call(Op.NETSEND, PeerSegment.encode(syn.sourcePort, 0, syn.sequence + 1, RST | ACK, 0));
        Reply poll = client.call(Op.POLL, -1, 1, FD, (short) SocketConstants.POLLOUT);
        assertEquals(SocketConstants.POLLOUT | SocketConstants.POLLERR | SocketConstants.POLLHUP, ByteBuffer.wrap(poll.data()).getShort());
        assertEquals(Errno.ECONNREFUSED, soError());
        assertEquals(0, soError());
    }

    private int soError() throws IOException {
        byte[] value = client.call(Op.GETOPT, FD, SocketConstants.SOL_SOCKET, SocketConstants.SO_ERROR, 4).data();
        return Integer.reverseBytes(ByteBuffer.wrap(value).getInt());
    }

    @Test
    void tcpInfoHasLinuxLayout() throws IOException {
        connectPlainTcp();
        client.call(Op.WRITE, FD, 0, "hello");
        byte[] info = client.call(Op.GETOPT, FD, SocketConstants.IPPROTO_TCP, SocketConstants.TCP_INFO, 224).data();
        assertEquals(224, info.length);
        assertEquals(1, info[0], "TCP_ESTABLISHED");
        assertEquals(1, info[24], "tcpi_unacked");
        assertEquals(10, info[80], "tcpi_snd_cwnd");
        assertEquals(5, info[200], "tcpi_bytes_sent");
    }

    @Test
    void badFramesAreAnsweredAndTheServerLivesOn() throws IOException {
        assertError("say HELLO first", Op.READ, FD, 1, 0);
        client.hello("");
        assertError("operation 7 needs more bytes than the frame has", Op.READ, FD);
        assertError("there is no operation 99", 99, FD);
        assertError("HELLO was said before", Op.HELLO, 0L);
        assertError("address family 9 is neither 4 nor 6", Op.CONNECT, FD, (byte) 9, (short) 80, 0);
        assertError("this connection has a session already", Op.ATTACH, 77L);
        client.sendRaw(new byte[] {0, 0, 0, 3, 1, 2, 3});
        assertTrue(client.receive().text().startsWith("a frame has 10 to"));
        client.call(Op.NETSEND, new byte[] {0x45, 0, 0});
        client.call(Op.NETSEND, new byte[0]);
        assertEquals(Errno.EBADF, client.call(Op.READ, FD, 1, 0).errno());
        try (PortClient other = new PortClient(socket)) {
            assertTrue(other.hello("seed=9") > 0);
        }
        try (PortClient other = new PortClient(socket)) {
            assertEquals("there is no session 77", other.call(Op.ATTACH, 77L).text());
            assertEquals(-1, other.hello("colour=red"));
        }
    }

    private void assertError(String message, int op, Object... fields) throws IOException {
        Reply reply = client.call(op, fields);
        assertEquals(Errno.EINVAL, reply.errno());
        assertEquals(-1, reply.result());
        assertEquals(message, reply.text());
    }

    @Test
    void commandsActOnTheNewestSession() throws IOException {
        assertEquals("there is no session\n", control("nstat").text());
        client.hello("");
        assertEquals(0, control("sysctl", "-w", "net.ipv4.tcp_syn_retries=1").result());
        assertEquals("net.ipv4.tcp_syn_retries = 1\n", control("sysctl", "net/ipv4/tcp_syn_retries").text());
        assertEquals("sysctl: 'many' is not a number\n", control("sysctl", "-w", "net.ipv4.tcp_syn_retries=many").text());
        assertEquals("sysctl: there is no net.ipv4.colour\n", control("sysctl", "net.ipv4.colour=1").text());
        assertEquals(0, control("ip", "addr", "add", "192.168.0.3/16", "dev", "tun0").result());
        assertEquals(0, control("ip", "mptcp", "endpoint", "add", "192.168.0.3", "subflow").result());
        assertEquals(0, control("ip", "mptcp", "limits", "set", "add_addr_accepted", "8", "subflows", "8").result());
        assertEquals(1, control("ip", "route").result());
        client.call(Op.SOCKET, FD, SocketConstants.AF_INET, SocketConstants.SOCK_STREAM, SocketConstants.IPPROTO_TCP);
        assertEquals(0, client.call(Op.BIND, FD, PortClient.address(192, 168, 0, 3, 0)).result());
        long before = client.nowMicros;
        assertEquals(Errno.ETIMEDOUT, client.call(Op.CONNECT, FD, PEER).errno());
        assertEquals(3_000_000, client.nowMicros - before, "one retransmission: 1 s and 2 s");
        assertTrue(control("nstat", "-zjs").text().contains("\"TcpActiveOpens\":1"));
        assertTrue(control("nstat").text().contains("TcpActiveOpens 1"));
    }

    private Reply control(String... words) throws IOException {
        try (PortClient other = new PortClient(socket)) {
            return other.call(Op.CONTROL, String.join("\0", words));
        }
    }

    @Test
    void theEndOfTheConnectionIsTheEndOfTheSession() throws IOException, InterruptedException {
        connectPlainTcp();
        long id = newestSession();
        Session session = server.sessions().find(id);
        client.close();
        while (server.sessions().count() > 0) {
            Thread.onSpinWait();
        }
        assertThrows(IllegalStateException.class, () -> session.advance(client.nowMicros));
    }

    @Test
    void aSocketFileNobodyAnswersIsReplacedAndOthersAreNot() throws IOException {
        assertThrows(IOException.class, () -> new TestPortServer(socket));
        server.close();
        assertFalse(Files.exists(socket));
        Path file = Files.writeString(folder.resolve("file"), "kept");
        assertThrows(IOException.class, () -> new TestPortServer(file));
        assertEquals("kept", Files.readString(file));
    }

    // ---- the peer ----

    private long newestSession() {
        return server.sessions().newest().id();
    }

    private void connectPlainTcp() throws IOException {
        client.hello("");
        client.call(Op.SOCKET, FD, SocketConstants.AF_INET, SocketConstants.SOCK_STREAM | SocketConstants.SOCK_NONBLOCK, SocketConstants.IPPROTO_TCP);
        assertEquals(Errno.EINPROGRESS, client.call(Op.CONNECT, FD, PEER).errno());
        PeerSegment syn = receive();
        assertEquals(SYN, syn.flags);
        assertEquals(PeerSegment.PEER_PORT, syn.destinationPort);
        localPort = syn.sourcePort;
        localIsn = syn.sequence;
        inject(0, 1, SYN | ACK, 0);
        assertEquals(ACK, receive().flags);
        assertEquals(0, client.call(Op.CONNECT, FD, PEER).result());
    }

    private PeerSegment receive() throws IOException {
        Reply reply = client.call(Op.NETRECV);
        assertTrue(reply.result() > 0, "the stack is idle");
        return PeerSegment.parse(reply.data());
    }

    /** Numbers are relative, SYN = 0. */
    private void inject(int sequence, int acknowledgment, int flags, int payloadLength) throws IOException {
        client.call(Op.NETSEND, PeerSegment.encode(localPort, PEER_ISN + sequence, localIsn + acknowledgment, flags, payloadLength));
    }
}
