package io.mptcp.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.netty.channel.MptcpSocketChannel;
import io.mptcp.stack.SubflowInfo;
import io.netty.channel.Channel;
import io.netty.pkitesting.X509Bundle;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Every example runs, as its user would run it, and does what it says. */
@Timeout(60)
class ExamplesTest {
    @TempDir
    private Path directory;

    /** One path goes, twice: each time the stream goes on over the other, and the application never hears of it. */
    @Test
    void anHttp2StreamGoesFromTwoPathsToOneAndBackWithoutAnError() throws Exception {
        long bytes = 48L << 20;
        Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
        try (Loopback loopback = new Loopback()) {
            Channel server = Http2Streaming.serve(loopback.server);
            MptcpSocketChannel connection = Http2Streaming.connect(loopback.client, (InetSocketAddress) server.localAddress(), failures::add);
            CompletableFuture<Void> down = new CompletableFuture<>();
            CompletableFuture<Void> up = new CompletableFuture<>();
            CompletableFuture<Void> otherDown = new CompletableFuture<>();
            CompletableFuture<Long> done = Http2Streaming.request(connection, bytes, received -> {
                if (received > bytes / 4 && down.complete(null)) {
                    loopback.paths.get(0).setUp(false);
                } else if (received > bytes / 2 && up.complete(null)) {
                    loopback.paths.get(0).setUp(true);
                } else if (received > bytes / 4 * 3 && otherDown.complete(null)) {
                    loopback.paths.get(1).setSilent(true);
                }
            });
            assertEquals(bytes, done.get(50, TimeUnit.SECONDS));
            assertTrue(otherDown.isDone());
            List<SubflowInfo> subflows = connection.subflows().sync().getNow();
            assertTrue(subflows.size() >= 3, "the first path has had a second subflow: " + subflows);
            assertTrue(connection.isActive());
            assertEquals(List.of(), List.copyOf(failures));
            String statistics = SubflowStatistics.of(connection);
            assertTrue(statistics.contains("subflows_total") && statistics.contains("ESTABLISHED"), statistics);
        }
    }

    @Test
    void aFileComesByHttpsOverTwoPathsOneOfWhichIsCut() throws Exception {
        byte[] content = new byte[8 << 20];
        new Random(1).nextBytes(content);
        Files.write(directory.resolve("a.bin"), content);
        X509Bundle certificate = HttpsFiles.selfSigned();
        Path copy = directory.resolve("copy");
        try (Loopback loopback = new Loopback(); OutputStream to = Files.newOutputStream(copy)) {
            Channel server = HttpsFiles.serve(loopback.server, directory, certificate);
            long received = HttpsFiles.download(loopback.client, (InetSocketAddress) server.localAddress(), "a.bin", certificate, to, bytes -> {
                if (bytes > content.length / 4) {
                    loopback.paths.get(0).setSilent(true);
                }
            }).get(50, TimeUnit.SECONDS);
            assertEquals(content.length, received);
        }
        assertEquals(-1, Files.mismatch(directory.resolve("a.bin"), copy));
    }

    @Test
    void theStatisticsSayWhatEachSubflowHasReceived() throws Exception {
        try (Loopback loopback = new Loopback()) {
            String[] lines = SubflowStatistics.download(loopback, 8 << 20).lines().toArray(String[]::new);
            assertEquals(3, lines.length, () -> String.join("\n", lines));
            assertTrue(lines[0].contains("subflows_total 2"), lines[0]);
            long received = 0;
            for (String line : List.of(lines[1], lines[2])) {
                assertTrue(line.contains("ESTABLISHED"), line);
                received += Long.parseLong(line.replaceAll(".*received (\\d+),.*", "$1"));
            }
            assertTrue(received >= 8 << 20, "all of it came over one of the two: " + received);
        }
    }

    @Test
    void whatOneSaysInTheChatAllHear() throws Exception {
        BlockingQueue<String> anna = new LinkedBlockingQueue<>();
        BlockingQueue<String> bert = new LinkedBlockingQueue<>();
        try (Loopback loopback = new Loopback()) {
            int port = ((InetSocketAddress) UdpChat.serve(loopback.server, 0).localAddress()).getPort();
            Channel first = UdpChat.join(loopback.client, "127.0.0.1", port, anna::add);
            Channel second = UdpChat.join(loopback.client, "127.0.0.1", port, bert::add);
            first.writeAndFlush("anna: is anybody there?\n").sync();
            assertEquals("anna: is anybody there?", anna.take());
            second.writeAndFlush("bert: yes\n").sync();
            assertEquals("bert: yes", anna.take());
            while (!bert.take().equals("bert: yes")) {
                Thread.onSpinWait(); // what anna said comes before, if bert was in by then
            }
        }
    }
}
