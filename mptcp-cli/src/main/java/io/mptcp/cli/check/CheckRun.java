package io.mptcp.cli.check;

import io.mptcp.cli.CommandFailure;
import io.mptcp.netty.ConnectionHandler;
import io.mptcp.netty.MptcpDriver;
import io.mptcp.netty.SegmentLink;
import io.mptcp.netty.host.LinkOpener;
import io.mptcp.netty.host.PathSpec;
import io.mptcp.netty.host.SetupException;
import io.mptcp.netty.host.UplinkSettings;
import io.mptcp.stack.Stack;
import io.mptcp.stack.StackConfig;
import io.mptcp.tcp.EcnMode;
import io.mptcp.tcp.TcpConfig;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import io.netty.channel.IoEventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

/** Runs a check over real links. Used on its event loop, but for {@link #run}. */
final class CheckRun {
    private static final long STEP_MILLIS = 5;
    private static final long SHUTDOWN_SECONDS = 5;
    /** The last acknowledgments get their answers, instead of the kernel's resets. */
    private static final long LINGER_MILLIS = 100;
    private static final ConnectionHandler NO_NEWS = (connection, readiness) -> { };

    private final IoEventLoop loop;
    private final LinkOpener opener;
    private final CompletableFuture<CheckReport> report = new CompletableFuture<>();
    private MptcpDriver driver;
    private Checker checker;

    private CheckRun(IoEventLoop loop, LinkOpener opener) {
        this.loop = loop;
        this.opener = opener;
    }

    /** Asks for everything a path could take away. */
    static StackConfig stackConfig(boolean checksum, ProbeContext.Managers managers) {
        TcpConfig tcp = TcpConfig.defaults().toBuilder().ecn(EcnMode.ACTIVE).build();
        return StackConfig.defaults().withTcp(tcp).withChecksum(checksum).withPathManager(managers::create);
    }

    /**
     * Checks all paths, and leaves nothing on the host, also when the process is told to end meanwhile.
     *
     * @param addresses the server's: the first that any path leads to is looked at
     * @param pcap      file for every segment, or null
     * @throws CommandFailure with one line when the paths cannot be used
     */
    static CheckReport run(CheckSettings settings, List<IpAddress> addresses, List<PathSpec> paths, boolean checksum, Path pcap)
            throws InterruptedException, ExecutionException {
        MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        ProbeContext.Managers managers = new ProbeContext.Managers();
        UplinkSettings uplinks = new UplinkSettings(stackConfig(checksum, managers), "default", 0, pcap);
        CheckRun run = new CheckRun((IoEventLoop) group.next(), new LinkOpener(uplinks));
        Thread interruptHook = new Thread(run::interrupt, "interrupt");
        Runtime.getRuntime().addShutdownHook(interruptHook);
        try {
            run.loop.execute(() -> run.start(settings, addresses, paths, uplinks.stack(), managers));
            return run.report.get();
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case SetupException setup -> throw CommandFailure.failed(setup.getMessage(), setup);
                case CommandFailure failure -> throw failure;
                default -> throw e;
            }
        } finally {
            run.loop.submit(run::close).awaitUninterruptibly(SHUTDOWN_SECONDS, TimeUnit.SECONDS);
            removeHook(interruptHook);
            group.shutdownGracefully(0, SHUTDOWN_SECONDS, TimeUnit.SECONDS).awaitUninterruptibly(SHUTDOWN_SECONDS, TimeUnit.SECONDS);
        }
    }

    private static void removeHook(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException _) {
            // The process is ending already, and the hook runs.
        }
    }

    private void start(CheckSettings wanted, List<IpAddress> addresses, List<PathSpec> paths, StackConfig config, ProbeContext.Managers managers) {
        try {
            SegmentWatch watch = new SegmentWatch();
            List<SegmentLink> links = opener.openAll(paths);
            CheckSettings settings = wanted.withRemote(reachable(addresses, wanted.remote(), links));
            driver = new MptcpDriver(loop, new Stack(config, new SecureRandom()::nextLong));
            List<CheckedPath> checked = new ArrayList<>();
            for (SegmentLink link : links) {
                driver.addLink(new WatchedLink(link, watch, loop.ticker()));
                checked.add(new CheckedPath(link.id(), paths.get(link.id()).toString(), link.localAddressFor(settings.remote().address()), link.isUp(),
                        link.properties().mtuBytes()));
            }
            if (opener.clientPorts() != null) {
                driver.stack().setPortRange(opener.clientPorts().first(), opener.clientPorts().last());
            }
            checker = new Checker(new ProbeContext(driver.stack(), settings, checked, watch, managers, NO_NEWS));
            checker.start(loop.ticker().nanoTime());
            step();
        } catch (SetupException | RuntimeException e) {
            report.completeExceptionally(e);
        }
    }

    private static IpEndpoint reachable(List<IpAddress> addresses, IpEndpoint otherwise, List<SegmentLink> links) {
        return addresses.stream().filter(address -> links.stream().anyMatch(link -> link.isUp() && link.localAddressFor(address) != null)).findFirst()
                .map(address -> new IpEndpoint(address, otherwise.port())).orElse(otherwise);
    }

    private void step() {
        if (report.isDone()) {
            return;
        }
        try {
            boolean done = checker.step(loop.ticker().nanoTime());
            driver.wake();
            if (done) {
                CheckReport result = checker.report();
                loop.schedule(() -> report.complete(result), LINGER_MILLIS, TimeUnit.MILLISECONDS);
            } else {
                loop.schedule(this::step, STEP_MILLIS, TimeUnit.MILLISECONDS);
            }
        } catch (RuntimeException e) {
            report.completeExceptionally(e);
        }
    }

    /** Ctrl-C: the server hears of it. */
    private void interrupt() {
        loop.submit(() -> {
            if (checker != null) {
                checker.cancel();
            }
            close();
        }).awaitUninterruptibly(SHUTDOWN_SECONDS, TimeUnit.SECONDS);
        report.completeExceptionally(CommandFailure.silent());
    }

    private void close() {
        if (driver != null) {
            driver.close();
            driver = null;
        }
        try {
            opener.close();
        } catch (IOException e) {
            report.completeExceptionally(e);
        }
    }
}
