package io.mptcp.buffer;

import java.util.Arrays;

/**
 * The entries of a {@link SegmentLog} as runs: stretches of entries whose data sequence numbers ascend without overlap. Ordinarily there is one;
 * what is reinjected on a subflow begins a new one, and so does what follows it. Within a run a byte is found by bisection.
 */
final class DsnRuns {
    private static final int FIRST_RUNS = 4;

    private long[] startSsn = new long[FIRST_RUNS];
    private long[] lowDsn = new long[FIRST_RUNS];
    /** End of the highest data sequence number of each run. */
    private long[] highDsn = new long[FIRST_RUNS];
    private int head;
    private int size;

    int size() {
        return size;
    }

    /** Subflow sequence number the run began with; entries at its beginning may be gone. */
    long startSsn(int run) {
        return startSsn[at(run)];
    }

    boolean mayHold(int run, long dsn) {
        int i = at(run);
        return lowDsn[i] <= dsn && dsn < highDsn[i];
    }

    void append(long ssn, long dsn, long endDsn) {
        if (size > 0 && dsn >= highDsn[at(size - 1)]) {
            highDsn[at(size - 1)] = endDsn;
            return;
        }
        if (size == startSsn.length) {
            grow();
        }
        int i = at(size++);
        startSsn[i] = ssn;
        lowDsn[i] = dsn;
        highDsn[i] = endDsn;
    }

    /** The log begins at {@code ssn} now, Long.MAX_VALUE when it is empty. */
    void trim(long ssn) {
        if (ssn == Long.MAX_VALUE) {
            size = 0;
            head = 0;
            return;
        }
        while (size > 1 && startSsn[at(1)] <= ssn) {
            head = (head + 1) & (startSsn.length - 1);
            size--;
        }
    }

    /** Takes over all runs of another. */
    void take(DsnRuns other) {
        size = 0;
        for (int run = 0; run < other.size; run++) {
            if (size == startSsn.length) {
                grow();
            }
            int from = other.at(run);
            int to = at(size++);
            startSsn[to] = other.startSsn[from];
            lowDsn[to] = other.lowDsn[from];
            highDsn[to] = other.highDsn[from];
        }
    }

    private int at(int run) {
        return (head + run) & (startSsn.length - 1);
    }

    private void grow() {
        startSsn = regrow(startSsn);
        lowDsn = regrow(lowDsn);
        highDsn = regrow(highDsn);
        head = 0;
    }

    private long[] regrow(long[] old) {
        long[] grown = Arrays.copyOfRange(old, head, head + 2 * old.length);
        System.arraycopy(old, 0, grown, old.length - head, head);
        return grown;
    }
}
