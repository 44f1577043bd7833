package io.mptcp.cli.demo;

import io.mptcp.cli.lab.LinkProfile;
import java.util.List;

/**
 * What the demonstration does.
 *
 * @param sizeBytes       what is downloaded over two paths
 * @param singleSizeBytes what is downloaded over one path, for comparison
 * @param paths           the two paths, the same both ways; path 1 is the one that is cut
 * @param ownServer       whether this project's stack is the server even where the kernel could be
 */
public record DemoSettings(long sizeBytes, long singleSizeBytes, List<LinkProfile> paths, boolean ownServer) {
    /** Smallest download that says something: shorter ones are mostly slow start. */
    public static final long MIN_SIZE_BYTES = 40_000_000;

    private static final long MAX_OUTAGE_NANOS = 3_000_000_000L;
    private static final double OUTAGE_SHARE = 0.4;

    public DemoSettings {
        if (paths.size() != 2) {
            throw new IllegalArgumentException("the demonstration has two paths");
        }
        if (sizeBytes < MIN_SIZE_BYTES) {
            throw new IllegalArgumentException("the download must have at least " + MIN_SIZE_BYTES + " bytes");
        }
    }

    /** How many bytes must have arrived before path 1 is cut. */
    public long cutAtBytes() {
        return sizeBytes / 2;
    }

    /** How long path 1 is away: a while, but back before path 2 alone has done the rest. */
    public long outageNanos() {
        double restSeconds = (sizeBytes - cutAtBytes()) * 8.0 / paths.get(1).rateBitsPerSecond();
        return Math.min(MAX_OUTAGE_NANOS, (long) (restSeconds * 1e9 * OUTAGE_SHARE));
    }
}
