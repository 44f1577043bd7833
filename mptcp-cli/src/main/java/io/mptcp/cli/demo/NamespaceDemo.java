package io.mptcp.cli.demo;

import io.mptcp.cli.lab.EmulatedPath;
import io.mptcp.cli.lab.Lab;
import io.mptcp.cli.lab.LabException;
import io.mptcp.cli.lab.LinkProfile;
import io.mptcp.cli.lab.PseudoRandomFile;
import io.mptcp.cli.lab.TwoPathLab;
import io.mptcp.netty.linux.KernelMptcp;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;

/**
 * The demonstration on real sockets: {@code curl} downloads from a kernel MPTCP server through {@code mptcp-tun}, over one path, then over
 * two; in the second download path 1 goes silent half-way and comes back.
 */
final class NamespaceDemo {
    private static final int PORT = 80;
    /** What most Linux servers use; set so that the result does not depend on this machine's default. */
    private static final String CONGESTION = "cubic";
    /** Fetched before each measurement: the first connection also loads classes and asks for link addresses. */
    private static final long WARM_UP_BYTES = 500_000;
    private static final Duration SAMPLE_EVERY = Duration.ofMillis(100);
    private static final Duration SILENCE_LIMIT = Duration.ofSeconds(20);

    private final DemoSettings settings;
    private final DemoView view;
    private final boolean kernelServer;
    private final TwoPathLab network;
    private final String fileUrl = "http://" + TwoPathLab.SERVICE_V4 + ":" + PORT + "/file?bytes=";

    private NamespaceDemo(DemoSettings settings, DemoView view, Lab lab) {
        this.settings = settings;
        this.view = view;
        this.network = TwoPathLab.create(lab, settings.paths().toArray(LinkProfile[]::new));
        this.kernelServer = KernelMptcp.available() && !settings.ownServer();
        if (kernelServer) {
            network.serveFiles(PORT, CONGESTION);
        } else {
            network.serveFilesByStack(PORT);
        }
    }

    /**
     * Runs it; everything it makes on the machine is gone on return.
     *
     * @throws LabException when it cannot be brought to its end
     */
    static DemoReport run(DemoSettings settings, DemoView view) {
        try (Lab lab = Lab.create()) {
            return new NamespaceDemo(settings, view, lab).run();
        }
    }

    private DemoReport run() {
        view.step("path 1 alone, kernel TCP; the server is " + server());
        double kernelTcp = single();
        double single;
        try (Gateway gateway = Gateway.start(network.client(), 1)) {
            view.step("path 1 alone, mptcp-tun");
            single = single();
        }
        try (Gateway gateway = Gateway.start(network.client(), 2)) {
            view.step("both paths, mptcp-tun");
            return twoPaths(kernelTcp, single);
        }
    }

    private String server() {
        return kernelServer ? "Linux kernel MPTCP" : "this stack";
    }

    /** Goodput of a whole download. */
    private double single() {
        start(WARM_UP_BYTES).await(SILENCE_LIMIT);
        Download download = start(settings.singleSizeBytes());
        PathSampler sampler = new PathSampler(network.paths(), System.nanoTime());
        follow(download, sampler, settings.singleSizeBytes(), settings.singleSizeBytes());
        String sha256 = download.await(SILENCE_LIMIT);
        if (!sha256.equals(PseudoRandomFile.sha256(settings.singleSizeBytes()))) {
            throw new LabException("the download over path 1 alone has other content than the file");
        }
        return download.arrivals().goodputUntil(download.arrivals().lastNanos());
    }

    private DemoReport twoPaths(double kernelTcp, double single) {
        start(WARM_UP_BYTES).await(SILENCE_LIMIT);
        EmulatedPath path1 = network.paths().getFirst();
        PathSampler sampler = new PathSampler(network.paths(), System.nanoTime());
        long[] before = sampler.bytes();
        Download download = start(settings.sizeBytes());
        ArrivalLog arrivals = download.arrivals();

        follow(download, sampler, settings.cutAtBytes(), settings.sizeBytes());
        path1.cut();
        long cutNanos = System.nanoTime();
        long[] atCut = sampler.bytes();
        view.step("path 1 goes silent");

        followUntil(download, sampler, cutNanos + settings.outageNanos(), settings.sizeBytes());
        boolean returnedInTime = !download.hasEnded();
        long path1BytesAtReturn = path1.backward().deliveredBytes();
        path1.restore();
        long returnNanos = System.nanoTime();
        view.step("path 1 is back");

        follow(download, sampler, settings.sizeBytes(), settings.sizeBytes());
        String sha256 = download.await(SILENCE_LIMIT);
        List<Long> bytesBeforeCut = Arrays.asList(atCut[0] - before[0], atCut[1] - before[1]);
        return new DemoReport(false, server(), kernelTcp, single, arrivals.goodputUntil(cutNanos), arrivals.totalBytes(),
                settings.sizeBytes(), (arrivals.lastNanos() - arrivals.startNanos()) / 1e9, bytesBeforeCut,
                arrivals.bytesAt(returnNanos) - arrivals.bytesAt(cutNanos), path1.backward().deliveredBytes() - path1BytesAtReturn,
                returnedInTime, arrivals.longestStallNanos(cutNanos, returnNanos) / 1e6, sha256,
                PseudoRandomFile.sha256(settings.sizeBytes()));
    }

    private Download start(long bytes) {
        LinkProfile slowest = settings.paths().getFirst();
        // Ten times what path 1 alone would take, and some more: whoever needs longer hangs.
        Duration timeout = SILENCE_LIMIT.plusSeconds(10 * 8 * bytes / slowest.rateBitsPerSecond());
        return Download.start(network.client(), fileUrl + bytes, timeout);
    }

    /** Shows the download until it has this many bytes, or has ended. */
    private void follow(Download download, PathSampler sampler, long untilBytes, long sizeBytes) {
        long silentSinceNanos = System.nanoTime();
        long lastBytes = -1;
        while (!download.hasEnded() && download.arrivals().totalBytes() < untilBytes) {
            show(download, sampler, sizeBytes);
            long bytes = download.arrivals().totalBytes();
            if (bytes != lastBytes) {
                lastBytes = bytes;
                silentSinceNanos = System.nanoTime();
            } else if (System.nanoTime() - silentSinceNanos > SILENCE_LIMIT.toNanos()) {
                throw new LabException("nothing has arrived for " + SILENCE_LIMIT.toSeconds() + " s, after " + bytes + " bytes");
            }
        }
    }

    private void followUntil(Download download, PathSampler sampler, long untilNanos, long sizeBytes) {
        while (!download.hasEnded() && System.nanoTime() < untilNanos) {
            show(download, sampler, sizeBytes);
        }
    }

    private void show(Download download, PathSampler sampler, long sizeBytes) {
        try {
            Thread.sleep(SAMPLE_EVERY);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LabException("interrupted", e);
        }
        long now = System.nanoTime();
        view.sample((now - download.arrivals().startNanos()) / 1e9, sampler.rates(now), download.arrivals().totalBytes(), sizeBytes);
    }
}
