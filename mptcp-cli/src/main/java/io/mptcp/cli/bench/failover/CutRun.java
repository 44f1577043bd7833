package io.mptcp.cli.bench.failover;

import io.mptcp.cli.bench.speed.Service;
import io.mptcp.cli.bench.speed.SpeedHost;
import io.mptcp.cli.lab.EmulatedLink;
import io.mptcp.cli.lab.LabException;
import io.mptcp.cli.lab.LinkProfile;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;

/** One connection that sends as fast as it can over two paths, one of which dies and comes back. What has arrived is looked at all the time. */
final class CutRun {
    private static final double SECOND_NANOS = 1e9;
    /** Between two looks at the receiver. */
    private static final long LOOK_NANOS = 300_000;
    private static final double WARM_UP_SECONDS = 1.5;
    /** Longer paths take longer until both subflows have found their rate. */
    private static final double WARM_UP_RTTS = 8;
    private static final double OUTAGE_SECONDS = 2.2;
    private static final double PATIENCE_SECONDS = 3;
    private static final double DRAIN_SECONDS = 0.3;
    /** The most payload a full frame has room for: beside TCP timestamps, and a DSS option with a 64-bit mapping alone. */
    private static final double PAYLOAD_SHARE = 1428.0 / 1514;

    private final FailoverNetwork network;
    private final LinkProfile profile;
    private final Pairing pairing;
    private final Kind kind;
    private final int cut;
    private SpeedHost receiver;
    private long arrivedBytes;
    private long arrivedNanos;
    private double cutNanos = Double.MAX_VALUE;
    private double gapNanos;

    CutRun(FailoverNetwork network, LinkProfile profile, Pairing pairing, Kind kind, int cut) {
        this.network = network;
        this.profile = profile;
        this.pairing = pairing;
        this.kind = kind;
        this.cut = cut;
    }

    CutSample run(long seed) {
        double rttMillis = 2 * profile.delayNanos() / 1e6;
        Random random = new Random(seed * 1_000_003 + cut);
        int path = 1 + random.nextInt(2);
        double warmUp = WARM_UP_SECONDS + WARM_UP_RTTS * rttMillis / 1e3 + random.nextDouble();
        receiver = network.receiver(pairing);
        EmulatedLink link = network.cuts().dataLink(pairing, path);
        arrivedBytes = receiver.receivedBytes();
        try (SpeedHost.Bulk ignored = network.client(pairing).bulk(FailoverNetwork.service(pairing), pairing.clientSends ? Service.SINK : Service.SOURCE)) {
            watch(System.nanoTime() + warmUp * SECOND_NANOS);
            network.takeLateMillis();
            double at = System.nanoTime();
            cutNanos = at;
            CompletableFuture<Void> done = CompletableFuture.runAsync(() -> network.cuts().cut(kind, pairing, path));
            watch(at + SECOND_NANOS);
            done.join();
            long before = arrivedBytes;
            watch(at + 2 * SECOND_NANOS);
            double share = (arrivedBytes - before) / (profile.rateBitsPerSecond() / 8.0 * PAYLOAD_SHARE);
            watch(at + OUTAGE_SECONDS * SECOND_NANOS);
            double late = network.takeLateMillis();
            double returnSeconds = comeBack(link, path);
            return new CutSample(rttMillis, pairing, kind, cut, gapNanos / 1e6, share, returnSeconds, late);
        } finally {
            pause(DRAIN_SECONDS);
        }
    }

    private double comeBack(EmulatedLink link, int path) {
        network.cuts().restore(kind, pairing, path);
        long start = System.nanoTime();
        long before = link.deliveredBytes();
        while (link.deliveredBytes() < before + FailoverNetwork.DATA_BYTES) {
            if (System.nanoTime() - start > PATIENCE_SECONDS * SECOND_NANOS) {
                return CutSample.NEVER;
            }
            LockSupport.parkNanos(LOOK_NANOS);
        }
        return (System.nanoTime() - start) / SECOND_NANOS;
    }

    private void watch(double untilNanos) {
        for (long now = System.nanoTime(); now < untilNanos; now = System.nanoTime()) {
            long bytes = receiver.receivedBytes();
            if (bytes != arrivedBytes) {
                if (arrivedNanos != 0 && now > cutNanos && arrivedNanos < cutNanos + SECOND_NANOS) {
                    gapNanos = Math.max(gapNanos, now - arrivedNanos);
                }
                arrivedBytes = bytes;
                arrivedNanos = now;
            } else if (arrivedNanos != 0 && now > cutNanos && arrivedNanos < cutNanos + SECOND_NANOS) {
                gapNanos = Math.max(gapNanos, now - arrivedNanos); // it may not have ended when nobody looks any more
            }
            LockSupport.parkNanos(LOOK_NANOS);
        }
        if (arrivedNanos == 0) {
            throw new LabException("nothing arrives: " + pairing.title());
        }
    }

    private static void pause(double seconds) {
        double until = System.nanoTime() + seconds * SECOND_NANOS;
        while (System.nanoTime() < until) {
            LockSupport.parkNanos((long) (until - System.nanoTime()));
        }
    }
}
