package io.mptcp.sim;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** An endless stream of bytes in which every offset is decided by a seed: what tests send, and can check anywhere without keeping it. */
public final class Pattern {
    private static final ValueLayout.OfLong WORD = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final long seed;

    public Pattern(long seed) {
        this.seed = seed;
    }

    public byte at(long offset) {
        return (byte) (word(offset >>> 3) >>> 8 * (int) (offset & 7));
    }

    private long word(long index) {
        return SeededRandom.mix(seed + index * 0x9e3779b97f4a7c15L);
    }

    /** Writes bytes {@code [offset, offset + length)} of the stream to {@code destination} at {@code at}. */
    public void fill(long offset, MemorySegment destination, long at, int length) {
        int done = 0;
        while (done < length) {
            long position = offset + done;
            if ((position & 7) == 0 && length - done >= 8) {
                destination.set(WORD, at + done, word(position >>> 3));
                done += 8;
            } else {
                destination.set(ValueLayout.JAVA_BYTE, at + done, at(position));
                done++;
            }
        }
    }

    /** Compares bytes with the stream. @return how many of them are right, {@code length} if all */
    public int matching(long offset, MemorySegment source, long at, int length) {
        int done = 0;
        while (done < length) {
            long position = offset + done;
            if ((position & 7) == 0 && length - done >= 8 && source.get(WORD, at + done) == word(position >>> 3)) {
                done += 8;
            } else if (source.get(ValueLayout.JAVA_BYTE, at + done) == at(position)) {
                done++;
            } else {
                return done;
            }
        }
        return length;
    }
}
