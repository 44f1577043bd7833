package io.mptcp.cli.interop;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.mptcp.cli.interop.StreamPlan.Ending;
import io.mptcp.cli.lab.KernelMptcpSocket;
import io.mptcp.cli.lab.TwoPathLab;
import io.mptcp.netty.linux.KernelMptcp;
import io.mptcp.pm.Path;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.function.Executable;

/**
 * One connection of the matrix.
 *
 * @param port of the server
 */
record InteropCell(Family family, Ending ending, int port) {
    private static final long PATIENCE_SECONDS = 120;

    /** Address families of the first subflow and of those that join. */
    enum Family {
        V4, V6, ACROSS;

        IpAddress service() {
            return IpAddress.parse(this == V6 ? TwoPathLab.SERVICE_V6 : TwoPathLab.SERVICE_V4);
        }

        IpAddress client(int path) {
            boolean ipv4 = this == V4 || this == ACROSS && path == 1;
            return IpAddress.parse(ipv4 ? TwoPathLab.clientV4(path) : TwoPathLab.clientV6(path));
        }

        private Path path(int number) {
            IpAddress local = client(number);
            return new Path(number - 1, local.isIpv4() ? local : null, local.isIpv4() ? null : local, false);
        }

        /** Whether the addresses of its subflows are of the families they should be. */
        boolean fits(List<IpEndpoint> remotes) {
            long ipv4 = remotes.stream().filter(remote -> remote.address().isIpv4()).count();
            return switch (this) {
                case V4 -> ipv4 == remotes.size();
                case V6 -> ipv4 == 0;
                case ACROSS -> remotes.getFirst().address().isIpv4() && ipv4 < remotes.size();
            };
        }
    }

    /** Connections that are opened together, go on when all of them have joined, and end each in its way. */
    static final class Wave {
        private final TwoPathLab network;
        private final StackHost stack;
        private final boolean ourClient;
        private final List<InteropCell> cells;
        private final List<StackStream> ours = new ArrayList<>();
        private final List<CompletableFuture<String>> kernels = new ArrayList<>();
        private final CountDownLatch go = new CountDownLatch(1);
        private final List<Integer> listeners = new ArrayList<>();

        Wave(TwoPathLab network, StackHost stack, boolean ourClient, List<InteropCell> cells) {
            this.network = network;
            this.stack = stack;
            this.ourClient = ourClient;
            this.cells = cells;
        }

        int size() {
            return cells.size();
        }

        /** Opens all connections and waits until each has two subflows. */
        void join() throws Exception {
            for (InteropCell cell : cells) {
                StackStream stream = new StackStream(ourClient ? cell.ending.client : cell.ending.server,
                        established -> established.size() >= 2 && cell.family.fits(established));
                ours.add(stream);
                kernels.add(ourClient ? connect(cell, stream) : accept(cell, stream));
            }
            await(ours.stream().map(stream -> stream.joined).toList());
        }

        private CompletableFuture<String> connect(InteropCell cell, StackStream stream) {
            // For both families, as joins come in by it, too.
            IpEndpoint any = new IpEndpoint(IpAddress.ANY, cell.port);
            int listener = network.server().call(() -> KernelMptcpSocket.listen(KernelMptcp.IPPROTO_MPTCP, any, null));
            listeners.add(listener);
            CompletableFuture<String> outcome = inBackground(cell, () -> KernelMptcpSocket.accept(listener), cell.ending.server);
            stack.connect(List.of(cell.family.path(1), cell.family.path(2)), cell.family.client(1), new IpEndpoint(cell.family.service(), cell.port), stream);
            return outcome;
        }

        private CompletableFuture<String> accept(InteropCell cell, StackStream stream) {
            stack.listen(cell.port, stream);
            IpEndpoint service = new IpEndpoint(cell.family.service(), cell.port);
            return inBackground(cell, () -> network.client().call(() -> cell.family == Family.ACROSS
                    ? KernelMptcpSocket.connectAcrossFamilies(service) : KernelMptcpSocket.connect(service)), cell.ending.client);
        }

        /** A way to a connected socket. */
        private interface Opening {
            KernelMptcpSocket open() throws Exception;
        }

        private CompletableFuture<String> inBackground(InteropCell cell, Opening opening, StreamPlan plan) {
            CompletableFuture<String> outcome = new CompletableFuture<>();
            Thread.ofPlatform().daemon().name("kernel-" + cell.port).start(() -> {
                try {
                    KernelStream.start(plan, opening.open(), go).thenAccept(outcome::complete);
                } catch (Exception e) {
                    outcome.complete("the kernel's side: " + e.getMessage());
                }
            });
            return outcome;
        }

        private void await(List<? extends CompletableFuture<?>> futures) throws Exception {
            try {
                CompletableFuture.allOf(futures.toArray(CompletableFuture[]::new)).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            } catch (Exception e) {
                StringBuilder text = new StringBuilder("stuck:");
                for (int i = 0; i < cells.size(); i++) {
                    int cell = i;
                    text.append('\n').append(cells.get(i)).append(" ours ").append(stack.query(() -> ours.get(cell).toString()))
                            .append(" kernel ").append(kernels.get(i));
                }
                throw new AssertionError(text + "\n" + stack.counters() + "\n" + network.server().counters("MPTcpExt"), e);
            }
        }

        /** Lets the connections go on to their ends. @return one check of the outcome for each */
        List<Executable> finish() throws Exception {
            List<List<IpEndpoint>> remotes = stack.query(() -> ours.stream().map(StackStream::remotes).toList());
            go.countDown();
            stack.go(ours);
            List<CompletableFuture<String>> all = new ArrayList<>(kernels);
            ours.forEach(stream -> all.add(stream.outcome));
            await(all);
            listeners.forEach(KernelMptcpSocket::closeListener);
            List<Executable> checks = new ArrayList<>();
            for (int i = 0; i < cells.size(); i++) {
                int cell = i;
                checks.add(() -> assertEquals("", ours.get(cell).outcome.get(), cells.get(cell).toString()));
                checks.add(() -> assertEquals("", kernels.get(cell).get(), cells.get(cell).toString()));
                checks.add(() -> assertEquals(true, cells.get(cell).family.fits(remotes.get(cell)), cells.get(cell) + " has subflows to " + remotes.get(cell)));
            }
            return checks;
        }
    }
}
