package io.mptcp.stack;

import io.mptcp.spi.RandomSource;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * 64 bits that depend on a 4-tuple and two more numbers, and that nobody can compute who does not know the secret drawn at construction:
 * SHA-256 over a message of fixed length that begins with the secret.
 */
final class KeyedHash {
    private final MessageDigest sha256;
    private final ByteBuffer input = ByteBuffer.allocate(16 + 36 + 16);
    private final long secret0;
    private final long secret1;

    KeyedHash(RandomSource random) {
        secret0 = random.nextLong();
        secret1 = random.nextLong();
        try {
            sha256 = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    long hash(FlowKey key, long more0, long more1) {
        return hash(key.localHi(), key.localLo(), key.localPort(), key.remoteHi(), key.remoteLo(), key.remotePort(), more0, more1);
    }

    long hash(long localHi, long localLo, int localPort, long remoteHi, long remoteLo, int remotePort, long more0, long more1) {
        input.clear();
        input.putLong(secret0).putLong(secret1).putLong(localHi).putLong(localLo).putLong(remoteHi).putLong(remoteLo);
        input.putShort((short) localPort).putShort((short) remotePort).putLong(more0).putLong(more1);
        return ByteBuffer.wrap(sha256.digest(input.array())).getLong();
    }
}
