package io.mptcp.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.FutureTask;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code mptcp cat} between two processes of an ordinary user: our stack on both sides, segments in UDP over the loopback interface.
 * The timeout is there for the case that a process neither ends nor says anything.
 */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class CatProcessTest {
    private static final Pattern BYTES_SENT_OF_SUBFLOW = Pattern.compile("\"id\":\\d+.*?\"bytes_sent\":(\\d+)");

    private static String loopback;
    private static String path;

    @TempDir
    static Path folder;

    private final List<Command> started = new ArrayList<>();

    @BeforeAll
    static void findLoopback() throws IOException {
        loopback = NetworkInterface.getByInetAddress(InetAddress.getByName("127.0.0.1")).getName();
        path = "--path=" + loopback + ",link=udp";
    }

    @AfterEach
    void endProcesses() {
        started.forEach(Command::close);
    }

    private Command mptcp(String... args) throws IOException {
        Command command = Command.start(folder, args);
        started.add(command);
        return command;
    }

    private static String freePort() throws IOException {
        try (DatagramSocket socket = new DatagramSocket(0)) {
            return Integer.toString(socket.getLocalPort());
        }
    }

    private static byte[] randomBytes(int count, long seed) {
        byte[] bytes = new byte[count];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private static void assertEndsWell(Command... commands) throws Exception {
        for (Command command : commands) {
            int code = command.awaitExit();
            assertEquals(ExitCodes.OK, code, command.errors());
        }
    }

    @Test
    void bytesArriveUnchangedInBothDirectionsAtOnce() throws Exception {
        String port = freePort();
        byte[] up = randomBytes(6_000_001, 1);
        byte[] down = randomBytes(7_000_003, 2);
        Command server = mptcp("cat", "-l", "-v", path, port).awaitLine("listening on").feed(down);
        Command client = mptcp("cat", path, "127.0.0.1", port).feed(up);
        FutureTask<byte[]> received = new FutureTask<>(() -> server.output().readAllBytes());
        Thread.ofVirtual().start(received);
        assertArrayEquals(down, client.output().readAllBytes());
        assertArrayEquals(up, received.get());
        assertEndsWell(client, server);
        assertEquals("", client.errors());
    }

    @Test
    void oneDirectionStaysOpenAfterTheOtherHasEnded() throws Exception {
        String port = freePort();
        Command server = mptcp("cat", "-l", "-v", path, port).awaitLine("listening on");
        Command client = mptcp("cat", path, "127.0.0.1", port).feed("question".getBytes(StandardCharsets.UTF_8));
        // Standard output of the server ends here only because the client's end came through, while the server's input is still open.
        assertEquals("question", new String(server.output().readAllBytes(), StandardCharsets.UTF_8));
        try (OutputStream in = server.input()) {
            in.write("answer".getBytes(StandardCharsets.UTF_8));
        }
        assertEquals("answer", new String(client.output().readAllBytes(), StandardCharsets.UTF_8));
        assertEndsWell(client, server);
    }

    @Test
    void ipv6Works() throws Exception {
        assumeTrue(NetworkInterface.getByName(loopback).inetAddresses().anyMatch(address -> address.getAddress().length == 16),
                "the loopback interface has no IPv6 address");
        String port = freePort();
        Command server = mptcp("cat", "-l", "-v", path, "::1", port).awaitLine("listening on [::1]:" + port).feed(new byte[0]);
        Command client = mptcp("cat", "-6", path, "::1", port).feed("over IPv6".getBytes(StandardCharsets.UTF_8));
        assertEquals("over IPv6", new String(server.output().readAllBytes(), StandardCharsets.UTF_8));
        assertEndsWell(client, server);
    }

    @Test
    void twoPathsBothCarryData() throws Exception {
        String port = freePort();
        byte[] bytes = randomBytes(20_000_000, 3);
        Command server = mptcp("cat", "-l", "-v", path, port).awaitLine("listening on").feed(new byte[0]);
        Command client = mptcp("cat", "--stats", path + ",addr=127.0.0.2", path + ",addr=127.0.0.3", "--scheduler=roundrobin", "127.0.0.1", port)
                .feed(bytes);
        assertArrayEquals(bytes, server.output().readAllBytes());
        assertEndsWell(client, server);
        String stats = client.errors();
        assertTrue(stats.contains("\"fallback\":false"), stats);
        assertTrue(stats.contains("\"local\":\"127.0.0.2:") && stats.contains("\"local\":\"127.0.0.3:"), stats);
        List<Long> sent = BYTES_SENT_OF_SUBFLOW.matcher(stats).results().map(result -> Long.parseLong(result.group(1))).toList();
        assertEquals(2, sent.size(), stats);
        assertTrue(sent.stream().allMatch(count -> count > 1_000_000), stats);
    }

    @Test
    void statisticsAreOneLineOfJson() throws Exception {
        String port = freePort();
        Command server = mptcp("cat", "-l", "-v", path, port).awaitLine("listening on").feed("12345".getBytes(StandardCharsets.UTF_8));
        Command client = mptcp("cat", "--stats", "--checksum", path, "127.0.0.1", port).feed("123".getBytes(StandardCharsets.UTF_8));
        assertEndsWell(client, server);
        String stats = client.errors();
        assertEquals(1, stats.lines().count(), stats);
        assertTrue(stats.startsWith("{\"bytes_sent\":3,\"bytes_received\":5,\"duration_seconds\":"), stats);
        for (String member : List.of("fallback", "subflows", "local", "remote", "state", "retransmits", "srtt_ms", "counters")) {
            assertTrue(stats.contains("\"" + member + "\":"), member + " in " + stats);
        }
    }

    @Test
    void plainTcpSaysSoInTheStatistics() throws Exception {
        String port = freePort();
        Command server = mptcp("cat", "-l", "-v", path, port).awaitLine("listening on").feed(new byte[0]);
        Command client = mptcp("cat", "--stats", "--plain-tcp", path, "127.0.0.1", port).feed("plain".getBytes(StandardCharsets.UTF_8));
        assertEquals("plain", new String(server.output().readAllBytes(), StandardCharsets.UTF_8));
        assertEndsWell(client, server);
        assertTrue(client.errors().contains("\"fallback\":true"), client.errors());
        assertTrue(server.errors().contains("by plain TCP"), server.errors());
    }

    @Test
    void keepOpenServesOneAfterTheOther() throws Exception {
        String port = freePort();
        Command server = mptcp("cat", "-lk", "-v", path, port).awaitLine("listening on");
        server.input().close();
        for (String text : List.of("first ", "second ", "third")) {
            assertEndsWell(mptcp("cat", path, "127.0.0.1", port).feed(text.getBytes(StandardCharsets.UTF_8)));
        }
        server.interrupt();
        assertEquals("first second third", new String(server.output().readAllBytes(), StandardCharsets.UTF_8));
        server.awaitExit();
    }

    @Test
    void secondConnectionIsNotTakenWithoutKeepOpen() throws Exception {
        String port = freePort();
        Command server = mptcp("cat", "-l", "-v", path, port).awaitLine("listening on");
        Command first = mptcp("cat", "-v", path, "127.0.0.1", port).awaitLine("connected to");
        Command second = mptcp("cat", path, "127.0.0.1", port);
        assertEquals(ExitCodes.FAILURE, second.awaitExit());
        assertEquals("mptcp cat: 127.0.0.1:" + port + ": connection refused\n", second.errors());
        first.feed("still here".getBytes(StandardCharsets.UTF_8));
        server.input().close();
        assertEquals("still here", new String(server.output().readAllBytes(), StandardCharsets.UTF_8));
        assertEndsWell(first, server);
    }

    @Test
    void interruptResetsTheConnection() throws Exception {
        String port = freePort();
        Command server = mptcp("cat", "-l", "-v", path, port).awaitLine("listening on");
        Command client = mptcp("cat", "-v", path, "127.0.0.1", port).awaitLine("connected to");
        server.awaitLine("connection from");
        client.interrupt();
        assertEquals(130, client.awaitExit());
        assertEquals(1, client.errors().lines().count(), client.errors());
        assertEquals(ExitCodes.FAILURE, server.awaitExit());
        assertTrue(server.errors().contains(": connection reset by peer"), server.errors());
    }

    @Test
    void closedOutputEndsWithoutAWord() throws Exception {
        String port = freePort();
        Command server = mptcp("cat", "-l", "-v", path, port).awaitLine("listening on").feed(randomBytes(5_000_000, 4));
        Command client = mptcp("cat", path, "127.0.0.1", port);
        assertEquals(10, client.output().readNBytes(10).length);
        client.output().close();
        assertEquals(ExitCodes.FAILURE, client.awaitExit());
        assertEquals("", client.errors());
        assertEquals(ExitCodes.FAILURE, server.awaitExit());
    }

    @Test
    void packetSocketsNeedAPrivilegeAndSaySoInOneLine() throws Exception {
        Command client = mptcp("cat", "127.0.0.1", freePort());
        assertEquals(ExitCodes.FAILURE, client.awaitExit());
        assertEquals(1, client.errors().lines().count(), client.errors());
        assertTrue(client.errors().contains("CAP_NET_RAW"), client.errors());
    }

    @Test
    void takenPortIsOneLine() throws Exception {
        String port = freePort();
        mptcp("cat", "-l", "-v", path, port).awaitLine("listening on");
        Command second = mptcp("cat", "-l", path, port);
        assertEquals(ExitCodes.FAILURE, second.awaitExit());
        assertEquals(1, second.errors().lines().count(), second.errors());
        assertTrue(second.errors().contains(port), second.errors());
    }

    @Test
    void captureIsPcapng() throws Exception {
        String port = freePort();
        Path captures = Files.createDirectories(folder.resolve("captures"));
        assertTrue(captures.toFile().setWritable(true, false));
        Path file = captures.resolve("client.pcapng");
        Command server = mptcp("cat", "-l", "-v", path, port).awaitLine("listening on").feed(new byte[0]);
        Command client = mptcp("cat", "--pcap", file.toString(), path, "127.0.0.1", port).feed("captured payload".getBytes(StandardCharsets.UTF_8));
        assertEndsWell(client, server);
        byte[] capture = Files.readAllBytes(file);
        assertEquals(0x0a0d0d0a, ByteBuffer.wrap(capture).order(ByteOrder.LITTLE_ENDIAN).getInt());
        assertTrue(new String(capture, StandardCharsets.ISO_8859_1).contains("captured payload"));
    }

    @Test
    void nobodyThereIsOneLine() throws Exception {
        Command client = mptcp("cat", "-w", "1", path, "127.0.0.1", freePort());
        assertEquals(ExitCodes.FAILURE, client.awaitExit());
        assertTrue(client.errors().matches("mptcp cat: 127\\.0\\.0\\.1:\\d+: connection (timed out|refused)\n"), client.errors());
        assertFalse(client.errors().contains("\tat "));
    }
}
