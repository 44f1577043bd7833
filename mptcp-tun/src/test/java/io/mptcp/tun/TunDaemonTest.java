package io.mptcp.tun;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mptcp.netty.linux.KernelMptcp;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The daemon between an unmodified curl and a server of the kernel, in network namespaces. */
@Timeout(180)
class TunDaemonTest {
    private static final int PORT = 8080;
    private static final int MPTCP_PORT = 8081;
    private static final int CURL_REFUSED = 7;
    private static final int MEGABYTES = 1_000_000;
    /** First port of those the daemon takes for itself. */
    private static final int OWNED_PORT = 61_000;

    @TempDir
    private Path directory;
    private TestNetwork network;

    @BeforeAll
    static void requirements() {
        String obstacle = TestNetwork.obstacle();
        assumeTrue(obstacle == null, obstacle);
    }

    @BeforeEach
    void makeNetwork() throws Exception {
        network = new TestNetwork();
    }

    @AfterEach
    void removeNetwork() {
        if (network != null) {
            network.close();
        }
    }

    @ParameterizedTest
    @CsvSource({"10.99.0.1, false", "[fd99::1], false", "10.99.0.1, true", "[fd99::1], true"})
    void curlDownloadsAndUploadsThroughIt(String host, boolean mptcp) throws Exception {
        assumeTrue(!mptcp || network.serverNamespace().call(KernelMptcp::available), "needs a kernel with MPTCP");
        try (KernelHttpServer _ = KernelHttpServer.start(network.serverNamespace(), mptcp, PORT);
                DaemonProcess daemon = DaemonProcess.start(network, config("status: {every-seconds: 1, json: true}"))) {
            daemon.awaitReady();
            assertEquals(0, curl(host, "/1").exitCode(), daemon.errors()); // The neighbours are known from now on.
            Path file = directory.resolve("download");
            TestNetwork.Result curl = curl(host, "/" + 30 * MEGABYTES, "-o", file.toString());
            assertEquals(0, curl.exitCode(), curl.output() + daemon.errors());
            assertEquals(KernelHttpServer.checksumOf(30 * MEGABYTES), checksum(Files.readAllBytes(file)));

            byte[] body = new byte[5 * MEGABYTES];
            new Random(1).nextBytes(body);
            Path upload = Files.write(directory.resolve("upload"), body);
            curl = curl(host, "/", "-H", "Expect:", "--data-binary", "@" + upload);
            assertEquals(0, curl.exitCode(), curl.output() + daemon.errors());
            assertEquals(Long.toHexString(checksum(body)), curl.output().strip());

            long[] received = receivedPerPath(daemon, 3);
            // Nothing limits these paths: a download may be over before the second one has found its neighbour and joined. Not every time.
            for (int again = 0; mptcp && again < 10 && Math.min(received[0], received[1]) <= MEGABYTES; again++) {
                assertEquals(0, curl(host, "/" + 30 * MEGABYTES, "-o", file.toString()).exitCode(), daemon.errors());
                received = receivedPerPath(daemon, 4 + again);
            }
            assertTrue(received[0] + received[1] >= 30 * MEGABYTES, received[0] + " + " + received[1]);
            if (mptcp) {
                assertTrue(Math.min(received[0], received[1]) > MEGABYTES, "path 1 carried " + received[0] + ", path 2 " + received[1]);
            } else {
                assertEquals(0, Math.min(received[0], received[1]), "a plain TCP server is reached over one path");
            }
            assertEquals(0, daemon.terminate(), daemon.errors());
        }
    }

    @Test
    void aRefusedConnectionIsRefusedToCurl() throws Exception {
        try (DaemonProcess daemon = DaemonProcess.start(network, config(""))) {
            daemon.awaitReady();
            assertEquals(CURL_REFUSED, curl("10.99.0.1", "/").exitCode());
            assertEquals(CURL_REFUSED, curl("[fd99::1]", "/").exitCode());
            assertEquals(0, daemon.terminate(), daemon.errors());
        }
    }

    @Test
    void aDownloadSurvivesTheLossAndReturnOfAPath() throws Exception {
        assumeTrue(network.serverNamespace().call(KernelMptcp::available), "needs a kernel with MPTCP");
        try (KernelHttpServer _ = KernelHttpServer.start(network.serverNamespace(), true, MPTCP_PORT);
                DaemonProcess daemon = DaemonProcess.start(network, config("status: {every-seconds: 1, json: true}"))) {
            daemon.awaitReady();
            Process curl = startCurl("20M", "http://10.99.0.1:" + MPTCP_PORT + "/" + 60 * MEGABYTES);
            CRC32 checksum = new CRC32();
            read(curl, 10 * MEGABYTES, checksum);
            TestNetwork.ip("-n", network.client, "link", "set", "p1", "down");
            read(curl, 25 * MEGABYTES, checksum);
            TestNetwork.ip("-n", network.client, "link", "set", "p1", "up");
            TestNetwork.ip("-n", network.client, "route", "replace", "10.99.0.1", "via", "10.71.1.2", "dev", "p1", "metric", "100");
            read(curl, 25 * MEGABYTES, checksum);
            assertEquals(-1, curl.getInputStream().read());
            assertEquals(0, curl.waitFor(), daemon.errors());
            assertEquals(KernelHttpServer.checksumOf(60 * MEGABYTES), checksum.getValue());
            assertEquals(0, daemon.terminate(), daemon.errors());
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void nothingIsLeftAfterItsEndHoweverItEnds(boolean killed) throws Exception {
        String before = network.clientState();
        try (KernelHttpServer _ = KernelHttpServer.start(network.serverNamespace(), false, PORT);
                DaemonProcess daemon = DaemonProcess.start(network, config(""))) {
            daemon.awaitReady();
            assertTrue(network.clientState().contains("mptcp0"));
            // A connection is open while it ends.
            Process curl = startCurl("100k", "http://10.99.0.1:" + PORT + "/" + 10 * MEGABYTES);
            read(curl, 1000, new CRC32());
            if (killed) {
                daemon.kill();
            } else {
                assertEquals(0, daemon.terminate(), daemon.errors());
            }
            assertEquals(before, network.clientState());
            // The kernel answers for the ports the daemon had: nothing filters them any more.
            assertThrows(ConnectException.class, () -> connectToClient(OWNED_PORT));
            curl.destroyForcibly().waitFor();
        }
    }

    @Test
    void itStartsAgainAfterBeingKilled() throws Exception {
        try (DaemonProcess first = DaemonProcess.start(network, config(""))) {
            first.awaitReady();
            first.kill();
        }
        try (DaemonProcess second = DaemonProcess.start(network, config(""))) {
            second.awaitReady();
            assertEquals(0, second.terminate(), second.errors());
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            device: p1          | device: p9           | mptcp-tun: no such interface: p9, there are lo, p1, p2
            address: 10.255.0.1 | address: 10.255.0.1  | ready
            device: mptcp0      | device: p2           | mptcp-tun: {config}:6: path p2 is the TUN device itself, name an interface that leads out
            device: mptcp0      | device: lo           | mptcp-tun: device lo exists already: stop what uses it, or set tun.device to another name
            """)
    void whatKeepsItFromStartingIsSaidInOneLine(String text, String replacement, String expected) throws Exception {
        String before = network.clientState();
        Path config = config("");
        Files.writeString(config, Files.readString(config).replace(text, replacement));
        try (DaemonProcess daemon = DaemonProcess.start(network, config)) {
            if (expected.equals("ready")) {
                daemon.awaitReady();
                return;
            }
            assertTrue(daemon.waitFor() > 0);
            assertEquals(expected.replace("{config}", config.toString()), daemon.errors().strip());
            assertEquals(null, daemon.line());
        }
        assertEquals(before, network.clientState());
    }

    /** The routes of the device are better than those of the uplinks for every destination, and yet the uplinks' own packets leave. */
    @Test
    void itCarriesEverythingWithoutCatchingItsOwnPackets() throws Exception {
        for (int path = 1; path <= 2; path++) {
            String metric = Integer.toString(100 * path);
            TestNetwork.ip("-n", network.client, "route", "add", "default", "via", "10.71." + path + ".2", "dev", "p" + path, "metric", metric);
            TestNetwork.ip("-n", network.client, "-6", "route", "add", "default", "via", "fd71:" + path + "::2", "dev", "p" + path,
                    "metric", metric);
            TestNetwork.ip("-n", network.client, "route", "del", TestNetwork.SERVER_V4, "dev", "p" + path);
            TestNetwork.ip("-n", network.client, "-6", "route", "del", TestNetwork.SERVER_V6, "dev", "p" + path);
        }
        Path config = config("");
        Files.writeString(config, Files.readString(config).replace("[10.99.0.1, 'fd99::1']", "[0.0.0.0/0, '::/0']"));
        try (KernelHttpServer _ = KernelHttpServer.start(network.serverNamespace(), false, PORT);
                DaemonProcess daemon = DaemonProcess.start(network, config)) {
            daemon.awaitReady();
            for (String host : List.of("10.99.0.1", "[fd99::1]")) {
                Path file = directory.resolve("download");
                TestNetwork.Result curl = curl(host, "/" + MEGABYTES, "-o", file.toString());
                assertEquals(0, curl.exitCode(), curl.output() + daemon.errors());
                assertEquals(KernelHttpServer.checksumOf(MEGABYTES), checksum(Files.readAllBytes(file)));
            }
            assertEquals(0, daemon.terminate(), daemon.errors());
        }
    }

    @Test
    void itEndsWhenItsDeviceIsTakenAway() throws Exception {
        try (DaemonProcess daemon = DaemonProcess.start(network, config(""))) {
            daemon.awaitReady();
            TestNetwork.ip("-n", network.client, "link", "del", "mptcp0");
            assertEquals(TunDaemon.EXIT_FAILED, daemon.waitFor());
            assertEquals("mptcp-tun: device mptcp0 was removed", daemon.errors().strip());
        }
    }

    @Test
    void twoAtATimeDoNotShareADevice() throws Exception {
        try (DaemonProcess first = DaemonProcess.start(network, config(""))) {
            first.awaitReady();
            String state = network.clientState();
            Path config = config("");
            Files.writeString(config, Files.readString(config).replace("control.sock", "other.sock"));
            try (DaemonProcess second = DaemonProcess.start(network, config)) {
                assertEquals(TunDaemon.EXIT_FAILED, second.waitFor());
                assertTrue(second.errors().startsWith("mptcp-tun: device mptcp0 exists already"), second.errors());
            }
            assertEquals(state, network.clientState());
        }
    }

    private Path config(String more) throws IOException {
        return Files.writeString(directory.resolve("config.yaml"), """
                tun:
                  device: mptcp0
                  address: 10.255.0.1/30
                  address6: fd00:255::1/64
                  routes: [10.99.0.1, 'fd99::1']
                paths: [{device: p1}, {device: p2}]
                control: {socket: %s}
                """.formatted(directory.resolve("control.sock")) + more);
    }

    private TestNetwork.Result curl(String host, String path, String... options) throws Exception {
        List<String> command = new ArrayList<>(List.of("curl", "-s", "-S", "-g", "--max-time", "60"));
        command.addAll(List.of(options));
        command.add("http://" + host + ":" + PORT + path);
        return network.inClient(command.toArray(String[]::new));
    }

    private static long checksum(byte[] bytes) {
        CRC32 checksum = new CRC32();
        checksum.update(bytes);
        return checksum.getValue();
    }

    /** Of the next status line. */
    private static long[] receivedPerPath(DaemonProcess daemon, int accepted) throws IOException {
        long[] received = new long[2];
        Matcher matcher = Pattern.compile("\"device\":\"p([12])\"[^}]*\"bytes_received\":([0-9]+)").matcher(lastStatus(daemon, accepted));
        while (matcher.find()) {
            received[Integer.parseInt(matcher.group(1)) - 1] = Long.parseLong(matcher.group(2));
        }
        return received;
    }

    /** Lines come every second and may be behind: the first one that knows of no open connection has everything. */
    private static String lastStatus(DaemonProcess daemon, int accepted) throws IOException {
        for (String line = daemon.line(); line != null; line = daemon.line()) {
            if (line.contains("\"active\":0") && line.contains("\"accepted\":" + accepted)) {
                return line;
            }
        }
        throw new AssertionError("the daemon ended: " + daemon.errors());
    }

    private Process startCurl(String rate, String url) throws IOException {
        return network.startInClient(List.of("curl", "-s", "--limit-rate", rate, url), ProcessBuilder.Redirect.DISCARD);
    }

    private static void read(Process process, int count, CRC32 checksum) throws IOException {
        byte[] bytes = process.getInputStream().readNBytes(count);
        assertEquals(count, bytes.length, "curl ended early");
        checksum.update(bytes);
    }

    private void connectToClient(int port) throws IOException {
        try {
            network.serverNamespace().call(() -> {
                try (Socket socket = new Socket()) {
                    socket.connect(new InetSocketAddress("10.71.1.1", port), 5000);
                }
                return null;
            });
        } catch (java.io.UncheckedIOException e) {
            throw e.getCause();
        }
    }
}
