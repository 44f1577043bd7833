package io.mptcp.netty.socket;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import jdk.net.ExtendedSocketOptions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a program may rely on with a {@link Socket}, the same for every kind of socket: the JDK's own shows that the expectations are right. */
@Timeout(60)
abstract class SocketSemantics {
    private final List<AutoCloseable> opened = new ArrayList<>();
    private SocketPair pair;
    private ServerSocket listener;
    private Socket client;
    private Socket server;

    abstract SocketPair open() throws Exception;

    @BeforeEach
    void connect() throws Exception {
        pair = open();
        listener = closing(pair.servers().createServerSocket(0, 10, pair.address()));
        client = closing(pair.connect(listener));
        server = closing(listener.accept());
    }

    @AfterEach
    void closeAll() throws Exception {
        for (AutoCloseable closeable : opened.reversed()) {
            closeable.close();
        }
        pair.close();
    }

    private <T extends AutoCloseable> T closing(T closeable) {
        opened.add(closeable);
        return closeable;
    }

    // ---- the stream ----

    @Test
    void carriesBytesBothWaysAtOnce() throws Exception {
        byte[] there = random(1, 3_000_000);
        byte[] back = random(2, 3_000_000);
        FutureTask<Void> writing = platform(() -> sendAndEnd(client, there));
        FutureTask<Void> answering = platform(() -> sendAndEnd(server, back));
        FutureTask<byte[]> reading = platform(() -> client.getInputStream().readAllBytes());
        assertArrayEquals(there, server.getInputStream().readAllBytes());
        assertArrayEquals(back, reading.get());
        writing.get();
        answering.get();
    }

    @Test
    void carriesSingleBytes() throws Exception {
        FutureTask<Void> writing = platform(() -> {
            for (int i = 0; i < 5000; i++) {
                client.getOutputStream().write(i);
            }
            client.shutdownOutput();
            return null;
        });
        InputStream in = server.getInputStream();
        for (int i = 0; i < 5000; i++) {
            assertEquals(i & 0xff, in.read());
        }
        assertEquals(-1, in.read());
        writing.get();
    }

    @Test
    void tellsWhatCanBeReadWithoutWaiting() throws Exception {
        assertEquals(0, server.getInputStream().available());
        client.getOutputStream().write(new byte[100]);
        while (server.getInputStream().available() < 100) {
            Thread.onSpinWait();
        }
        assertEquals(60, server.getInputStream().readNBytes(60).length);
        assertEquals(40, server.getInputStream().available());
        assertEquals(0, server.getInputStream().read(new byte[0]));
        assertThrows(IndexOutOfBoundsException.class, () -> server.getInputStream().read(new byte[4], 2, 3));
        assertThrows(IndexOutOfBoundsException.class, () -> server.getOutputStream().write(new byte[4], 2, 3));
    }

    // ---- timeouts ----

    @Test
    void readTimesOutAndMayBeTriedAgain() throws Exception {
        client.setSoTimeout(20);
        assertEquals("Read timed out", assertThrows(SocketTimeoutException.class, () -> client.getInputStream().read()).getMessage());
        assertFalse(client.isClosed());
        server.getOutputStream().write(7);
        client.setSoTimeout(10_000);
        assertEquals(7, client.getInputStream().read());
    }

    @Test
    void readTimesOutInAVirtualThread() throws Exception {
        client.setSoTimeout(20);
        FutureTask<Integer> reading = virtual(() -> client.getInputStream().read());
        assertEquals("Read timed out", assertInstanceOf(SocketTimeoutException.class, failureOf(reading)).getMessage());
    }

    @Test
    void acceptTimesOut() throws Exception {
        listener.setSoTimeout(20);
        assertEquals("Accept timed out", assertThrows(SocketTimeoutException.class, listener::accept).getMessage());
        listener.setSoTimeout(0);
        Socket second = closing(pair.connect(listener));
        assertEquals(second.getLocalPort(), closing(listener.accept()).getPort());
    }

    @Test
    void connectTimesOutWhenTheBacklogIsFull() throws Exception {
        listener.close();
        ServerSocket full = closing(pair.servers().createServerSocket(0, 1, pair.address()));
        for (int i = 0; i < 10; i++) {
            Socket socket = closing(pair.clients().createSocket());
            try {
                socket.connect(new InetSocketAddress(pair.address(), full.getLocalPort()), 200);
            } catch (SocketTimeoutException e) {
                assertEquals("Connect timed out", e.getMessage());
                assertTrue(socket.isClosed());
                return;
            }
        }
        throw new AssertionError("ten connections in a backlog of one");
    }

    // ---- connecting ----

    @Test
    void connectIsRefusedWhereNobodyListens() throws Exception {
        InetSocketAddress remote = new InetSocketAddress(pair.address(), listener.getLocalPort());
        listener.close();
        Socket socket = closing(pair.clients().createSocket());
        assertEquals("Connection refused", assertThrows(ConnectException.class, () -> socket.connect(remote)).getMessage());
        assertTrue(socket.isClosed());
        assertThrows(ConnectException.class, () -> pair.clients().createSocket(pair.address(), remote.getPort()));
    }

    @Test
    void wrongUseOfConnectIsRefused() throws Exception {
        InetSocketAddress remote = new InetSocketAddress(pair.address(), listener.getLocalPort());
        assertEquals("Already connected", assertThrows(SocketException.class, () -> client.connect(remote)).getMessage());
        Socket socket = closing(pair.clients().createSocket());
        assertThrows(IllegalArgumentException.class, () -> socket.connect(null));
        assertThrows(IllegalArgumentException.class, () -> socket.connect(remote, -1));
        assertThrows(UnknownHostException.class, () -> socket.connect(InetSocketAddress.createUnresolved("nowhere.invalid", 1)));
    }

    @Test
    void aPortInUseIsNotGivenTwice() {
        assertThrows(BindException.class, () -> pair.servers().createServerSocket(listener.getLocalPort(), 10, pair.address()));
    }

    @Test
    void waitingConnectionsAreAcceptedInTheirOrder() throws Exception {
        List<Socket> waiting = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            waiting.add(closing(pair.connect(listener)));
        }
        for (Socket socket : waiting) {
            assertEquals(socket.getLocalPort(), closing(listener.accept()).getPort());
        }
    }

    @Test
    void connectionsNobodyAcceptedAreReset() throws Exception {
        Socket waiting = closing(pair.connect(listener));
        listener.close();
        assertEquals("Connection reset", assertThrows(SocketException.class, () -> waiting.getInputStream().read()).getMessage());
    }

    // ---- the end of one direction ----

    @Test
    void theEndOfOneDirectionLeavesTheOther() throws Exception {
        client.getOutputStream().write(1);
        client.shutdownOutput();
        assertTrue(client.isOutputShutdown());
        assertArrayEquals(new byte[] {1}, server.getInputStream().readAllBytes());
        assertEquals(-1, server.getInputStream().read());
        server.getOutputStream().write(2);
        assertEquals(2, client.getInputStream().read());
        server.close();
        assertEquals(-1, client.getInputStream().read());
    }

    @Test
    void nothingCanBeWrittenAfterTheEndOfOutput() throws Exception {
        OutputStream out = client.getOutputStream();
        client.shutdownOutput();
        assertEquals("Broken pipe", assertThrows(SocketException.class, () -> out.write(1)).getMessage());
        assertEquals("Socket output is shutdown", assertThrows(SocketException.class, () -> client.getOutputStream()).getMessage());
        assertEquals("Socket output is already shutdown", assertThrows(SocketException.class, () -> client.shutdownOutput()).getMessage());
    }

    @Test
    void inputThatWasEndedReadsAsEndOfStream() throws Exception {
        InputStream in = client.getInputStream();
        client.shutdownInput();
        assertTrue(client.isInputShutdown());
        server.getOutputStream().write(new byte[1000]);
        assertEquals(-1, in.read());
        assertEquals(0, in.available());
        client.getOutputStream().write(5);
        assertEquals(5, server.getInputStream().read());
    }

    @Test
    void endingInputWakesTheReader() throws Exception {
        FutureTask<Integer> reading = platformBlocked(() -> client.getInputStream().read());
        client.shutdownInput();
        assertEquals(-1, reading.get());
    }

    // ---- closing ----

    @Test
    void whatWasWrittenArrivesAfterClose() throws Exception {
        byte[] bytes = random(3, 200_000);
        FutureTask<byte[]> reading = platform(() -> server.getInputStream().readAllBytes());
        client.getOutputStream().write(bytes);
        client.close();
        assertArrayEquals(bytes, reading.get());
    }

    @Test
    void closeWakesAReader() throws Exception {
        FutureTask<Integer> reading = platformBlocked(() -> client.getInputStream().read());
        client.close();
        assertEquals("Socket closed", assertInstanceOf(SocketException.class, failureOf(reading)).getMessage());
        assertEquals(-1, server.getInputStream().read());
    }

    @Test
    void closeWakesAReaderWithATimeout() throws Exception {
        client.setSoTimeout(50_000);
        FutureTask<Integer> reading = platformBlocked(() -> client.getInputStream().read());
        client.close();
        assertEquals("Socket closed", assertInstanceOf(SocketException.class, failureOf(reading)).getMessage());
    }

    @Test
    void closeWakesAVirtualThread() throws Exception {
        FutureTask<Integer> reading = virtual(() -> client.getInputStream().read());
        client.close();
        assertInstanceOf(SocketException.class, failureOf(reading));
    }

    @Test
    void closeWakesAWriter() throws Exception {
        FutureTask<Void> writing = platformBlocked(() -> writeForEver(client));
        client.close();
        assertEquals("Socket closed", assertInstanceOf(SocketException.class, failureOf(writing)).getMessage());
    }

    @Test
    void closeWakesAcceptor() throws Exception {
        FutureTask<Socket> accepting = platformBlocked(listener::accept);
        listener.close();
        assertEquals("Socket closed", assertInstanceOf(SocketException.class, failureOf(accepting)).getMessage());
        assertTrue(listener.isClosed());
        assertEquals("Socket is closed", assertThrows(SocketException.class, listener::accept).getMessage());
    }

    @Test
    void closingTheStreamClosesTheSocket() throws Exception {
        client.getInputStream().close();
        assertTrue(client.isClosed());
        assertEquals(-1, server.getInputStream().read());
        server.getOutputStream().close();
        assertTrue(server.isClosed());
    }

    @Test
    void nothingWorksAfterClose() throws Exception {
        InputStream in = client.getInputStream();
        OutputStream out = client.getOutputStream();
        InetAddress remote = client.getInetAddress();
        int remotePort = client.getPort();
        int localPort = client.getLocalPort();
        client.close();
        client.close();
        assertEquals("Socket closed", assertThrows(SocketException.class, in::read).getMessage());
        assertEquals("Socket closed", assertThrows(SocketException.class, () -> out.write(1)).getMessage());
        assertEquals("Socket closed", assertThrows(SocketException.class, in::available).getMessage());
        for (var call : List.<org.junit.jupiter.api.function.Executable>of(client::getInputStream, client::getOutputStream, client::getSoTimeout,
                () -> client.setTcpNoDelay(true), client::shutdownInput, client::shutdownOutput, client::getReceiveBufferSize,
                () -> client.connect(new InetSocketAddress(remote, remotePort)), () -> client.bind(null))) {
            assertEquals("Socket is closed", assertThrows(SocketException.class, call).getMessage());
        }
        // What it was connected to can still be asked.
        assertTrue(client.isConnected());
        assertTrue(client.isBound());
        assertEquals(remote, client.getInetAddress());
        assertEquals(remotePort, client.getPort());
        assertEquals(localPort, client.getLocalPort());
        assertTrue(client.getLocalAddress().isAnyLocalAddress());
    }

    @Test
    void theEndOfTheStreamIsToldAgainAfterClose() throws Exception {
        InputStream in = client.getInputStream();
        server.close();
        assertEquals(-1, in.read());
        client.close();
        assertEquals(-1, in.read());
    }

    // ---- resets ----

    @Test
    void lingerOfZeroResets() throws Exception {
        server.setSoLinger(true, 0);
        server.close();
        InputStream in = client.getInputStream();
        assertEquals("Connection reset", assertThrows(SocketException.class, in::read).getMessage());
        assertEquals("Connection reset", assertThrows(SocketException.class, in::read).getMessage());
        assertEquals("Broken pipe", assertThrows(SocketException.class, () -> client.getOutputStream().write(1)).getMessage());
    }

    @Test
    void resetWakesAWriter() throws Exception {
        FutureTask<Void> writing = platformBlocked(() -> writeForEver(client));
        server.setSoLinger(true, 0);
        server.close();
        String message = assertInstanceOf(SocketException.class, failureOf(writing)).getMessage();
        assertTrue(message.equals("Connection reset") || message.equals("Connection reset by peer") || message.equals("Broken pipe"), message);
    }

    @Test
    void closeWithUnreadBytesResets() throws Exception {
        client.getOutputStream().write(new byte[100]);
        while (server.getInputStream().available() == 0) {
            Thread.onSpinWait();
        }
        server.close();
        // What it reads may be the end of the stream, which Java sends before; but nobody takes what it writes.
        assertThrows(SocketException.class, () -> writeForEver(client));
    }

    // ---- linger ----

    @Test
    void closeLingersUntilThePeerHasEverything() throws Exception {
        byte[] bytes = random(4, 500_000);
        client.setSoLinger(true, 30);
        FutureTask<byte[]> reading = platform(() -> server.getInputStream().readAllBytes());
        client.getOutputStream().write(bytes);
        client.close();
        assertArrayEquals(bytes, reading.get());
    }

    @Test
    void closeLingersNoLongerThanItShould() throws Exception {
        listener.setReceiveBufferSize(8 << 10);
        client = closing(pair.clients().createSocket());
        client.setSendBufferSize(1 << 20);
        client.connect(new InetSocketAddress(pair.address(), listener.getLocalPort()));
        server = closing(listener.accept());
        client.setSoLinger(true, 1);
        client.getOutputStream().write(new byte[200_000]);
        long startNanos = System.nanoTime();
        client.close();
        assertTrue(System.nanoTime() - startNanos >= TimeUnit.MILLISECONDS.toNanos(900));
        assertEquals(0, server.getInputStream().read());
    }

    // ---- interrupts ----

    @Test
    void anInterruptDoesNotDisturbAPlatformThread() throws Exception {
        Thread[] reader = new Thread[1];
        FutureTask<Boolean> reading = new FutureTask<>(() -> client.getInputStream().read() == 9 && Thread.currentThread().isInterrupted());
        reader[0] = Thread.ofPlatform().daemon().start(reading);
        awaitBlocked(reader[0]);
        reader[0].interrupt();
        server.getOutputStream().write(9);
        assertTrue(reading.get());
        assertFalse(client.isClosed());
    }

    @Test
    void anInterruptClosesTheSocketOfAVirtualThread() throws Exception {
        boolean[] stillInterrupted = new boolean[1];
        FutureTask<Integer> reading = new FutureTask<>(() -> {
            try {
                return client.getInputStream().read();
            } finally {
                stillInterrupted[0] = Thread.currentThread().isInterrupted();
            }
        });
        Thread.ofVirtual().start(reading).interrupt();
        assertEquals("Closed by interrupt", assertInstanceOf(SocketException.class, failureOf(reading)).getMessage());
        assertTrue(stillInterrupted[0]);
        assertTrue(client.isClosed());
    }

    @Test
    void anInterruptEndsAcceptInAVirtualThread() throws Exception {
        FutureTask<Socket> accepting = new FutureTask<>(listener::accept);
        Thread.ofVirtual().start(accepting).interrupt();
        assertEquals("Closed by interrupt", assertInstanceOf(SocketException.class, failureOf(accepting)).getMessage());
        assertTrue(listener.isClosed());
    }

    // ---- what a socket tells of itself, and options ----

    @Test
    void aNewSocketKnowsNothing() throws Exception {
        Socket socket = closing(pair.clients().createSocket());
        assertFalse(socket.isConnected());
        assertFalse(socket.isBound());
        assertFalse(socket.isClosed());
        assertNull(socket.getInetAddress());
        assertNull(socket.getRemoteSocketAddress());
        assertNull(socket.getLocalSocketAddress());
        assertEquals(0, socket.getPort());
        assertEquals(-1, socket.getLocalPort());
        assertEquals("Socket[unconnected]", socket.toString());
        assertEquals("Socket is not connected", assertThrows(SocketException.class, socket::getInputStream).getMessage());
        assertEquals("Socket is not connected", assertThrows(SocketException.class, socket::getOutputStream).getMessage());
        assertEquals("Socket is not connected", assertThrows(SocketException.class, socket::shutdownOutput).getMessage());
    }

    @Test
    void bothSidesAgreeOnAddresses() {
        assertEquals(pair.address(), client.getInetAddress());
        assertEquals(listener.getLocalPort(), client.getPort());
        assertEquals(client.getLocalSocketAddress(), server.getRemoteSocketAddress());
        assertEquals(client.getRemoteSocketAddress(), server.getLocalSocketAddress());
        assertTrue(client.toString().startsWith("Socket[addr="), client.toString());
        assertNull(client.getChannel());
        assertTrue(listener.isBound());
        assertEquals(pair.address(), listener.getInetAddress());
    }

    @Test
    void optionsAreRememberedAndHaveTheUsualDefaults() throws Exception {
        Socket unconnected = closing(pair.clients().createSocket());
        for (Socket socket : List.of(unconnected, client, server)) {
            assertFalse(socket.getTcpNoDelay());
            assertFalse(socket.getKeepAlive());
            assertEquals(-1, socket.getSoLinger());
            assertEquals(0, socket.getSoTimeout());
            assertFalse(socket.getOOBInline());
            assertTrue(socket.getSendBufferSize() > 0);
            assertTrue(socket.getReceiveBufferSize() > 0);
            socket.setTcpNoDelay(true);
            socket.setKeepAlive(true);
            socket.setSoLinger(true, 7);
            socket.setSoTimeout(1234);
            socket.setTrafficClass(0x28);
            socket.setSendBufferSize(64 << 10);
            socket.setReceiveBufferSize(64 << 10);
            socket.setOption(ExtendedSocketOptions.TCP_KEEPIDLE, 60);
            assertTrue(socket.getTcpNoDelay());
            assertTrue(socket.getKeepAlive());
            assertEquals(7, socket.getSoLinger());
            assertEquals(1234, socket.getSoTimeout());
            assertEquals(0x28, socket.getTrafficClass());
            assertTrue(socket.getSendBufferSize() >= 64 << 10);
            assertTrue(socket.getReceiveBufferSize() >= 64 << 10);
            assertEquals(60, socket.getOption(ExtendedSocketOptions.TCP_KEEPIDLE));
            assertEquals(7, socket.getOption(StandardSocketOptions.SO_LINGER));
            assertTrue(socket.supportedOptions().containsAll(List.of(StandardSocketOptions.TCP_NODELAY, StandardSocketOptions.SO_KEEPALIVE,
                    StandardSocketOptions.SO_SNDBUF, StandardSocketOptions.SO_RCVBUF, StandardSocketOptions.SO_LINGER)));
            socket.setSoLinger(false, 0);
            assertEquals(-1, socket.getSoLinger());
        }
        server.getOutputStream().write(1);
        assertEquals(1, client.getInputStream().read());
    }

    @Test
    void wrongOptionsAreRefused() throws Exception {
        assertThrows(UnsupportedOperationException.class, () -> client.setOption(StandardSocketOptions.IP_MULTICAST_TTL, 1));
        assertThrows(UnsupportedOperationException.class, () -> client.getOption(StandardSocketOptions.IP_MULTICAST_TTL));
        assertThrows(UnsupportedOperationException.class, () -> listener.getOption(StandardSocketOptions.TCP_NODELAY));
        assertThrows(IllegalArgumentException.class, () -> client.setOption(StandardSocketOptions.SO_SNDBUF, -1));
        assertThrows(IllegalArgumentException.class, () -> client.setOption(StandardSocketOptions.TCP_NODELAY, null));
        assertThrows(IllegalArgumentException.class, () -> client.setOption(StandardSocketOptions.IP_TOS, 256));
        assertThrows(IllegalArgumentException.class, () -> client.setSoTimeout(-1));
        assertThrows(IllegalArgumentException.class, () -> client.setSoLinger(true, -1));
        assertThrows(IllegalArgumentException.class, () -> client.setReceiveBufferSize(0));
    }

    @Test
    void socketsGoOnWithATimeoutOfTheListenerIgnored() throws Exception {
        listener.setSoTimeout(5000);
        closing(pair.connect(listener));
        Socket accepted = closing(listener.accept());
        assertEquals(0, accepted.getSoTimeout());
        assertTrue(listener.getReuseAddress() || !listener.getReuseAddress());
        assertTrue(listener.getReceiveBufferSize() > 0);
        assertEquals(5000, listener.getSoTimeout());
    }

    // ---- helpers ----

    static byte[] random(long seed, int length) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private static Void sendAndEnd(Socket socket, byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
        socket.shutdownOutput();
        return null;
    }

    private static Void writeForEver(Socket socket) throws IOException {
        byte[] chunk = new byte[64 << 10];
        OutputStream out = socket.getOutputStream(); // asked for between two writes, a closed socket says something else
        while (true) {
            out.write(chunk);
        }
    }

    private static Throwable failureOf(FutureTask<?> task) {
        return assertThrows(ExecutionException.class, task::get).getCause();
    }

    private static <T> FutureTask<T> platform(Callable<T> work) {
        FutureTask<T> task = new FutureTask<>(work);
        Thread.ofPlatform().daemon().start(task);
        return task;
    }

    private static <T> FutureTask<T> platformBlocked(Callable<T> work) {
        FutureTask<T> task = new FutureTask<>(work);
        awaitBlocked(Thread.ofPlatform().daemon().start(task));
        return task;
    }

    private static <T> FutureTask<T> virtual(Callable<T> work) {
        FutureTask<T> task = new FutureTask<>(work);
        Thread.ofVirtual().start(task);
        return task;
    }

    /** Until the thread is seen in the same wait ten times in a row. */
    private static void awaitBlocked(Thread thread) {
        for (int seen = 0; seen < 10 && thread.isAlive(); ) {
            StackTraceElement[] stack = thread.getStackTrace();
            String top = stack.length == 0 ? "" : stack[0].getMethodName();
            seen = top.equals("park") || top.equals("poll") || top.equals("accept") || top.endsWith("0") ? seen + 1 : 0;
            Thread.yield();
        }
    }
}
