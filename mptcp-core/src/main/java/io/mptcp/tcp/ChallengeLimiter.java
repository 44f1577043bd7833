package io.mptcp.tcp;

/**
 * How many segments that should not have come are answered with an ACK (RFC 5961 section 7): about ten in five seconds, of each connection by
 * itself, so that one connection's count says nothing about another's. How many exactly changes from period to period in a way nobody else
 * can know: who counts challenges learns nothing about the numbers of the connection either.
 */
final class ChallengeLimiter {
    private static final int MAX_CHALLENGES = 10;
    private static final int MIN_CHALLENGES = 7;
    private static final long PERIOD_NANOS = 5_000_000_000L;

    private int random;
    private long periodStartNanos = Long.MIN_VALUE / 2;
    private int left;

    /** @param seed differs from connection to connection and is not known off the path */
    ChallengeLimiter(long seed) {
        random = (int) (seed ^ seed >>> 32) | 1;
    }

    /** Whether one more may be answered. */
    boolean tryAcquire(long nowNanos) {
        if (nowNanos - periodStartNanos >= PERIOD_NANOS) {
            periodStartNanos = nowNanos;
            random ^= random << 13; // xorshift
            random ^= random >>> 17;
            random ^= random << 5;
            left = MIN_CHALLENGES + Integer.remainderUnsigned(random, MAX_CHALLENGES - MIN_CHALLENGES + 1);
        }
        if (left == 0) {
            return false;
        }
        left--;
        return true;
    }
}
