package io.mptcp.tun.datagram;

/**
 * Takes each number of a rising sequence once, in any order within the last {@link #SIZE} (RFC 6479, RFC 4303 section 3.4.3). What comes by several paths, or is sent
 * again, is so taken by its first copy.
 */
final class ReplayWindow {
    static final int SIZE = 8192;
    private static final int WORD_BITS = 64;

    private final long[] taken = new long[SIZE / WORD_BITS];
    /** Highest number so far; 0 before the first. Numbers begin at 1. */
    private long highest;

    /** Whether this one would be taken. */
    boolean isNew(long number) {
        return number > 0 && (number > highest || number > highest - SIZE && (taken[word(number)] & 1L << number % WORD_BITS) == 0);
    }

    /** @return false when it has been taken before, or is too old to tell */
    boolean take(long number) {
        if (!isNew(number)) {
            return false;
        }
        if (number > highest) {
            for (long slid = Math.max(highest + 1, number - SIZE + 1); slid <= number; slid++) {
                taken[word(slid)] &= ~(1L << slid % WORD_BITS);
            }
            highest = number;
        }
        taken[word(number)] |= 1L << number % WORD_BITS;
        return true;
    }

    private static int word(long number) {
        return (int) (number % SIZE / WORD_BITS);
    }
}
