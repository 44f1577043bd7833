package io.mptcp.tcp;

import io.mptcp.buffer.RangeSet;
import io.mptcp.wire.TcpOptions;

/**
 * Which SACK blocks to report (RFC 2018 section 4, RFC 2883): a duplicate once and first, then the block of the segment that came last,
 * then those reported most recently.
 */
final class SackBlocks {
    private static final int REMEMBERED = 4;

    private final long[] recentSsn = new long[REMEMBERED];
    private int recentCount;
    private long duplicateStart;
    private long duplicateEnd;

    final int[] left = new int[TcpOptions.MAX_SACK_BLOCKS];
    final int[] right = new int[TcpOptions.MAX_SACK_BLOCKS];

    /** A segment starting here was received out of order. */
    void received(long ssn) {
        int keep = Math.min(recentCount, REMEMBERED - 1);
        System.arraycopy(recentSsn, 0, recentSsn, 1, keep);
        recentSsn[0] = ssn;
        recentCount = keep + 1;
    }

    void duplicate(long startSsn, long endSsn) {
        duplicateStart = startSsn;
        duplicateEnd = endSsn;
    }

    boolean hasDuplicate() {
        return duplicateEnd > duplicateStart;
    }

    void reported() {
        duplicateStart = 0;
        duplicateEnd = 0;
    }

    /** Fills {@link #left} and {@link #right} with raw sequence numbers. @return number of blocks */
    int collect(RangeSet outOfOrder, int irs) {
        int count = 0;
        if (hasDuplicate()) {
            left[0] = irs + (int) duplicateStart;
            right[0] = irs + (int) duplicateEnd;
            count = 1;
        }
        for (int i = 0; i < recentCount && count < left.length; i++) {
            count = addBlockOf(outOfOrder, recentSsn[i], irs, count);
        }
        for (int i = outOfOrder.size() - 1; i >= 0 && count < left.length; i--) {
            count = addBlockOf(outOfOrder, outOfOrder.start(i), irs, count);
        }
        return count;
    }

    private int addBlockOf(RangeSet outOfOrder, long ssn, int irs, int count) {
        int range = outOfOrder.indexOf(ssn);
        if (range < 0) {
            return count;
        }
        int start = irs + (int) outOfOrder.start(range);
        for (int k = hasDuplicate() ? 1 : 0; k < count; k++) {
            if (left[k] == start) {
                return count;
            }
        }
        left[count] = start;
        right[count] = irs + (int) outOfOrder.end(range);
        return count + 1;
    }
}
