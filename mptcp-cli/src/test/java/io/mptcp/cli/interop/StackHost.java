package io.mptcp.cli.interop;

import io.mptcp.cli.lab.LabException;
import io.mptcp.cli.lab.LabNamespace;
import io.mptcp.cli.lab.NamespaceLoop;
import io.mptcp.netty.MptcpDriver;
import io.mptcp.netty.PacketLink;
import io.mptcp.netty.PacketLinkOptions;
import io.mptcp.netty.PcapLink;
import io.mptcp.netty.PcapWriter;
import io.mptcp.netty.linux.PortRange;
import io.mptcp.netty.linux.PortReservation;
import io.mptcp.pm.HostPathManager;
import io.mptcp.pm.SignalAddress;
import io.mptcp.stack.ConnectOptions;
import io.mptcp.stack.Stack;
import io.mptcp.stack.StackConfig;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import io.netty.channel.IoEventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;

/** Our stack on the devices of a namespace, with every segment recorded. */
final class StackHost implements AutoCloseable {
    private static final long ANNOUNCEMENT_RETRY_NANOS = 1_000_000_000L;

    private final MultiThreadIoEventLoopGroup loops;
    private final IoEventLoop loop;
    private PcapWriter writer;
    private PortReservation ports;
    private MptcpDriver driver;
    private final ResetWatch.Findings findings = new ResetWatch.Findings();
    /** Paths of the connection that is being opened. */
    private List<io.mptcp.pm.Path> nextPaths = List.of();

    /**
     * @param listenPorts where it listens, none for a client
     * @param announced   address a server tells its clients of
     */
    StackHost(LabNamespace namespace, List<String> devices, int[] listenPorts, IpAddress announced, boolean checksum, Path pcap) {
        loops = NamespaceLoop.in(namespace, "stack");
        loop = (IoEventLoop) loops.next();
        List<SignalAddress> signals = announced == null ? List.of() : List.of(new SignalAddress(0, announced, ANNOUNCEMENT_RETRY_NANOS));
        StackConfig config = StackConfig.defaults().withChecksum(checksum)
                .withPathManager(() -> HostPathManager.forPaths(nextPaths, 0, signals).create());
        onLoop(() -> {
            writer = PcapWriter.open(pcap);
            ports = listenPorts.length == 0 ? PortReservation.forClients() : PortReservation.forListener(listenPorts);
            driver = new MptcpDriver(loop, new Stack(config, new Random(1)::nextLong));
            for (int i = 0; i < devices.size(); i++) {
                PacketLink link = PacketLink.open(i, devices.get(i), null, ports, PacketLinkOptions.DEFAULT);
                driver.addLink(new ResetWatch(new PcapLink(link, writer), findings));
            }
            if (listenPorts.length == 0) {
                PortRange range = ports.ranges().getFirst();
                driver.stack().setPortRange(range.first(), range.last());
            }
            return null;
        });
    }

    private <T> T onLoop(Callable<T> action) {
        var result = loop.submit(action).awaitUninterruptibly();
        if (!result.isSuccess()) {
            throw new LabException("our stack: " + result.cause(), result.cause());
        }
        return result.getNow();
    }

    /** Opens a connection over the first path; the path manager has the others join. */
    void connect(List<io.mptcp.pm.Path> paths, IpAddress local, IpEndpoint remote, StackStream stream) {
        onLoop(() -> {
            nextPaths = paths;
            var options = ConnectOptions.DEFAULT;
            driver.stack().connect(0, new IpEndpoint(local, 0), remote, options, stream);
            driver.wake();
            return null;
        });
    }

    /** The next connection to this port is the stream's. */
    void listen(int port, StackStream stream) {
        onLoop(() -> driver.stack().listen(new IpEndpoint(IpAddress.ANY, port), false, ConnectOptions.DEFAULT, stream));
    }

    void go(List<StackStream> streams) {
        onLoop(() -> {
            streams.forEach(StackStream::go);
            driver.wake();
            return null;
        });
    }

    /** Counters that are not 0, by the kernel's names. */
    Map<String, Long> counters() {
        return onLoop(() -> driver.stack().counters().nonZero());
    }

    <T> T query(Callable<T> question) {
        return onLoop(question);
    }

    /** Resets of subflows that were not over, sent or received. */
    List<String> resets() {
        return onLoop(() -> List.copyOf(findings.resets));
    }

    /** Resets with which a peer that had closed answered payload. */
    int answersToPayload() {
        return onLoop(() -> findings.answersToPayload);
    }

    @Override
    public void close() throws Exception {
        onLoop(() -> {
            driver.close();
            ports.close();
            writer.close();
            return null;
        });
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(1, TimeUnit.SECONDS);
    }
}
