package io.mptcp.cli.bench.failover;

import io.mptcp.cli.bench.speed.Service;
import io.mptcp.cli.bench.speed.SpeedHost;
import io.mptcp.cli.lab.EmulatedLink;
import io.mptcp.cli.lab.LabException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;

/** One download over Ethernet and Wi-Fi, in three phases: both, the Ethernet interface down, both again. */
final class LaptopRun {
    private static final double SECOND_NANOS = 1e9;
    /** Between two looks at the receiver. */
    private static final long LOOK_NANOS = 300_000;
    private static final double SAMPLE_SECONDS = 0.1;
    /** Slow start, and recovery from what was lost. */
    private static final double SETTLING_SECONDS = 1;
    private static final int ETHERNET = 1;

    private final FailoverNetwork network;
    private final Pairing pairing;
    private final SpeedHost receiver;
    private final List<EmulatedLink> links;
    private final List<double[]> rates = new ArrayList<>();
    private final List<Double> mbit = new ArrayList<>();
    private double startNanos;
    private double sampledNanos;
    private final long[] sampledBytes;
    private long arrivedBytes;
    /** 0 until something has. */
    private double arrivedNanos;
    private double longestPauseNanos;
    private double longestPauseAt;
    private long bytesAtReturn = Long.MAX_VALUE;
    private double returnedNanos = Double.NaN;

    LaptopRun(FailoverNetwork network, Pairing pairing) {
        this.network = network;
        this.pairing = pairing;
        receiver = network.receiver(pairing);
        links = IntStream.of(1, 2).mapToObj(path -> network.cuts().dataLink(pairing, path)).toList();
        sampledBytes = links.stream().mapToLong(EmulatedLink::deliveredBytes).toArray();
    }

    LaptopTrace run(double phaseSeconds) {
        startNanos = System.nanoTime();
        sampledNanos = startNanos;
        arrivedBytes = receiver.receivedBytes();
        network.takeLateMillis();
        try (SpeedHost.Bulk ignored = network.client(pairing).bulk(FailoverNetwork.service(pairing), pairing.clientSends ? Service.SINK : Service.SOURCE)) {
            phase(0, phaseSeconds);
            CompletableFuture<Void> pulled = CompletableFuture.runAsync(() -> network.cuts().cut(Kind.DOWN, pairing, ETHERNET));
            phase(phaseSeconds, 2 * phaseSeconds);
            pulled.join();
            bytesAtReturn = links.getFirst().deliveredBytes();
            CompletableFuture<Void> plugged = CompletableFuture.runAsync(() -> network.cuts().restore(Kind.DOWN, pairing, ETHERNET));
            phase(2 * phaseSeconds, 3 * phaseSeconds);
            plugged.join();
        }
        double returnSeconds = Double.isNaN(returnedNanos) ? CutSample.NEVER : (returnedNanos - startNanos) / SECOND_NANOS - 2 * phaseSeconds;
        return new LaptopTrace(pairing, rates, mbit, longestPauseNanos / 1e6, (longestPauseAt - startNanos) / SECOND_NANOS, returnSeconds, network.takeLateMillis());
    }

    private void phase(double fromSeconds, double untilSeconds) {
        double settled = Math.min(fromSeconds + SETTLING_SECONDS, (fromSeconds + untilSeconds) / 2);
        watch(startNanos + settled * SECOND_NANOS);
        long before = arrivedBytes;
        watch(startNanos + untilSeconds * SECOND_NANOS);
        mbit.add((arrivedBytes - before) * 8 / 1e6 / (untilSeconds - settled));
        if (arrivedNanos == 0) {
            throw new LabException("nothing arrives: " + pairing.title());
        }
    }

    private void watch(double untilNanos) {
        for (double now = System.nanoTime(); now < untilNanos; now = System.nanoTime()) {
            long bytes = receiver.receivedBytes();
            if (arrivedNanos != 0 && now - arrivedNanos > longestPauseNanos) { // also one that has not ended when nobody looks any more
                longestPauseNanos = now - arrivedNanos;
                longestPauseAt = arrivedNanos;
            }
            if (bytes != arrivedBytes) {
                arrivedBytes = bytes;
                arrivedNanos = now;
            }
            if (Double.isNaN(returnedNanos) && links.getFirst().deliveredBytes() - FailoverNetwork.DATA_BYTES >= bytesAtReturn) {
                returnedNanos = now;
            }
            if (now >= sampledNanos + SAMPLE_SECONDS * SECOND_NANOS) {
                sample(now);
            }
            LockSupport.parkNanos(LOOK_NANOS);
        }
    }

    private void sample(double now) {
        double[] row = new double[1 + links.size()];
        row[0] = (now - startNanos) / SECOND_NANOS;
        for (int i = 0; i < links.size(); i++) {
            long bytes = links.get(i).deliveredBytes();
            row[i + 1] = (i == 0 ? 0 : row[i]) + (bytes - sampledBytes[i]) * 8e3 / (now - sampledNanos);
            sampledBytes[i] = bytes;
        }
        sampledNanos = now;
        rates.add(row);
    }
}
