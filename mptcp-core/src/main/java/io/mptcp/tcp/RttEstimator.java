package io.mptcp.tcp;

/**
 * Round-trip time and retransmission timeout of one subflow (RFC 6298), in nanoseconds.
 *
 * <p>Every ACK may bring a sample, many in one round trip. So that the variance does not fade away within a round, it grows with any
 * sample but shrinks only once a round, by the largest deviation of that round; with one sample a round this is RFC 6298 to the letter.
 * As in Linux the minimum is kept as a margin above SRTT ({@code RTO = SRTT + max(minRto, 4 * RTTVAR)}): a steady path would otherwise
 * bring the RTO down to SRTT, where any delayed ACK makes it fire.
 */
public final class RttEstimator {
    /** RFC 6298 (2.1). */
    private static final long INITIAL_RTO_NANOS = 1_000_000_000L;
    /** RFC 6298 (5.7): after a lost SYN, until there is a sample. */
    private static final long FALLBACK_RTO_NANOS = 3_000_000_000L;
    /** The minimum is that of the last 10 to 20 seconds: of the current window and the one before. */
    private static final long MIN_RTT_WINDOW_NANOS = 10_000_000_000L;

    private final long minRtoNanos;
    private final long maxRtoNanos;
    private long srttNanos;
    private long rttVarNanos;
    private int backoffs;
    private boolean synTimedOut;

    private long roundEndNanos;
    private long roundDeviationNanos;
    private boolean grownInRound;

    private long windowEndNanos;
    private long windowMinNanos = Long.MAX_VALUE;
    private long previousWindowMinNanos = Long.MAX_VALUE;

    /** RFC 6298, with these bounds of the retransmission timeout. */
    public RttEstimator(long minRtoNanos, long maxRtoNanos) {
        if (minRtoNanos <= 0 || minRtoNanos > maxRtoNanos) {
            throw new IllegalArgumentException("RTO bounds must satisfy 0 < minimum (" + minRtoNanos + ") <= maximum (" + maxRtoNanos + ")");
        }
        this.minRtoNanos = minRtoNanos;
        this.maxRtoNanos = maxRtoNanos;
    }

    /**
     * Takes in a measurement; it also ends the backoff of the timeout. Karn's rule is the caller's: no sample from a segment sent twice,
     * unless timestamps tell which transmission was acknowledged (RFC 6298 section 3).
     */
    public void onSample(long nowNanos, long rttNanos) {
        long sample = Math.max(rttNanos, 1);
        backoffs = 0;
        updateMinimum(nowNanos, sample);
        if (srttNanos == 0) {
            srttNanos = sample;
            rttVarNanos = sample / 2;
            startRound(nowNanos);
            return;
        }
        // RFC 6298 (2.3): the variance first, with the SRTT from before this sample.
        updateVariance(Math.abs(srttNanos - sample));
        if (nowNanos >= roundEndNanos) {
            endRound();
            srttNanos = smoothed(sample);
            startRound(nowNanos);
        } else {
            srttNanos = smoothed(sample);
        }
    }

    /** Whether there has been a sample. */
    public boolean hasSample() {
        return srttNanos != 0;
    }

    /** Smoothed round-trip time, 0 before the first sample. */
    public long srttNanos() {
        return srttNanos;
    }

    /** RTTVAR of RFC 6298, 0 before the first sample. */
    public long rttVarNanos() {
        return rttVarNanos;
    }

    /** Smallest sample of the last ten seconds or a little more, 0 before the first. */
    public long minRttNanos() {
        long min = Math.min(windowMinNanos, previousWindowMinNanos);
        return min == Long.MAX_VALUE ? 0 : min;
    }

    /** The retransmission timeout, backoff included. */
    public long rtoNanos() {
        long initial = synTimedOut ? FALLBACK_RTO_NANOS : INITIAL_RTO_NANOS;
        long base = srttNanos == 0 ? initial : srttNanos + Math.max(minRtoNanos, 4 * rttVarNanos);
        long clamped = Math.clamp(base, minRtoNanos, maxRtoNanos);
        return clamped > maxRtoNanos >> backoffs ? maxRtoNanos : clamped << backoffs;
    }

    /** The timer has expired: twice the timeout from now on (RFC 6298 (5.5)). */
    public void backoff() {
        if (rtoNanos() < maxRtoNanos) {
            backoffs++;
        }
    }

    /** A SYN had to be sent again: the round trip may well be longer than a second (RFC 6298 (5.7)). */
    public void onSynTimeout() {
        synTimedOut = true;
    }

    /** The path answers again although no sample could be taken. */
    public void resetBackoff() {
        backoffs = 0;
    }

    private long smoothed(long sample) {
        return Math.max(1, srttNanos + (sample - srttNanos) / 8);
    }

    private void updateVariance(long deviationNanos) {
        if (deviationNanos > rttVarNanos) {
            rttVarNanos += (deviationNanos - rttVarNanos) / 4;
            grownInRound = true;
        } else {
            roundDeviationNanos = Math.max(roundDeviationNanos, deviationNanos);
        }
    }

    private void startRound(long nowNanos) {
        roundEndNanos = nowNanos + srttNanos;
        roundDeviationNanos = 0;
        grownInRound = false;
    }

    private void endRound() {
        if (!grownInRound) {
            rttVarNanos -= (rttVarNanos - roundDeviationNanos) / 4;
        }
    }

    private void updateMinimum(long nowNanos, long sample) {
        if (windowMinNanos == Long.MAX_VALUE) {
            windowEndNanos = nowNanos + MIN_RTT_WINDOW_NANOS;
        } else if (nowNanos >= windowEndNanos) {
            // After a pause of more than a window the one before says nothing any more.
            boolean stale = nowNanos - windowEndNanos >= MIN_RTT_WINDOW_NANOS;
            previousWindowMinNanos = stale ? Long.MAX_VALUE : windowMinNanos;
            windowMinNanos = Long.MAX_VALUE;
            windowEndNanos = nowNanos + MIN_RTT_WINDOW_NANOS;
        }
        windowMinNanos = Math.min(windowMinNanos, sample);
    }
}
