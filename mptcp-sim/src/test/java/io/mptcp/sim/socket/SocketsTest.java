package io.mptcp.sim.socket;

import static io.mptcp.sim.socket.SocketConstants.AF_INET;
import static io.mptcp.sim.socket.SocketConstants.IPPROTO_TCP;
import static io.mptcp.sim.socket.SocketConstants.MSG_FASTOPEN;
import static io.mptcp.sim.socket.SocketConstants.SOCK_NONBLOCK;
import static io.mptcp.sim.socket.SocketConstants.SOCK_STREAM;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.sim.SeededRandom;
import io.mptcp.stack.StackConfig;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** Two hosts with sockets, their packets carried from one to the other by hand. */
class SocketsTest {
    private static final int LISTENER = 3;
    private static final int ACCEPTED = 4;
    private static final int CLIENT = 5;
    private static final IpEndpoint SERVER = new IpEndpoint(IpAddress.parse("192.0.2.1"), 80);
    private static final byte[] HELLO = "hello".getBytes(StandardCharsets.US_ASCII);

    private final VirtualHost near = host("192.168.0.2", 1);
    private final VirtualHost far = host("192.0.2.1", 2);
    private final Sockets client = new Sockets(near, () -> 1);
    private final Sockets server = new Sockets(far, () -> 2);

    private static VirtualHost host(String address, long seed) {
        VirtualHost host = new VirtualHost(StackConfig.defaults(), new SeededRandom(seed), 1_000_000_000L, 1500, 1520);
        host.addAddress(IpAddress.parse(address));
        return host;
    }

    private static boolean carry(VirtualHost from, VirtualHost to) {
        EmittedPacket packet = from.pollEmitted();
        if (packet == null) {
            return false;
        }
        to.advanceTo(packet.atNanos());
        to.inject(packet.bytes());
        return true;
    }

    private void carryAll() {
        while (carry(near, far) | carry(far, near)) {
            // until nothing is under way
        }
    }

    private void listen() {
        assertEquals(LISTENER, server.run(server.socket(LISTENER, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, IPPROTO_TCP)).value());
        assertEquals(0, server.run(server.setsockopt(LISTENER, IPPROTO_TCP, SocketConstants.TCP_FASTOPEN, integer(5))).value());
        assertEquals(0, server.run(server.bind(LISTENER, SERVER)).value());
        assertEquals(0, server.run(server.listen(LISTENER, 5)).value());
    }

    private static byte[] integer(int value) {
        return ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array();
    }

    private void open(int fd, int flags) {
        client.run(client.socket(fd, AF_INET, SOCK_STREAM | flags, IPPROTO_TCP));
    }

    @Test
    void aBlockingConnectWaitsForTheAnswerAndDataFlows() {
        listen();
        open(CLIENT, 0);
        Call connect = client.start(client.connect(CLIENT, SERVER), call -> { });
        assertFalse(connect.isDone());
        carryAll();
        assertEquals(0, connect.outcome().value());
        assertEquals(ACCEPTED, server.run(server.accept(LISTENER, ACCEPTED)).value());
        assertEquals(Errno.EAGAIN, server.run(server.accept(LISTENER, 9)).errno());
        assertEquals(5, client.run(client.write(CLIENT, HELLO, 0)).value());
        carryAll();
        assertArrayEquals(HELLO, server.run(server.read(ACCEPTED, 100, 0)).data());
        assertEquals(0, client.run(client.shutdown(CLIENT, SocketConstants.SHUT_WR)).value());
        carryAll();
        assertEquals(0, server.run(server.read(ACCEPTED, 100, 0)).value());
        assertEquals(Errno.EPIPE, client.run(client.write(CLIENT, HELLO, 0)).errno());
    }

    @Test
    void unreadDataAtCloseResetsAndThePeerIsToldOnce() {
        listen();
        open(CLIENT, SOCK_NONBLOCK);
        assertEquals(Errno.EINPROGRESS, client.run(client.connect(CLIENT, SERVER)).errno());
        carryAll();
        server.run(server.accept(LISTENER, ACCEPTED));
        client.run(client.write(CLIENT, HELLO, 0));
        carryAll();
        server.run(server.close(ACCEPTED));
        carryAll();
        assertEquals(Errno.ECONNRESET, client.run(client.read(CLIENT, 100, 0)).errno());
        assertEquals(0, client.run(client.read(CLIENT, 100, 0)).value());
        assertEquals(Errno.EPIPE, client.run(client.write(CLIENT, HELLO, 0)).errno());
    }

    @Test
    void theSecondFastOpenCarriesItsDataWithTheSyn() {
        listen();
        open(CLIENT, SOCK_NONBLOCK);
        assertEquals(Errno.EINPROGRESS, client.run(client.sendTo(CLIENT, HELLO, MSG_FASTOPEN, SERVER)).errno(), "no cookie yet");
        carryAll();
        open(CLIENT + 1, SOCK_NONBLOCK);
        assertEquals(5, client.run(client.sendTo(CLIENT + 1, HELLO, MSG_FASTOPEN, SERVER)).value());
        assertTrue(carry(near, far));
        assertNull(near.pollEmitted(), "nothing but the SYN");
        server.run(server.accept(LISTENER, ACCEPTED));
        server.run(server.accept(LISTENER, ACCEPTED + 1));
        assertArrayEquals(HELLO, server.run(server.read(ACCEPTED + 1, 100, 0)).data());
        open(CLIENT + 2, SOCK_NONBLOCK);
        assertEquals(Errno.EOPNOTSUPP, client.run(client.sendTo(CLIENT + 2, HELLO, MSG_FASTOPEN, null)).errno());
        client.run(client.setsockopt(CLIENT + 2, IPPROTO_TCP, SocketConstants.TCP_FASTOPEN_CONNECT, integer(1)));
        assertEquals(0, client.run(client.connect(CLIENT + 2, SERVER)).value());
        assertNull(near.pollEmitted(), "the SYN waits for data");
        assertEquals(5, client.run(client.write(CLIENT + 2, HELLO, 0)).value());
        assertTrue(carry(near, far));
    }

    @Test
    void whetherACookieIsNeededIsSaidBeforeConnecting() {
        listen();
        open(CLIENT, SOCK_NONBLOCK);
        assertEquals(Errno.EINVAL, client.run(client.setsockopt(CLIENT, IPPROTO_TCP, SocketConstants.TCP_FASTOPEN_NO_COOKIE, integer(2))).errno());
        assertEquals(0, client.run(client.setsockopt(CLIENT, IPPROTO_TCP, SocketConstants.TCP_FASTOPEN_NO_COOKIE, integer(1))).value());
        client.run(client.connect(CLIENT, SERVER));
        assertEquals(Errno.EINVAL, client.run(client.setsockopt(CLIENT, IPPROTO_TCP, SocketConstants.TCP_FASTOPEN_NO_COOKIE, integer(0))).errno());
        assertArrayEquals(integer(1), client.run(client.getsockopt(CLIENT, IPPROTO_TCP, SocketConstants.TCP_FASTOPEN_NO_COOKIE, 4)).data());
    }

    @Test
    void aConnectionThatLostItsOnlySubflowBeforeItWasAcceptedCanBeReadAndNotWritten() {
        server.run(server.socket(LISTENER, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, SocketConstants.IPPROTO_MPTCP));
        server.run(server.bind(LISTENER, SERVER));
        server.run(server.listen(LISTENER, 5));
        client.run(client.socket(CLIENT, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, SocketConstants.IPPROTO_MPTCP));
        client.run(client.connect(CLIENT, SERVER));
        carryAll();
        client.run(client.write(CLIENT, HELLO, 0));
        carryAll();
        client.run(client.write(CLIENT, HELLO, 0));
        byte[] packet = near.pollEmitted().bytes();
        packet[33] = 0x14; // RST, ACK; the checksum allows for it
        int checksum = (packet[36] & 0xff) << 8 | packet[37] & 0xff;
        checksum = checksum + 0x18 - 0x14;
        packet[36] = (byte) (checksum >> 8);
        packet[37] = (byte) checksum;
        far.inject(packet);
        assertEquals(ACCEPTED, server.run(server.accept(LISTENER, ACCEPTED)).value());
        assertEquals(Errno.EPIPE, server.run(server.write(ACCEPTED, HELLO, 0)).errno());
        assertArrayEquals(HELLO, server.run(server.read(ACCEPTED, 100, 0)).data());
    }

    @Test
    void aLargeWriteIsCutAsByADeviceAndPushedAtItsEnd() {
        listen();
        open(CLIENT, SOCK_NONBLOCK);
        client.run(client.connect(CLIENT, SERVER));
        carryAll();
        client.run(client.write(CLIENT, new byte[3 * 1448], 0));
        for (int i = 0; i < 3; i++) {
            byte[] packet = near.pollEmitted().bytes();
            assertEquals(1500, packet.length);
            assertEquals(i == 2 ? 0x18 : 0x10, packet[33]);
        }
    }

    @Test
    void aMessageTellsWhatIsLeftToReadWhereThatIsWished() {
        listen();
        open(CLIENT, SOCK_NONBLOCK);
        client.run(client.connect(CLIENT, SERVER));
        client.run(client.setsockopt(CLIENT, IPPROTO_TCP, SocketConstants.TCP_INQ, integer(1)));
        assertEquals(Errno.EINVAL, client.run(client.setsockopt(CLIENT, IPPROTO_TCP, SocketConstants.TCP_INQ, integer(2))).errno());
        carryAll();
        server.run(server.accept(LISTENER, ACCEPTED));
        server.run(server.write(ACCEPTED, HELLO, 0));
        server.run(server.close(ACCEPTED));
        carryAll();
        assertLeft(3, client.run(client.receiveMessage(CLIENT, 2, 0)));
        assertEquals(1, client.run(client.read(CLIENT, 1, 0)).data().length, "read tells nothing");
        assertLeft(1, client.run(client.receiveMessage(CLIENT, 2, 0))); // the end is still to be read
        assertEquals(0, client.run(client.receiveMessage(CLIENT, 2, 0)).value());
    }

    private static void assertLeft(int bytes, Outcome outcome) {
        assertEquals(2, outcome.value());
        ByteBuffer control = ByteBuffer.wrap(outcome.data(), 2, 12);
        assertEquals(IPPROTO_TCP, control.getInt());
        assertEquals(SocketConstants.TCP_INQ, control.getInt());
        assertEquals(bytes, control.getInt());
    }

    // ---- epoll ----

    private static final int EPOLL = 20;
    private static final long DATA = 0x1122334455667788L;
    private static final int IN = SocketConstants.POLLIN;
    private static final int OUT = SocketConstants.POLLOUT;

    private void acceptOne() {
        listen();
        open(CLIENT, SOCK_NONBLOCK);
        client.run(client.connect(CLIENT, SERVER));
        carryAll();
        server.run(server.accept(LISTENER, ACCEPTED));
        assertEquals(EPOLL, server.run(server.epollCreate(EPOLL)).value());
    }

    private void control(int operation, int fd, int events) {
        assertEquals(0, server.run(server.epollControl(EPOLL, operation, fd, events, DATA + fd)).value());
    }

    /** @return events of the one descriptor that is ready, 0 when there is none */
    private int await(int fd) {
        Outcome outcome = server.run(server.epollWait(EPOLL, 10, 0));
        if (outcome.value() == 0) {
            return 0;
        }
        assertEquals(1, outcome.value());
        ByteBuffer data = ByteBuffer.wrap(outcome.data());
        int events = data.getInt();
        assertEquals(DATA + fd, data.getLong());
        return events;
    }

    private void hello() {
        client.run(client.write(CLIENT, HELLO, 0));
        carryAll();
    }

    @Test
    void aLevelIsReportedAsLongAsItHolds() {
        acceptOne();
        control(SocketConstants.EPOLL_CTL_ADD, ACCEPTED, IN);
        assertEquals(0, await(ACCEPTED));
        hello();
        assertEquals(IN, await(ACCEPTED));
        assertEquals(IN, await(ACCEPTED));
        server.run(server.read(ACCEPTED, 100, 0));
        assertEquals(0, await(ACCEPTED));
    }

    @Test
    void anEdgeIsReportedOnceAndAgainWithTheNextBytesWhetherOrNotThereWereSomeLeft() {
        acceptOne();
        control(SocketConstants.EPOLL_CTL_ADD, ACCEPTED, IN | OUT | SocketConstants.EPOLLET);
        assertEquals(OUT, await(ACCEPTED));
        assertEquals(0, await(ACCEPTED));
        hello();
        assertEquals(IN | OUT, await(ACCEPTED));
        assertEquals(0, await(ACCEPTED));
        server.run(server.read(ACCEPTED, 2, 0));
        assertEquals(0, await(ACCEPTED));
        hello();
        assertEquals(IN | OUT, await(ACCEPTED));
    }

    @Test
    void anEdgeToWritableComesWhenRoomHasBeenMade() {
        acceptOne();
        server.run(server.fcntl(ACCEPTED, SocketConstants.F_SETFL, SocketConstants.O_NONBLOCK));
        server.run(server.setsockopt(ACCEPTED, IPPROTO_TCP, SocketConstants.TCP_NOTSENT_LOWAT, integer(4000)));
        control(SocketConstants.EPOLL_CTL_ADD, ACCEPTED, OUT | SocketConstants.EPOLLET);
        assertEquals(OUT, await(ACCEPTED));
        assertTrue(server.run(server.write(ACCEPTED, new byte[500_000], 0)).value() < 500_000);
        assertEquals(0, await(ACCEPTED));
        carryAll();
        assertEquals(OUT, await(ACCEPTED));
        assertEquals(0, await(ACCEPTED));
    }

    @Test
    void oneShotIsReportedOnceUntilItIsSetAgain() {
        acceptOne();
        control(SocketConstants.EPOLL_CTL_ADD, ACCEPTED, IN | SocketConstants.EPOLLONESHOT);
        hello();
        assertEquals(IN, await(ACCEPTED));
        hello();
        assertEquals(0, await(ACCEPTED));
        control(SocketConstants.EPOLL_CTL_MOD, ACCEPTED, IN);
        assertEquals(IN, await(ACCEPTED));
    }

    @Test
    void epollWaitWakesWithThePacketThatMakesSomethingReadyOrWithItsTimeout() {
        acceptOne();
        control(SocketConstants.EPOLL_CTL_ADD, ACCEPTED, IN);
        control(SocketConstants.EPOLL_CTL_ADD, LISTENER, IN);
        Call wait = server.start(server.epollWait(EPOLL, 1, -1), call -> { });
        assertFalse(wait.isDone());
        hello();
        assertEquals(1, wait.outcome().value());
        open(CLIENT + 1, SOCK_NONBLOCK);
        client.run(client.connect(CLIENT + 1, SERVER));
        carryAll();
        assertEquals(2, server.run(server.epollWait(EPOLL, 10, 0)).value());
        server.run(server.close(ACCEPTED));
        server.run(server.accept(LISTENER, ACCEPTED));
        long before = far.nowNanos();
        assertEquals(0, server.run(server.epollWait(EPOLL, 10, 30)).value(), "a closed descriptor is forgotten");
        assertEquals(before + 30_000_000, far.nowNanos());
    }

    @Test
    void epollControlFailsAsOnLinux() {
        acceptOne();
        control(SocketConstants.EPOLL_CTL_ADD, ACCEPTED, IN);
        assertEquals(Errno.EEXIST, server.run(server.epollControl(EPOLL, SocketConstants.EPOLL_CTL_ADD, ACCEPTED, IN, 0)).errno());
        assertEquals(Errno.ENOENT, server.run(server.epollControl(EPOLL, SocketConstants.EPOLL_CTL_DEL, LISTENER, 0, 0)).errno());
        assertEquals(Errno.EBADF, server.run(server.epollControl(EPOLL, SocketConstants.EPOLL_CTL_ADD, 99, IN, 0)).errno());
        assertEquals(Errno.EINVAL, server.run(server.epollControl(EPOLL, 9, ACCEPTED, IN, 0)).errno());
        assertEquals(Errno.EINVAL, server.run(server.epollWait(EPOLL, 0, 0)).errno());
        assertEquals(0, server.run(server.close(EPOLL)).value());
        assertEquals(Errno.EBADF, server.run(server.epollWait(EPOLL, 1, 0)).errno());
        assertEquals(Errno.EBADF, server.run(server.close(EPOLL)).errno());
    }
}
