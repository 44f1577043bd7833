package io.mptcp.cli.demo;

import io.mptcp.cli.lab.EmulatedPath;
import java.util.List;

/** What each path has carried to the client, and how fast it does now: read from the emulated links, so it counts what really passed. */
final class PathSampler {
    private final List<EmulatedPath> paths;
    private final long[] lastBytes;
    private final double[] bitsPerSecond;
    private long lastNanos;

    PathSampler(List<EmulatedPath> paths, long nowNanos) {
        this.paths = paths;
        this.lastBytes = bytes();
        this.bitsPerSecond = new double[paths.size()];
        this.lastNanos = nowNanos;
    }

    /** Bytes of frames that each path has carried to the client so far. */
    long[] bytes() {
        return paths.stream().mapToLong(path -> path.backward().deliveredBytes()).toArray();
    }

    /** Rate of each path since the last call. */
    double[] rates(long nowNanos) {
        long[] now = bytes();
        for (int i = 0; i < now.length; i++) {
            bitsPerSecond[i] = (now[i] - lastBytes[i]) * 8e9 / (nowNanos - lastNanos);
            lastBytes[i] = now[i];
        }
        lastNanos = nowNanos;
        return bitsPerSecond;
    }
}
