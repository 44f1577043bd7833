package io.mptcp.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mptcp.netty.channel.MptcpTransport;
import io.mptcp.netty.linux.KernelMptcp;
import io.mptcp.netty.linux.NetworkNamespace;
import io.mptcp.netty.socket.MptcpSocketFactory;
import io.netty.channel.Channel;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.Jedis;

/** Programs that know nothing of MPTCP and have a setting for a socket factory, with servers that have the kernel's MPTCP. */
@Timeout(120)
class SocketFactoryExamplesTest {
    @TempDir
    private Path directory;
    private EventLoopGroup group;

    @BeforeEach
    void open() {
        assumeTrue(KernelMptcp.available(), "this kernel has no MPTCP");
        group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    }

    @AfterEach
    void close() {
        if (group != null) {
            group.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
        }
    }

    @Test
    void postgresIsWrittenAndReadBySocketsOfTheKernel() throws Exception {
        try (Postgres postgres = Postgres.orSkip(); Connection connection = PostgresQueries.connect(postgres.start(null, "127.0.0.1"), Postgres.USER, "kernel")) {
            assertEquals(8_000_000, PostgresQueries.writeAndRead(connection));
        }
    }

    /** The driver over two paths of this stack, the server over the kernel's MPTCP. */
    @Test
    void postgresIsWrittenAndReadOverTwoPaths() throws Exception {
        try (Lab lab = Lab.orSkip(); Postgres postgres = Postgres.orSkip()) {
            String url = postgres.start(lab.server, Lab.SERVER);
            String said = lab.runExample(PostgresQueries.class, url, Postgres.USER, "a0 a1");
            assertTrue(said.contains("8000000 bytes in 4000 rows read back"), said);
            assertOneConnectionOfTwoSubflows(lab);
        }
    }

    /** Jedis over two paths of this stack, Redis over the kernel's MPTCP. */
    @Test
    void redisIsWrittenAndReadOverTwoPaths() throws Exception {
        try (Lab lab = Lab.orSkip(); ServerProcess _ = redisOrSkip(lab.server, Lab.SERVER, 6379)) {
            String said = lab.runExample(RedisValues.class, Lab.SERVER, "6379", "a0 a1");
            assertTrue(said.contains("4194304 bytes in 64 values read back"), said);
            assertOneConnectionOfTwoSubflows(lab);
        }
    }

    @Test
    void redisIsWrittenAndReadBySocketsOfTheKernel() throws Exception {
        int port = ServerProcess.freePort();
        try (ServerProcess _ = redisOrSkip(null, "127.0.0.1", port); Jedis redis = RedisValues.connect("127.0.0.1", port, "kernel")) {
            assertEquals(4_194_304, RedisValues.writeAndRead(redis));
        }
    }

    /** Skips the test where a program is missing. @param namespace null for this one */
    private ServerProcess redisOrSkip(String namespace, String address, int port) throws IOException {
        assumeTrue(Lab.exists("redis-server") && Lab.exists("mptcpize"), "needs redis-server and mptcpize");
        return ServerProcess.start(namespace, directory, "Ready to accept connections", List.of("mptcpize", "run", "redis-server", "--bind", address,
                "--port", Integer.toString(port), "--save", "", "--protected-mode", "no"));
    }

    /** Jakarta Mail over two paths of this stack, the mail server over the kernel's MPTCP. */
    @Test
    void aMailIsSentOverTwoPaths() throws Exception {
        assumeTrue(Lab.exists("aiosmtpd") && Lab.exists("mptcpize"), "needs aiosmtpd (Debian: python3-aiosmtpd) and mptcpize");
        Path mails = directory.resolve("mails");
        try (Lab lab = Lab.orSkip(); ServerProcess _ = ServerProcess.start(lab.server, directory, "Server is listening", List.of("mptcpize", "run",
                "aiosmtpd", "-n", "-d", "-c", "aiosmtpd.handlers.Mailbox", "-l", Lab.SERVER + ":2525", mails.toString()))) {
            String said = lab.runExample(SendMail.class, Lab.SERVER, "2525", "a0 a1");
            assertTrue(said.contains("20000 lines sent"), said);
            assertOneConnectionOfTwoSubflows(lab);
        }
        try (Stream<Path> arrived = Files.list(mails.resolve("new"))) {
            String mail = Files.readString(arrived.findFirst().orElseThrow());
            assertTrue(mail.replace("\r", "").contains(SendMail.text().replace("\r", "").strip()), () -> "not what was sent: " + mail.length() + " characters");
        }
    }

    @Test
    void okHttpDownloadsFromAServerOfTheKernelsMptcp() throws Exception {
        Path file = randomFile();
        Channel server = OkHttpDownload.serve(MptcpTransport.kernel(group), directory, new InetSocketAddress("127.0.0.1", 0));
        int port = ((InetSocketAddress) server.localAddress()).getPort();
        Path copy = directory.resolve("copy");
        long bytes = OkHttpDownload.download("http://127.0.0.1:" + port + "/" + file.getFileName(), copy, MptcpSocketFactory.kernel());
        assertEquals(Files.size(file), bytes);
        assertEquals(-1, Files.mismatch(file, copy));
    }

    @Test
    void okHttpDownloadsOverTwoPathsFromAServerOfTheKernelsMptcp() throws Exception {
        Path file = randomFile();
        Path copy = directory.resolve("copy");
        try (Lab lab = Lab.orSkip()) {
            // The socket belongs to the namespace of the thread that makes it.
            Channel server = NetworkNamespace.named(lab.server)
                    .call(() -> OkHttpDownload.serve(MptcpTransport.kernel(group), directory, new InetSocketAddress(Lab.SERVER, 8080)));
            String said = lab.runExample(OkHttpDownload.class, "http://" + Lab.SERVER + ":8080/" + file.getFileName(), copy.toString(), "a0 a1");
            assertTrue(said.contains(Files.size(file) + " bytes downloaded"), said);
            assertOneConnectionOfTwoSubflows(lab);
            server.close().sync();
        }
        assertEquals(-1, Files.mismatch(file, copy));
    }

    private static void assertOneConnectionOfTwoSubflows(Lab lab) throws IOException {
        assertEquals(1, lab.serverCounter("MPCapableSYNRX"));
        assertEquals(1, lab.serverCounter("MPJoinAckRx"));
    }

    private Path randomFile() throws Exception {
        byte[] content = new byte[8 << 20];
        new Random(7).nextBytes(content);
        return Files.write(directory.resolve("a.bin"), content);
    }
}
