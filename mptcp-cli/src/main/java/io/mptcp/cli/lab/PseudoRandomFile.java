package io.mptcp.cli.lab;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * A file of any length whose bytes look random and follow from their position, so that nothing has to be stored: byte {@code i} is byte
 * {@code i mod 8} (little endian) of the SplitMix64 mix of {@code i / 8}.
 */
public final class PseudoRandomFile {
    private static final int CHUNK_BYTES = 64 << 10;
    private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;

    private PseudoRandomFile() {
    }

    /** The byte at this position. */
    public static byte at(long position) {
        return (byte) (word(position >>> 3) >>> ((position & 7) * 8));
    }

    /** Fills the rest of {@code target} with the bytes from {@code position} on. */
    public static void fill(ByteBuffer target, long position) {
        ByteBuffer out = target.order(ByteOrder.LITTLE_ENDIAN);
        long next = position;
        while (out.hasRemaining()) {
            if ((next & 7) == 0 && out.remaining() >= 8) {
                out.putLong(word(next >>> 3));
                next += 8;
            } else {
                out.put(at(next++));
            }
        }
    }

    /** SHA-256 of the first {@code bytes} of the file, in lower-case hexadecimal. */
    public static String sha256(long bytes) {
        MessageDigest digest = newSha256();
        ByteBuffer chunk = ByteBuffer.allocate(CHUNK_BYTES);
        for (long done = 0; done < bytes; done += chunk.limit()) {
            chunk.clear().limit((int) Math.min(CHUNK_BYTES, bytes - done));
            fill(chunk, done);
            digest.update(chunk.flip());
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    /** A digest to compare with {@link #sha256}. */
    public static MessageDigest newSha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }

    private static long word(long index) {
        long z = (index + 1) * GOLDEN_GAMMA;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
