package io.mptcp.cli.bench;

import io.mptcp.cli.bench.Flow.SenderCounters;
import io.mptcp.cli.lab.KernelMptcpSocket;
import io.mptcp.cli.lab.LabException;
import io.mptcp.cli.lab.LabNamespace;
import io.mptcp.netty.linux.LinuxException;
import io.mptcp.netty.linux.Syscalls;
import io.mptcp.wire.IpEndpoint;
import java.util.concurrent.TimeUnit;

/**
 * A bulk transfer between the client, this stack or the kernel, and the server, always the kernel. It runs from its creation until it is
 * closed.
 */
final class Transfer implements AutoCloseable {
    private static final long CONNECT_PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(60);

    private final BenchNetwork network;
    private final Direction direction;
    private final boolean ours;
    private final Arrivals arrivals;
    private final SenderCounters before;
    private final long queueDropsBefore;
    private final int listeningFd;
    private final Thread acceptor;
    private volatile Flow serverFlow;
    private final Flow clientFlow;

    /**
     * @param ours whether the client is this stack
     * @param port of the server; one at a time
     */
    Transfer(BenchNetwork network, Direction direction, boolean ours, int port, Window window) {
        this.network = network;
        this.direction = direction;
        this.ours = ours;
        this.arrivals = new Arrivals(window.nanos(), window.limitBytes());
        this.before = kernelCounters();
        this.queueDropsBefore = network.link(direction).queueDrops();
        IpEndpoint service = BenchNetwork.service(port);
        LabNamespace server = network.server();
        listeningFd = server.call(() -> KernelMptcpSocket.listen(Syscalls.IPPROTO_TCP, service, KernelFlow.CONGESTION));
        acceptor = Thread.ofPlatform().daemon().name("acceptor").start(this::accept);
        boolean sending = direction == Direction.UP;
        try {
            clientFlow = ours ? network.stack().connect(service, arrivals, SendPlan.endless(sending))
                    : KernelFlow.connect(Syscalls.IPPROTO_TCP, network.client(), service, arrivals, SendPlan.endless(sending));
        } catch (RuntimeException e) {
            closeServer();
            throw e;
        }
    }

    private void accept() {
        try {
            serverFlow = KernelFlow.over(KernelMptcpSocket.accept(listeningFd), arrivals, SendPlan.endless(direction == Direction.DOWN));
        } catch (LinuxException e) {
            arrivals.fail("the server cannot accept: " + e.getMessage());
        }
    }

    /**
     * Waits for the end of the window.
     *
     * @throws LabException when the transfer fails
     */
    Sample await() {
        Goodput goodput = arrivals.await(CONNECT_PATIENCE_NANOS);
        boolean ourSender = ours && direction == Direction.UP;
        SenderCounters sender = ourSender ? clientFlow.counters() : kernelCounters().minus(before);
        long queueDrops = network.link(direction).queueDrops() - queueDropsBefore;
        return new Sample(goodput, arrivals.parts(), sender.retransmits(), sender.timeouts(), queueDrops, clientFlow.statistics());
    }

    private SenderCounters kernelCounters() {
        return KernelFlow.counters(direction == Direction.UP ? network.client() : network.server());
    }

    @Override
    public void close() {
        clientFlow.close();
        closeServer();
    }

    private void closeServer() {
        KernelMptcpSocket.closeListener(listeningFd);
        try {
            acceptor.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LabException("interrupted", e);
        }
        if (serverFlow != null) {
            serverFlow.close();
        }
    }
}
