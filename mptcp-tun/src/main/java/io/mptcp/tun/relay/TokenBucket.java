package io.mptcp.tun.relay;

import io.mptcp.tun.BitRate;
import java.util.concurrent.TimeUnit;

/**
 * So many bytes in a time, over all who take from it. Takers may owe: what has been read has been read, and who took it waits before he reads more. What is owed
 * is kept as the time at which it will have been paid. Not for several threads at once.
 */
final class TokenBucket {
    /** What may be taken at once after a pause. */
    static final long BURST_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    /** Null for any. */
    private BitRate rate;
    private long paidAtNanos;
    private boolean used;

    /** What is owed stays. @param rate null for any */
    void setRate(BitRate rate) {
        this.rate = rate;
    }

    BitRate rate() {
        return rate;
    }

    /** Takes them in any case. @return nanoseconds until nothing is owed, 0 for none */
    long take(long bytes, long nowNanos) {
        if (rate == null) {
            return 0;
        }
        long fullAtNanos = nowNanos - BURST_NANOS;
        if (!used || paidAtNanos - fullAtNanos < 0) {
            paidAtNanos = fullAtNanos;
            used = true;
        }
        paidAtNanos += (long) (bytes * 8e9 / rate.bitsPerSecond());
        return Math.max(0, paidAtNanos - nowNanos);
    }

    /** Takes them if no more than that is owed. @return whether it did */
    boolean tryTake(long bytes, long mostOwedNanos, long nowNanos) {
        if (rate != null && used && paidAtNanos - nowNanos > mostOwedNanos) {
            return false;
        }
        take(bytes, nowNanos);
        return true;
    }
}
