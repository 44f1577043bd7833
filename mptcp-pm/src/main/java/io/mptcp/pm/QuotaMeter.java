package io.mptcp.pm;

import java.time.ZonedDateTime;

/** Counts the bytes of a path against its quota. It is told the time, and how much the path has carried so far in all. */
public final class QuotaMeter {
    private final PathQuota quota;
    private ZonedDateTime endsAt;
    private long lastTotalBytes;
    private long usedBytes;

    public QuotaMeter(PathQuota quota, ZonedDateTime now) {
        this(quota, now, 0);
    }

    /** @param totalBytes what the path has carried before, which does not count */
    public QuotaMeter(PathQuota quota, ZonedDateTime now, long totalBytes) {
        this.quota = quota;
        this.endsAt = quota.endOf(now);
        this.lastTotalBytes = totalBytes;
    }

    /** Another quota for the same path: what has been used in this period counts, where the new one has not begun a later one. */
    public QuotaMeter withQuota(PathQuota other, ZonedDateTime now) {
        QuotaMeter meter = new QuotaMeter(other, now, lastTotalBytes);
        if (other.period() == quota.period() && other.resetDay() == quota.resetDay() && now.isBefore(endsAt)) {
            meter.usedBytes = usedBytes;
        }
        return meter;
    }

    public PathQuota quota() {
        return quota;
    }

    /** In this period. */
    public long usedBytes() {
        return usedBytes;
    }

    /** What was used in this period before counting began: a program that was started anew. */
    public void restore(long usedBytesBefore) {
        usedBytes += usedBytesBefore;
    }

    /** As much has gone over the path in this period as it may carry. */
    public boolean isReached() {
        return usedBytes >= quota.bytes();
    }

    /** When the period ends. */
    public ZonedDateTime endsAt() {
        return endsAt;
    }

    /**
     * Takes in what has been carried since the last time.
     *
     * @param totalBytes since the path has been there
     * @return whether {@link #isReached} has changed
     */
    public boolean update(ZonedDateTime now, long totalBytes) {
        boolean before = isReached();
        if (!now.isBefore(endsAt)) {
            usedBytes = 0;
            endsAt = quota.endOf(now);
        }
        usedBytes += totalBytes - lastTotalBytes;
        lastTotalBytes = totalBytes;
        return before != isReached();
    }
}
