package io.mptcp.stack;

import io.mptcp.spi.RandomSource;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;

/**
 * Local ports of active opens: the double-hash algorithm of RFC 6056 section 3.3.4 with the random increments of section 3.3.5. Where a
 * destination's sequence of ports begins cannot be guessed from other destinations, and a port comes again as late as possible.
 * What has to be unique is the 4-tuple, not the port.
 */
final class PortAllocator {
    private static final int DEFAULT_FIRST_PORT = 49_152;
    private static final int DEFAULT_LAST_PORT = 65_535;
    private static final int COUNTERS = 256;
    /** Increments are 1..8: the counters of one destination say little about how many ports it took. */
    private static final int INCREMENT_MASK = 7;

    private static final long PURPOSE_OFFSET = 1;
    private static final long PURPOSE_COUNTER = 2;

    /** Whether a 4-tuple is free. */
    interface FourTuples {
        boolean isFree(IpAddress local, int localPort, IpEndpoint remote);
    }

    private final RandomSource random;
    private final KeyedHash hash;
    private final int[] counters = new int[COUNTERS];
    private int firstPort = DEFAULT_FIRST_PORT;
    private int lastPort = DEFAULT_LAST_PORT;

    PortAllocator(RandomSource random) {
        this.random = random;
        hash = new KeyedHash(random);
        for (int i = 0; i < COUNTERS; i++) {
            counters[i] = (int) random.nextLong();
        }
    }

    /** Both inclusive. */
    void setRange(int first, int last) {
        if (first < 1 || last > 65_535 || first > last) {
            throw new IllegalArgumentException("not a port range: " + first + ".." + last);
        }
        firstPort = first;
        lastPort = last;
    }

    /** A port with which the 4-tuple is free, -1 when there is none. */
    int allocate(IpAddress local, IpEndpoint remote, FourTuples tuples) {
        int count = lastPort - firstPort + 1;
        long offset = hash(local, remote, PURPOSE_OFFSET) >>> 2;
        int index = (int) hash(local, remote, PURPOSE_COUNTER) & (COUNTERS - 1);
        counters[index] += 1 + ((int) random.nextLong() & INCREMENT_MASK);
        for (int i = 0; i < count; i++) {
            int port = firstPort + (int) ((offset + Integer.toUnsignedLong(counters[index]) + i) % count);
            if (tuples.isFree(local, port, remote)) {
                counters[index] += i;
                return port;
            }
        }
        return -1;
    }

    private long hash(IpAddress local, IpEndpoint remote, long purpose) {
        return hash.hash(local.hi(), local.lo(), 0, remote.address().hi(), remote.address().lo(), remote.port(), purpose, 0);
    }
}
