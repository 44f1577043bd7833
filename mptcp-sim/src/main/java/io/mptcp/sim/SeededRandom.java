package io.mptcp.sim;

import io.mptcp.spi.RandomSource;

/**
 * Reproducible randomness: xoshiro256** (Blackman, Vigna), its state filled by SplitMix64. Independent streams are made with
 * {@link #fork}, so that one part of a simulation drawing more numbers does not change what the others see.
 */
public final class SeededRandom implements RandomSource {
    private static final long GOLDEN_GAMMA = 0x9e3779b97f4a7c15L;

    private long s0;
    private long s1;
    private long s2;
    private long s3;

    public SeededRandom(long seed) {
        s0 = mix(seed + GOLDEN_GAMMA);
        s1 = mix(seed + 2 * GOLDEN_GAMMA);
        s2 = mix(seed + 3 * GOLDEN_GAMMA);
        s3 = mix(seed + 4 * GOLDEN_GAMMA);
    }

    /** The output function of SplitMix64: a bijection that spreads every input bit over the whole result. */
    static long mix(long z) {
        z = (z ^ z >>> 30) * 0xbf58476d1ce4e5b9L;
        z = (z ^ z >>> 27) * 0x94d049bb133111ebL;
        return z ^ z >>> 31;
    }

    @Override
    public long nextLong() {
        long result = Long.rotateLeft(s1 * 5, 7) * 9;
        long shifted = s1 << 17;
        s2 ^= s0;
        s3 ^= s1;
        s1 ^= s2;
        s0 ^= s3;
        s2 ^= shifted;
        s3 = Long.rotateLeft(s3, 45);
        return result;
    }

    /** A stream of its own, decided by this generator's next number. */
    public SeededRandom fork() {
        return new SeededRandom(nextLong());
    }

    /** 0 (inclusive) to {@code bound} (exclusive). */
    public int nextInt(int bound) {
        return (int) between(0, bound - 1L);
    }

    /** Both bounds inclusive. The bias of the multiplication is below 2^-32 for the ranges used here. */
    public long between(long first, long last) {
        if (last < first) {
            throw new IllegalArgumentException("empty range " + first + ".." + last);
        }
        return first + Math.unsignedMultiplyHigh(nextLong(), last - first + 1);
    }

    /** Spread evenly over the orders of magnitude between two positive bounds. */
    public long betweenLogarithmic(long first, long last) {
        return Math.round(first * StrictMath.pow((double) last / first, nextDouble()));
    }

    /** 0 (inclusive) to 1 (exclusive). */
    public double nextDouble() {
        return (nextLong() >>> 11) * 0x1.0p-53;
    }

    /** True with this probability. Draws a number only when the answer is not certain. */
    public boolean chance(double probability) {
        return probability > 0 && (probability >= 1 || nextDouble() < probability);
    }
}
