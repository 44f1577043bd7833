package io.mptcp.stack;

import io.mptcp.spi.RandomSource;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * Initial sequence numbers that cannot be guessed from other connections (RFC 6528: clock plus keyed hash of the 4-tuple), and timestamp
 * clocks that start anywhere (RFC 7323 section 7.1).
 */
final class IsnGenerator {
    private static final long NANOS_PER_TICK = 4_000L;

    private final MessageDigest sha256;
    private final ByteBuffer input = ByteBuffer.allocate(16 + 36);
    private final long secret0;
    private final long secret1;
    private long nowNanos;
    private int isn;
    private int timestampOffset;

    IsnGenerator(RandomSource random) {
        secret0 = random.nextLong();
        secret1 = random.nextLong();
        try {
            sha256 = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /** The stack's time, for the clock part. */
    void tick(long nowNanos) {
        this.nowNanos = nowNanos;
    }

    void compute(FlowKey key) {
        input.clear();
        input.putLong(secret0).putLong(secret1).putLong(key.localHi()).putLong(key.localLo()).putLong(key.remoteHi()).putLong(key.remoteLo());
        input.putShort((short) key.localPort()).putShort((short) key.remotePort());
        ByteBuffer hash = ByteBuffer.wrap(sha256.digest(input.array()));
        isn = (int) (nowNanos / NANOS_PER_TICK) + hash.getInt(0);
        timestampOffset = hash.getInt(4);
    }

    int isn() {
        return isn;
    }

    int timestampOffset() {
        return timestampOffset;
    }
}
