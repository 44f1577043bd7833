package io.mptcp.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.cli.lab.LabNamespace;
import io.mptcp.cli.lab.LabProcess;
import io.mptcp.cli.lab.LinkProfile;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.EpollDomainDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.unix.DomainDatagramPacket;
import io.netty.channel.unix.DomainSocketAddress;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What systemd is told of daemon and relay, and is told by them. */
class SystemdUnitTest extends DaemonLabTest {
    private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    private final MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    private Path notifySocket;

    SystemdUnitTest() {
        super(LinkProfile.of(20, 10, 100), LinkProfile.of(20, 20, 100));
    }

    @BeforeEach
    void listenAsSystemd() throws Exception {
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
        notifySocket = directory.resolve("notify");
        new Bootstrap().group(group).channel(EpollDomainDatagramChannel.class).handler(new SimpleChannelInboundHandler<DomainDatagramPacket>() {
            @Override
            protected void channelRead0(ChannelHandlerContext context, DomainDatagramPacket packet) {
                heard.add(packet.content().toString(StandardCharsets.UTF_8));
            }
        }).bind(new DomainSocketAddress(notifySocket.toFile())).syncUninterruptibly();
        Files.setPosixFilePermissions(notifySocket, PosixFilePermissions.fromString("rwxrwxrwx"));
    }

    @AfterEach
    void stopListening() {
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
    }

    /** As systemd starts it: with the capabilities of its unit, and no others. */
    private LabProcess launch(LabNamespace where, String unit, String... arguments) throws IOException {
        String capabilities = Files.readAllLines(Path.of("..", "packaging", unit)).stream().filter(line -> line.startsWith("AmbientCapabilities=")).findFirst().orElseThrow()
                .replaceFirst(".*?=", "").replace("CAP_", "+").replace(' ', ',').toLowerCase(Locale.ROOT);
        return lab.launch(where, List.of("env", "NOTIFY_SOCKET=" + notifySocket, "WATCHDOG_USEC=1000000", "setpriv", "--no-new-privs",
                "--bounding-set", "-all," + capabilities, "--inh-caps", "-all," + capabilities, "--ambient-caps", "-all," + capabilities), arguments);
    }

    private String next() throws InterruptedException {
        String state = heard.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        assertTrue(state != null, "systemd hears nothing");
        return state;
    }

    private void assertReady(LabProcess process, String what) throws InterruptedException {
        process.awaitLine("ready", PATIENCE);
        assertTrue(next().startsWith("READY=1\nSTATUS=ready: " + what));
        assertEquals("WATCHDOG=1", next());
    }

    private void assertDownloads(String url) {
        LabProcess curl = lab.curl(url);
        assertEquals(0, curl.awaitExit(PATIENCE), curl.lines() + "\n" + lab.daemon.lines());
    }

    private void assertStopsAloud(LabProcess process) throws InterruptedException {
        process.close();
        assertEquals(0, process.awaitExit(PATIENCE), process.lines().toString());
        String last = next();
        while (last.equals("WATCHDOG=1")) {
            last = next();
        }
        assertEquals("STOPPING=1", last);
    }

    /** With the capabilities of the unit and no others it carries a download, and says so to systemd from its loop. */
    @Test
    void twoCapabilitiesAreEnoughAndSystemdHearsOfIt() throws Exception {
        Files.writeString(lab.config, lab.configuration(List.of("p1", "p2"), ""));
        lab.daemon = launch(lab.network.client(), "mptcp-tun.service", "run", "-c", lab.config.toString());
        assertReady(lab.daemon, "mptcp0 ");
        assertDownloads(DaemonLab.url(DaemonLab.MPTCP_PORT, 3_000_000));
        assertStopsAloud(lab.daemon);
    }

    /** A relay on the kernel's Multipath TCP needs its port, and nothing else. */
    @Test
    void oneCapabilityIsEnoughForARelay() throws Exception {
        RelayLab relays = new RelayLab(lab);
        Path config = relays.configureRelay("kernel", relays.tls() + RelayLab.egress());
        relays.relay = launch(lab.network.server(), "mptcp-tun-relay.service", "relay", "-c", config.toString());
        assertReady(relays.relay, "relay [::]:443 by kernel");
        relays.startClient(relays.client(RelayLab.TOKEN, relays.pinned()));
        assertDownloads(RelayLab.url(RelayLab.TARGET_V4, 3_000_000));
        assertStopsAloud(relays.relay);
    }
}
