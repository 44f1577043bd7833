package io.mptcp.cli.bench.speed;

import io.mptcp.cli.bench.speed.SpeedNetwork.Server;
import io.mptcp.cli.lab.Lab;
import io.mptcp.cli.lab.LabException;
import io.mptcp.netty.host.MptcpStack;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/** Runs the cases in turn, again and again: the kernel and this stack alternately. */
final class SpeedBench {
    /** What is measured. */
    enum Kind { BULK, LIBRARY, MTU, TCP, TUN, ECHO, CONNECT }

    /** A bulk transfer is counted when slow start is over. */
    private static final long RAMP_NANOS = 500_000_000;
    /** Between cases: what the last one left behind goes. */
    private static final long PAUSE_NANOS = 200_000_000;
    private static final int TUN_STREAMS = 4;

    private final List<Kind> kinds;
    private final String titlePart;
    private final int runs;
    private final int warmUps;
    private final long nanos;
    private final PrintStream progress;
    private final List<SpeedSample> samples = new ArrayList<>();

    /**
     * @param titlePart of the cases to run; what they are compared with is run, too
     * @param warmUps   runs that are not counted, for the just-in-time compiler
     */
    SpeedBench(List<Kind> kinds, String titlePart, int runs, int warmUps, long nanos, PrintStream progress) {
        this.kinds = kinds;
        this.titlePart = titlePart;
        this.runs = runs;
        this.warmUps = warmUps;
        this.nanos = nanos;
        this.progress = progress;
    }

    List<SpeedSample> run() {
        for (Kind kind : kinds) {
            try (Lab lab = Lab.create()) {
                SpeedNetwork network = SpeedNetwork.create(lab, kind != Kind.MTU);
                network.startServers();
                List<SpeedCase> cases = chosen(cases(kind, network));
                for (int run = 1 - warmUps; run <= runs; run++) {
                    for (SpeedCase measured : cases) {
                        network.setKernelSubflows(measured.subflows());
                        SpeedSample sample = sample(measured, run);
                        progress.printf(Locale.ROOT, "%s %-40s %s%n", run < 1 ? "warm-up" : "run " + run, measured.title(), SpeedReport.figures(sample));
                        if (run >= 1) {
                            samples.add(sample);
                        }
                        pause(PAUSE_NANOS);
                    }
                }
            }
        }
        return samples;
    }

    private List<SpeedCase> chosen(List<SpeedCase> all) {
        List<SpeedCase> wanted = all.stream().filter(one -> one.title().contains(titlePart)).toList();
        return all.stream().filter(one -> wanted.contains(one) || wanted.stream().anyMatch(other -> one.title().equals(other.reference()))).toList();
    }

    private static List<SpeedCase> cases(Kind kind, SpeedNetwork network) {
        return switch (kind) {
            case BULK -> bulk(network, true, "");
            case LIBRARY -> library(network);
            case MTU -> bulk(network, true, ", MTU frames");
            case TCP -> bulk(network, false, ", plain TCP");
            case TUN -> tun(network);
            case ECHO -> exchange(network, Service.ECHO, "echo of 64 bytes");
            case CONNECT -> exchange(network, Service.ONCE, "connect, echo, close");
        };
    }

    private static List<SpeedCase> bulk(SpeedNetwork network, boolean mptcp, String what) {
        SpeedHost kernel = network.kernelClient(mptcp);
        StackSpeedHost ours = network.stackClient(mptcp, mptcp ? 2 : 1);
        Server kernelServer = mptcp ? network.kernelServer() : network.kernelTcpServer();
        String reference = "kernel to kernel" + what;
        return List.of(new SpeedCase(reference, null, kernel, kernelServer, Service.SINK, 2, 1),
                new SpeedCase("this stack to kernel" + what, reference, ours, kernelServer, Service.SINK, 2, 1),
                new SpeedCase("this stack to kernel, handed over" + what, reference, new HandingOverHost(ours), kernelServer, Service.SINK, 2, 1),
                new SpeedCase("kernel to this stack" + what, reference, ours, kernelServer, Service.SOURCE, 2, 1),
                new SpeedCase("this stack to this stack" + what, reference, ours, network.stackServer(), Service.SINK, 2, 1));
    }

    private static List<SpeedCase> library(SpeedNetwork network) {
        String reference = "kernel MPTCP to kernel";
        MptcpStack stack = network.libraryStack();
        SpeedHost channels = new ChannelHost(stack);
        SpeedHost sockets = new SocketHost(stack);
        Server server = network.kernelServer();
        return List.of(new SpeedCase(reference, null, network.kernelClient(true), server, Service.SINK, 2, 1),
                new SpeedCase("Netty channel to kernel", reference, channels, server, Service.SINK, 2, 1),
                new SpeedCase("kernel to Netty channel", reference, channels, server, Service.SOURCE, 2, 1),
                new SpeedCase("java.net socket to kernel", reference, sockets, server, Service.SINK, 2, 1),
                new SpeedCase("kernel to java.net socket", reference, sockets, server, Service.SOURCE, 2, 1));
    }

    private static List<SpeedCase> tun(SpeedNetwork network) {
        network.startDaemon();
        SpeedHost kernel = network.kernelClient(true);
        SpeedHost application = network.kernelClient(false);
        List<SpeedCase> cases = new ArrayList<>();
        for (int streams : new int[] {1, TUN_STREAMS}) {
            String reference = "kernel MPTCP, streams: " + streams;
            cases.add(new SpeedCase(reference, null, kernel, network.kernelServer(), Service.SINK, 2, streams));
            cases.add(new SpeedCase("TCP through mptcp-tun, streams: " + streams, reference, application, network.kernelServerBehindDaemon(),
                    Service.SINK, 2, streams));
            cases.add(new SpeedCase("the same, downwards, streams: " + streams, reference, application, network.kernelServerBehindDaemon(),
                    Service.SOURCE, 2, streams));
        }
        return cases;
    }

    private static List<SpeedCase> exchange(SpeedNetwork network, Service service, String what) {
        String reference = what + ", kernel to kernel";
        return List.of(new SpeedCase(reference, null, network.kernelClient(true), network.kernelServer(), service, 1, 1),
                new SpeedCase(what + ", this stack to kernel", reference, network.stackClient(true, 1), network.kernelServer(), service, 1, 1));
    }

    private SpeedSample sample(SpeedCase measured, int run) {
        return switch (measured.service()) {
            case SINK, SOURCE -> bulk(measured, run);
            case ECHO -> echo(measured, run);
            case ONCE -> connect(measured, run);
        };
    }

    private SpeedSample bulk(SpeedCase measured, int run) {
        List<SpeedHost.Bulk> streams = new ArrayList<>();
        try {
            for (int i = 0; i < measured.streams(); i++) {
                streams.add(measured.client().bulk(measured.server().address(), measured.service()));
            }
            pause(RAMP_NANOS);
            double cpuBefore = CpuTime.busySeconds();
            long bytesBefore = measured.receiver().receivedBytes();
            long startNanos = System.nanoTime();
            pause(nanos);
            long bytes = measured.receiver().receivedBytes() - bytesBefore;
            long tookNanos = System.nanoTime() - startNanos;
            double cpu = CpuTime.busySeconds() - cpuBefore;
            return new SpeedSample(measured, run, new double[] {bytes * 8.0 / tookNanos}, bytes == 0 ? 0 : cpu / (bytes / 1e9));
        } finally {
            streams.forEach(SpeedHost.Bulk::close);
        }
    }

    private SpeedSample echo(SpeedCase measured, int run) {
        double cpuBefore = CpuTime.busySeconds();
        long[] times = measured.client().echo(measured.server().address(), nanos);
        double cpu = CpuTime.busySeconds() - cpuBefore;
        Arrays.sort(times);
        return new SpeedSample(measured, run, new double[] {times[times.length / 2] / 1e3, times[(int) (times.length * 0.99)] / 1e3},
                cpu / (times.length / 1e3));
    }

    private SpeedSample connect(SpeedCase measured, int run) {
        double cpuBefore = CpuTime.busySeconds();
        long startNanos = System.nanoTime();
        long count = measured.client().exchanges(measured.server().address(), nanos);
        double seconds = (System.nanoTime() - startNanos) / 1e9;
        double cpu = CpuTime.busySeconds() - cpuBefore;
        return new SpeedSample(measured, run, new double[] {count / seconds}, cpu / (count / 1e3));
    }

    private static void pause(long nanos) {
        try {
            TimeUnit.NANOSECONDS.sleep(nanos);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LabException("interrupted", e);
        }
    }
}
