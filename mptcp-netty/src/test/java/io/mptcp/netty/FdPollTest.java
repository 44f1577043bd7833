package io.mptcp.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.netty.linux.Errno;
import io.mptcp.netty.linux.UdpSocket;
import io.mptcp.wire.IpAddress;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ManualIoEventLoop;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@Timeout(60)
class FdPollTest {
    private static final IpAddress LOOPBACK = IpAddress.parse("127.0.0.1");
    private static final int ROUNDS = 1000;

    private ManualIoEventLoop loop;
    private FdPoll poll;
    private int calls;
    private int callsBeforeOther;

    @AfterEach
    void close() {
        Loops.close(loop);
    }

    /** One path at full rate must not hold up the acknowledgments of another until its timers run out. */
    @ParameterizedTest
    @MethodSource("io.mptcp.netty.Loops#kinds")
    void whoAsksToReadAgainLetsOthersReadBetween(IoHandlerFactory kind) throws IOException {
        loop = new ManualIoEventLoop(Thread.currentThread(), kind);
        try (UdpSocket busy = UdpSocket.open(LOOPBACK, 0, null); UdpSocket other = UdpSocket.open(LOOPBACK, 0, null)) {
            sendToItself(busy);
            poll = FdPoll.on(loop, busy.fd(), () -> {
                if (calls++ == 0) {
                    sendToItself(other);
                }
                if (calls < ROUNDS) {
                    poll.readAgain();
                }
            }, () -> { });
            FdPoll otherPoll = FdPoll.on(loop, other.fd(), () -> {
                if (other.receive() > 0) {
                    callsBeforeOther = calls;
                }
            }, () -> { });
            Loops.runUntil(loop, () -> calls == ROUNDS);
            assertTrue(callsBeforeOther >= 1 && callsBeforeOther <= 2, "the other had to wait for " + callsBeforeOther + " reads");
            poll.close();
            otherPoll.close();
        }
    }

    @ParameterizedTest
    @MethodSource("io.mptcp.netty.Loops#kinds")
    void whatIsReadToTheEndIsNotReadAgain(IoHandlerFactory kind) throws IOException {
        loop = new ManualIoEventLoop(Thread.currentThread(), kind);
        try (UdpSocket socket = UdpSocket.open(LOOPBACK, 0, null)) {
            sendToItself(socket);
            poll = FdPoll.on(loop, socket.fd(), () -> {
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

    @ParameterizedTest
    @MethodSource("io.mptcp.netty.Loops#kinds")
    void roomIsToldOnceForEachTimeItIsAskedFor(IoHandlerFactory kind) throws IOException {
        loop = new ManualIoEventLoop(Thread.currentThread(), kind);
        int[] rooms = {0};
        try (UdpSocket socket = UdpSocket.open(LOOPBACK, 0, null)) {
            poll = FdPoll.on(loop, socket.fd(), () -> {
                while (socket.receive() != -Errno.EAGAIN) {
                    calls++;
                }
            }, () -> rooms[0]++);
            poll.awaitWritable();
            Loops.runUntil(loop, () -> rooms[0] > 0);
            sendToItself(socket);
            Loops.runUntil(loop, () -> calls > 0);
            assertEquals(1, rooms[0]);
            poll.close();
        }
    }

    /** The port is free at once, and the number of the descriptor is for others to use. */
    @ParameterizedTest
    @MethodSource("io.mptcp.netty.Loops#kinds")
    void whatHasLeftTheLoopAndIsClosedIsHeldByNobody(IoHandlerFactory kind) throws IOException {
        loop = new ManualIoEventLoop(Thread.currentThread(), kind);
        long descriptors = openDescriptors();
        int port = 0;
        for (int i = 0; i < 3; i++) {
            try (UdpSocket socket = UdpSocket.open(LOOPBACK, port, null)) {
                port = socket.port();
                calls = 0;
                poll = FdPoll.on(loop, socket.fd(), () -> calls += socket.receive() > 0 ? 1 : 0, () -> { });
                loop.runNow();
                sendToItself(socket);
                Loops.runUntil(loop, () -> calls > 0);
                poll.close();
            }
        }
        loop.runNow();
        assertEquals(descriptors, openDescriptors());
    }

    private static long openDescriptors() throws IOException {
        try (Stream<Path> entries = Files.list(Path.of("/proc/self/fd"))) {
            return entries.count();
        }
    }

    /** One datagram, and its socket has something to read. */
    static void sendToItself(UdpSocket socket) {
        socket.beginSend();
        socket.addPiece(Arena.ofAuto().allocate(1), 0, 1);
        assertEquals(0, socket.send(LOOPBACK.hi(), LOOPBACK.lo(), socket.port(), 0));
    }
}
