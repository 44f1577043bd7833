package io.mptcp.netty.socket;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.stack.MptcpInfo;
import io.mptcp.stack.SubflowInfo;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What sockets of this stack have beyond those of the JDK. */
@Timeout(60)
class StackStreamTest {
    private StackPair pair;
    private ServerSocket listener;
    private MptcpSocket client;
    private MptcpSocket server;

    @BeforeEach
    void open() throws Exception {
        pair = new StackPair();
        listener = pair.servers().createServerSocket(0, 10, pair.address());
        client = (MptcpSocket) pair.connect(listener);
        server = (MptcpSocket) listener.accept();
    }

    @AfterEach
    void close() throws Exception {
        client.close();
        server.close();
        listener.close();
        pair.close();
    }

    @Test
    void tellsOfItsSubflows() throws Exception {
        byte[] bytes = SocketSemantics.random(1, 2_000_000);
        FutureTask<Void> writing = new FutureTask<>(() -> {
            server.getOutputStream().write(bytes);
            server.shutdownOutput();
            return null;
        });
        Thread.ofVirtual().start(writing);
        assertArrayEquals(bytes, client.getInputStream().readAllBytes());
        writing.get();
        MptcpInfo info = client.mptcpInfo();
        assertEquals(0, info.flags() & MptcpInfo.FLAG_FALLBACK);
        assertEquals(bytes.length, info.bytesReceived());
        assertEquals(2, client.subflows().size());
        for (SubflowInfo subflow : server.subflows()) {
            assertTrue(subflow.bytesSent() > 0, subflow.toString());
        }
        assertNull(((MptcpSocket) pair.clients().createSocket()).mptcpInfo());
    }

    @Test
    void theEndOfTheStackEndsWhatWaits() throws Exception {
        List<FutureTask<?>> waiting = new ArrayList<>();
        waiting.add(new FutureTask<>(() -> client.getInputStream().read()));
        waiting.add(new FutureTask<>(() -> {
            while (true) {
                client.getOutputStream().write(new byte[10_000]);
            }
        }));
        waiting.add(new FutureTask<>(() -> server.getInputStream().skip(Long.MAX_VALUE) > 0 ? server.getInputStream().read() : -1));
        waiting.add(new FutureTask<>(listener::accept));
        waiting.forEach(task -> Thread.ofVirtual().start(task));
        pair.close();
        for (FutureTask<?> task : waiting) {
            assertInstanceOf(SocketException.class, assertThrows(ExecutionException.class, task::get).getCause());
        }
        assertThrows(SocketException.class, () -> client.getOutputStream().write(1));
        assertThrows(IOException.class, () -> pair.connect(listener));
    }

    @Test
    void theEventLoopIsNotTheThreadToBlockOn() throws Exception {
        assertInstanceOf(IllegalStateException.class, assertThrows(ExecutionException.class,
                () -> StackPair.on(pair.client.driver(), () -> client.getInputStream().read())).getCause());
        assertFalse(client.isClosed());
    }

    @Test
    void nothingIsLeftOfClosedSockets() throws Exception {
        client.getOutputStream().write(new byte[1000]);
        server.getInputStream().readNBytes(1000);
        server.close();
        assertEquals(-1, client.getInputStream().read());
        client.close();
        for (SocketStack stack : List.of(pair.client, pair.server)) {
            while (StackPair.on(stack.driver(), () -> stack.size() + stack.driver().stack().connectionCount()) > 0) {
                Thread.yield();
            }
            assertEquals(0, StackPair.on(stack.driver(), () -> stack.driver().stack().bufferBytes()));
        }
    }

    /** Who loses a socket loses the connection, too, at the latest when the next is opened. */
    @Test
    void socketsThatAreForgottenAreClosed() throws Exception {
        forgetOne();
        while (server.getInputStream() != null) {
            System.gc();
            try (Socket another = pair.connect(listener); Socket accepted = listener.accept()) {
                if (StackPair.on(pair.client.driver(), pair.client::size) <= 2) {
                    return; // The client of this test, and this one.
                }
            }
        }
    }

    private void forgetOne() throws Exception {
        pair.connect(listener).getOutputStream().write(1);
        listener.accept().close();
    }
}
