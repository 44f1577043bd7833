package io.mptcp.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mptcp.cli.lab.Command;
import io.mptcp.cli.lab.LabProcess;
import io.mptcp.cli.lab.LinkProfile;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.EpollDomainDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.unix.DomainDatagramPacket;
import io.netty.channel.unix.DomainSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What systemd is told of the daemon, and is told by it. */
@Timeout(300)
class SystemdUnitTest {
    private static final Path UNIT = Path.of("..", "packaging", "mptcp-tun.service");
    private static final Duration PATIENCE = Duration.ofSeconds(120);
    /** 2.0, as systemd-analyze counts; it fails when the exposure is above. */
    private static final String BELOW_TWO = "19";

    @TempDir
    private Path directory;

    @Test
    void theUnitIsSandboxedBelowTwo() throws Exception {
        assumeTrue(Command.find("systemd-analyze").isPresent(), "needs the program systemd-analyze");
        Process analyze = new ProcessBuilder("systemd-analyze", "security", "--offline=true", "--threshold=" + BELOW_TWO, UNIT.toString())
                .redirectErrorStream(true).start();
        String said = new String(analyze.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, analyze.waitFor(), said);
        assertTrue(said.contains("Overall exposure level for mptcp-tun.service: 1."), said);
    }

    /** Else the daemon does not know which of its ports the kernel gives to others, and holds a socket for each. */
    @Test
    void theUnitLeavesTheKernelsPortRangeReadable() throws Exception {
        assertTrue(Files.readAllLines(UNIT).stream().noneMatch(line -> line.startsWith("ProcSubset=") || line.matches("(InaccessiblePaths|TemporaryFileSystem)=.*/proc.*")));
    }

    /** With the capabilities of the unit and no others it carries a download, and says so to systemd from its loop. */
    @Test
    void twoCapabilitiesAreEnoughAndSystemdHearsOfIt() throws Exception {
        String obstacle = DaemonLab.obstacle();
        assumeTrue(obstacle == null, obstacle);
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
        BlockingQueue<String> heard = new LinkedBlockingQueue<>();
        try (DaemonLab lab = DaemonLab.create(directory, LinkProfile.of(20, 10, 100), LinkProfile.of(20, 20, 100));
                MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory())) {
            Path socket = directory.resolve("notify");
            Channel channel = listen(group, socket, heard);
            Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rwxrwxrwx"));
            Files.writeString(lab.config, lab.configuration(List.of("p1", "p2"), ""));
            List<String> command = new ArrayList<>(List.of("env", "NOTIFY_SOCKET=" + socket, "WATCHDOG_USEC=1000000",
                    "setpriv", "--no-new-privs", "--bounding-set", "-all,+net_admin,+net_raw",
                    "--inh-caps", "-all,+net_admin,+net_raw", "--ambient-caps", "-all,+net_admin,+net_raw"));
            command.addAll(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:+UseSerialGC", "-XX:-UsePerfData",
                    "--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path"), "io.mptcp.cli.MptcpTun", "run", "-c", lab.config.toString()));
            lab.daemon = lab.network.client().start(command);
            lab.daemon.awaitLine("ready", PATIENCE);
            assertTrue(next(heard).startsWith("READY=1\nSTATUS=ready: mptcp0 "));
            assertEquals("WATCHDOG=1", next(heard));
            LabProcess curl = lab.curl(DaemonLab.url(DaemonLab.MPTCP_PORT, 3_000_000));
            assertEquals(0, curl.awaitExit(PATIENCE), curl.lines() + "\n" + lab.daemon.lines());
            lab.daemon.close();
            assertEquals(0, lab.daemon.awaitExit(PATIENCE), lab.daemon.lines().toString());
            String last = next(heard);
            while (last.equals("WATCHDOG=1")) {
                last = next(heard);
            }
            assertEquals("STOPPING=1", last);
            channel.close().syncUninterruptibly();
        }
    }

    private static Channel listen(MultiThreadIoEventLoopGroup group, Path socket, BlockingQueue<String> heard) {
        return new Bootstrap().group(group).channel(EpollDomainDatagramChannel.class).handler(new SimpleChannelInboundHandler<DomainDatagramPacket>() {
            @Override
            protected void channelRead0(ChannelHandlerContext context, DomainDatagramPacket packet) {
                heard.add(packet.content().toString(StandardCharsets.UTF_8));
            }
        }).bind(new DomainSocketAddress(socket.toFile())).syncUninterruptibly().channel();
    }

    private static String next(BlockingQueue<String> heard) throws InterruptedException {
        String state = heard.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        assertTrue(state != null, "systemd hears nothing");
        return state;
    }
}
