package io.mptcp.cc;

/**
 * What controllers that react to loss have in common: the initial window (RFC 6928), slow start with HyStart++ (RFC 9406), the timeout
 * (RFC 5681 section 3.1), restart after idle time, and undoing a reduction that proved wrong. They differ in congestion avoidance and
 * in how far they reduce.
 */
abstract sealed class LossBasedController implements CongestionController permits CoupledController, Cubic, NewReno {
    private static final int INITIAL_SEGMENTS = 10;
    private static final int INITIAL_BYTES = 14_600;
    private static final int MIN_SEGMENTS = 2;
    /** RFC 3390: the initial window before RFC 6928. */
    private static final int CAUTIOUS_SEGMENTS = 4;
    private static final int CAUTIOUS_BYTES = 4380;

    /** Made when the first window has been used; null again when the first slow start is over. */
    private HyStart hyStart;
    private int mssBytes = 536;
    private long cwndBytes = mssBytes;
    private long ssthreshBytes = Long.MAX_VALUE;
    /** Fraction of a byte by which cwnd has grown beyond {@link #cwndBytes}. */
    private double cwndFraction;
    /** Bytes delivered since cwnd last had a chance to grow. */
    private long deliveredBytes;

    /** A timeout has happened, and what was in flight then is not all acknowledged: slow start goes by one segment an ACK. */
    private boolean afterTimeout;
    /** Highest number sent when the first ACK after the timeout came, -1 before that ACK. */
    private long timeoutSndNxtSsn = -1;

    /** What is left unacknowledged of the initial window, or of the window after an idle time. */
    private long startLeftBytes;
    /** Something of such a window was lost. */
    private boolean startWasTooMuch;

    /** Before the last reduction; null where there is nothing to undo. */
    private Windows undo;

    private record Windows(long cwndBytes, long ssthreshBytes) {
    }

    @Override
    public void onEstablished(long nowNanos, int mssBytes, boolean synRetransmitted) {
        this.mssBytes = mssBytes;
        cwndBytes = synRetransmitted ? mssBytes : initialWindowBytes(mssBytes);
        startLeftBytes = cwndBytes;
    }

    @Override
    public void onMssChange(int mssBytes) {
        this.mssBytes = mssBytes;
        cwndBytes = Math.max(cwndBytes, mssBytes);
    }

    @Override
    public void onAck(AckSample sample) {
        startLeftBytes = Math.max(0, startLeftBytes - sample.ackedBytes);
        if (sample.inRecovery) {
            deliveredBytes = 0;
            return;
        }
        // Growth waits for the cumulative ACK (RFC 5681 section 3.2, step 1), but then counts what SACK had reported before.
        deliveredBytes += sample.deliveredBytes;
        if (sample.ackedBytes <= 0) {
            return;
        }
        long bytes = deliveredBytes;
        deliveredBytes = 0;
        if (afterTimeout) {
            bytes = limitAfterTimeout(sample, bytes);
        }
        // A window not used says nothing about the path. Slow start may double it in a round trip, so up to twice what was used.
        boolean used = 2 * sample.maxInFlightBytes > cwndBytes;
        if (inSlowStart()) {
            bytes = used ? slowStart(sample, bytes) : 0;
        }
        if (!inSlowStart()) {
            avoidCongestion(sample, bytes, used && !sample.appLimited);
        }
    }

    @Override
    public void onLoss(long nowNanos, long inFlightBytes) {
        saveForUndo();
        noteLossAtStart(inFlightBytes);
        reduce(inFlightBytes);
        // Never upwards: shortly after a timeout more may be in flight than cwnd.
        cwndBytes = Math.min(cwndBytes, ssthreshBytes);
    }

    @Override
    public void onRetransmissionTimeout(long nowNanos, long inFlightBytes, boolean first) {
        if (first) {
            saveForUndo();
            noteLossAtStart(inFlightBytes);
            reduceAfterTimeout(inFlightBytes);
        }
        cwndBytes = mssBytes;
        afterTimeout = true;
        timeoutSndNxtSsn = -1;
    }

    @Override
    public void onSpuriousLoss(long nowNanos) {
        if (undo == null) {
            return;
        }
        cwndBytes = Math.max(cwndBytes, undo.cwndBytes);
        ssthreshBytes = undo.ssthreshBytes;
        afterTimeout = false;
        undo = null;
        restoreAvoidanceState();
    }

    @Override
    public void onEcnEcho(long nowNanos, long inFlightBytes) {
        reduce(inFlightBytes);
        cwndBytes = Math.min(cwndBytes, ssthreshBytes);
        undo = null;
    }

    @Override
    public void onPenalty() {
        if (cwndBytes >= ssthreshBytes) {
            setSsthresh(ssthreshBytes / 2);
        }
        cwndBytes = Math.max(mssBytes, cwndBytes / 2);
    }

    @Override
    public boolean onLongQueue(long wantedBytes) {
        if (inSlowStart() && (hyStart == null || !hyStart.inConservativeSlowStart())) {
            return false; // it may be mere jitter, which SRTT does not tell from a queue
        }
        saveForUndo();
        hyStart = null;
        setSsthresh(Math.min(wantedBytes, cwndBytes));
        cwndBytes = ssthreshBytes;
        forgetLastMaximum();
        return true;
    }

    @Override
    public void onIdleRestart(long nowNanos) {
        if (ssthreshBytes != Long.MAX_VALUE) {
            // As RFC 7661 does: what the path could carry before is still worth going for quickly.
            ssthreshBytes = Math.max(ssthreshBytes, cwndBytes * 3 / 4);
        }
        cwndBytes = Math.min(cwndBytes, startWasTooMuch ? cautiousWindowBytes() : initialWindowBytes(mssBytes));
        startLeftBytes = cwndBytes;
    }

    @Override
    public long cwndBytes() {
        return cwndBytes;
    }

    @Override
    public long ssthreshBytes() {
        return ssthreshBytes;
    }

    /**
     * An ACK in congestion avoidance.
     *
     * @param bytes       bytes acknowledged
     * @param cwndLimited whether cwnd was what limited the sender; if not, cwnd must stay
     */
    abstract void avoidCongestion(AckSample sample, long bytes, boolean cwndLimited);

    /** Sets ssthresh, by {@link #setSsthresh}, after a loss or an ECN echo. */
    abstract void reduce(long inFlightBytes);

    /** Sets ssthresh after the first timeout of some data. */
    abstract void reduceAfterTimeout(long inFlightBytes);

    /** cwnd is what it should be: nothing was lost, and there is no window to climb back to. */
    void forgetLastMaximum() {
    }

    /** Remembers the state of congestion avoidance before a reduction. */
    abstract void saveAvoidanceState();

    /** Brings it back. */
    abstract void restoreAvoidanceState();

    /** RFC 5681 section 3.1: no threshold below two segments. */
    int minSsthreshSegments() {
        return MIN_SEGMENTS;
    }

    final int mssBytes() {
        return mssBytes;
    }

    final void setSsthresh(long bytes) {
        ssthreshBytes = Math.max(bytes, (long) minSsthreshSegments() * mssBytes);
        cwndFraction = 0;
    }

    /** By a negative amount it shrinks, to one segment at least. */
    final void growCwnd(double bytes) {
        cwndFraction += bytes;
        long whole = (long) cwndFraction;
        cwndFraction -= whole;
        cwndBytes = Math.max(mssBytes, cwndBytes + whole);
    }

    /** RFC 6928 section 2. */
    static long initialWindowBytes(int mssBytes) {
        return Math.min(INITIAL_SEGMENTS * mssBytes, Math.max(MIN_SEGMENTS * mssBytes, INITIAL_BYTES));
    }

    /** RFC 6928 section 2: who loses some of more than 4 KB sent at once begins with the window of RFC 3390 next time. */
    private void noteLossAtStart(long inFlightBytes) {
        startWasTooMuch |= startLeftBytes > 0 && inFlightBytes > CAUTIOUS_BYTES;
    }

    private long cautiousWindowBytes() {
        return Math.min(CAUTIOUS_SEGMENTS * mssBytes, Math.max(MIN_SEGMENTS * mssBytes, CAUTIOUS_BYTES));
    }

    /**
     * Byte counting without limit, as ACKs may be few and large. The exception is what was in flight at a timeout: one ACK may cover much of
     * it that left the network long ago, so it counts for one segment (RFC 3465 section 2.3).
     */
    private long limitAfterTimeout(AckSample sample, long bytes) {
        if (timeoutSndNxtSsn < 0) {
            timeoutSndNxtSsn = sample.sndNxtSsn;
        }
        if (sample.sndUnaSsn >= timeoutSndNxtSsn) {
            afterTimeout = false;
        }
        return Math.min(bytes, mssBytes);
    }

    /** @return the bytes left over for congestion avoidance when the threshold is reached */
    private long slowStart(AckSample sample, long bytes) {
        int divisor = 1;
        if (ssthreshBytes == Long.MAX_VALUE) {
            hyStart = hyStart == null ? new HyStart() : hyStart;
            divisor = hyStart.onAck(sample);
            if (divisor == HyStart.LEAVE) {
                hyStart = null;
                setSsthresh(cwndBytes);
                return bytes;
            }
        }
        long growth = Math.min(bytes / divisor, ssthreshBytes - cwndBytes);
        cwndBytes += growth;
        return bytes - growth * divisor;
    }

    private void saveForUndo() {
        undo = new Windows(cwndBytes, ssthreshBytes);
        saveAvoidanceState();
    }
}
