package io.mptcp.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.netty.linux.UdpSocket;
import io.mptcp.wire.IpAddress;
import io.netty.channel.ManualIoEventLoop;
import io.netty.channel.epoll.EpollIoHandler;
import java.io.IOException;
import java.lang.foreign.Arena;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class FdPollTest {
    private static final IpAddress LOOPBACK = IpAddress.parse("127.0.0.1");
    private static final int ROUNDS = 1000;

    private final ManualIoEventLoop loop = new ManualIoEventLoop(Thread.currentThread(), EpollIoHandler.newFactory());
    private FdPoll poll;
    private int calls;
    private int callsBeforeOther;

    @AfterEach
    void close() {
        Loops.close(loop);
    }

    /** One path at full rate must not hold up the acknowledgments of another until its timers run out. */
    @Test
    void whoAsksToReadAgainLetsOthersReadBetween() throws IOException {
        try (UdpSocket busy = UdpSocket.open(LOOPBACK, 0, null); UdpSocket other = UdpSocket.open(LOOPBACK, 0, null)) {
            sendToItself(busy);
            poll = new FdPoll(loop, busy.fd(), () -> {
                if (calls++ == 0) {
                    sendToItself(other);
                }
                if (calls < ROUNDS) {
                    poll.readAgain();
                }
            }, () -> { });
            FdPoll otherPoll = new FdPoll(loop, other.fd(), () -> callsBeforeOther = calls, () -> { });
            Loops.runUntil(loop, () -> calls == ROUNDS);
            assertTrue(callsBeforeOther >= 1 && callsBeforeOther <= 2, "the other had to wait for " + callsBeforeOther + " reads");
            poll.close();
            otherPoll.close();
        }
    }

    @Test
    void whatIsReadToTheEndIsNotReadAgain() throws IOException {
        try (UdpSocket socket = UdpSocket.open(LOOPBACK, 0, null)) {
            sendToItself(socket);
            poll = new FdPoll(loop, socket.fd(), () -> {
                calls++;
                if (socket.receive() < 0) {
                    return;
                }
                poll.readAgain();
            }, () -> { });
            Loops.runUntil(loop, () -> calls > 0);
            for (int i = 0; i < 10; i++) {
                loop.runNow();
            }
            assertEquals(1, calls, "nothing was left when the socket was asked again");
            poll.close();
        }
    }

    /** One datagram, and its socket has something to read. */
    static void sendToItself(UdpSocket socket) {
        socket.beginSend();
        socket.addPiece(Arena.ofAuto().allocate(1), 0, 1);
        assertEquals(0, socket.send(LOOPBACK.hi(), LOOPBACK.lo(), socket.port(), 0));
    }
}
