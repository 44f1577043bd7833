package io.mptcp.netty.socket;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.Semaphore;
import java.util.stream.Collectors;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Many sockets at once, and many one after the other. */
@Timeout(500)
class ManySocketsTest {
    private static final int AT_ONCE = Integer.getInteger("sockets.atOnce", 10_000);
    private static final int IN_TURN = Integer.getInteger("sockets.inTurn", 2_000);
    private static final int CONNECTING_AT_ONCE = 500;
    private static final long HEAP_GROWTH_BYTES = 4 << 20;

    private StackPair pair;
    private ServerSocket listener;

    @BeforeEach
    void open() throws Exception {
        pair = new StackPair();
        listener = pair.servers().createServerSocket(0, 2 * CONNECTING_AT_ONCE, pair.address());
    }

    @AfterEach
    void close() throws Exception {
        listener.close();
        pair.close();
    }

    /** Each virtual thread has a socket of its own, and echoing begins when all are connected. */
    @Test
    void tenThousandVirtualThreadsEchoAtOnce(@TempDir Path folder) throws Exception {
        openAndClose(20); // While classes are loaded, which happens below native frames, any thread may be pinned.
        try (Recording recording = new Recording()) {
            recording.enable("jdk.VirtualThreadPinned").withoutThreshold();
            recording.start();
            echoFromVirtualThreads();
            recording.stop();
            Path file = folder.resolve("pinned.jfr");
            recording.dump(file);
            List<RecordedEvent> pinned = RecordingFile.readAllEvents(file);
            assertEquals(List.of(), pinned.stream().filter(event -> event.getString("blockingOperation").contains("park"))
                    .filter(event -> event.toString().contains("io.mptcp")).toList());
        }
    }

    private void echoFromVirtualThreads() throws Exception {
        Thread acceptor = Thread.ofVirtual().start(() -> acceptAll(AT_ONCE));
        Semaphore connecting = new Semaphore(CONNECTING_AT_ONCE);
        Set<String> threadsBefore = platformThreads();
        CountDownLatch connected = new CountDownLatch(AT_ONCE);
        CountDownLatch start = new CountDownLatch(1);
        List<FutureTask<Integer>> clients = new ArrayList<>();
        for (int i = 0; i < AT_ONCE; i++) {
            int number = i;
            FutureTask<Integer> client = new FutureTask<>(() -> {
                connecting.acquire();
                try (Socket socket = pair.connect(listener)) {
                    connecting.release();
                    connected.countDown();
                    start.await();
                    int echoed = 0;
                    for (int round = 0; round < 3; round++) {
                        socket.getOutputStream().write(ByteBuffer.allocate(64).putInt(number).putInt(round).array());
                        ByteBuffer answer = ByteBuffer.wrap(socket.getInputStream().readNBytes(64));
                        echoed += answer.remaining() == 64 && answer.getInt() == number && answer.getInt() == round ? 1 : 0;
                    }
                    return echoed;
                }
            });
            clients.add(client);
            Thread.ofVirtual().start(client);
        }
        connected.await();
        assertEquals(AT_ONCE, StackPair.on(pair.client.driver(), pair.client::size));
        Set<String> threadsNow = platformThreads();
        threadsNow.removeAll(threadsBefore);
        assertEquals(Set.of(), threadsNow);
        start.countDown();
        for (FutureTask<Integer> client : clients) {
            assertEquals(3, client.get());
        }
        acceptor.join();
    }

    /** Without those the JDK has for virtual threads. */
    private static Set<String> platformThreads() {
        return Thread.getAllStackTraces().keySet().stream().map(Thread::getName)
                .filter(name -> !name.startsWith("ForkJoinPool") && !name.startsWith("VirtualThread")).collect(Collectors.toSet());
    }

    /** Memory is looked at after a fifth, when caches and tables have their size, and at the end. */
    @Test
    void socketsOneAfterTheOtherLeaveNothing() throws Exception {
        openAndClose(IN_TURN / 5);
        long heapBefore = heapBytes();
        long residentBefore = residentKilobytes();
        openAndClose(IN_TURN - IN_TURN / 5);
        for (SocketStack stack : List.of(pair.client, pair.server)) {
            while (StackPair.on(stack.driver(), () -> stack.driver().stack().connectionCount()) > 0) {
                Thread.onSpinWait();
            }
            assertEquals(0, StackPair.on(stack.driver(), stack::size));
            assertEquals(0, StackPair.on(stack.driver(), () -> stack.driver().stack().bufferBytes()));
        }
        long heapAfter = heapBytes();
        System.out.printf("%d connections: heap %d -> %d bytes, resident %d -> %d kB%n", IN_TURN, heapBefore, heapAfter, residentBefore,
                residentKilobytes());
        assertTrue(heapAfter - heapBefore < HEAP_GROWTH_BYTES, "heap grew from " + heapBefore + " to " + heapAfter + " bytes");
    }

    private void openAndClose(int connections) throws Exception {
        int threads = 20;
        Thread acceptor = Thread.ofVirtual().start(() -> acceptAll(connections / threads * threads));
        List<FutureTask<Void>> clients = new ArrayList<>();
        for (int t = 0; t < threads; t++) {
            FutureTask<Void> client = new FutureTask<>(() -> {
                for (int i = 0; i < connections / threads; i++) {
                    try (Socket socket = pair.connect(listener)) {
                        socket.getOutputStream().write(new byte[5000]);
                        assertEquals(5000, socket.getInputStream().readNBytes(5000).length);
                        socket.shutdownOutput();
                        assertEquals(-1, socket.getInputStream().read());
                    }
                }
                return null;
            });
            clients.add(client);
            Thread.ofVirtual().start(client);
        }
        for (FutureTask<Void> client : clients) {
            client.get();
        }
        acceptor.join();
    }

    private void acceptAll(int connections) {
        try {
            for (int i = 0; i < connections; i++) {
                Socket socket = listener.accept();
                Thread.ofVirtual().start(() -> echo(socket));
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static void echo(Socket socket) {
        try (socket) {
            byte[] bytes = new byte[512];
            for (int count = socket.getInputStream().read(bytes); count > 0; count = socket.getInputStream().read(bytes)) {
                socket.getOutputStream().write(bytes, 0, count);
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static long heapBytes() {
        for (int i = 0; i < 3; i++) {
            System.gc(); // what the first one hands to cleaners is collected by the next
        }
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }

    private static long residentKilobytes() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/status")).stream().filter(line -> line.startsWith("VmRSS"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", ""))).findFirst().orElse(0);
    }
}
