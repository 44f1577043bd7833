package io.mptcp.cc;

/**
 * HyStart++ (RFC 9406): ends the first slow start when the round-trip time rises, before the queue overflows. A rise first leads to
 * conservative slow start for some rounds; if the round-trip time falls again, it was a false alarm.
 *
 * <p>When a rise is seen the window has doubled once more since what shows it was sent: it holds more than the path already, and with a queue of one
 * bandwidth-delay product most of any further growth is lost. So conservative slow start hardly grows here, and lasts one whole round (RFC 9406 section
 * 4.3 suggests a quarter of the growth for five rounds, and lets that be tuned). Two connections that start together also come out of it with shares
 * that differ less: Linux's leaves slow start at once. As the window nearly stands still, the queue does, too: only where the rise is gone, not
 * merely smaller, was it an alarm for nothing.
 */
final class HyStart {
    /** Answer of {@link #onAck}: slow start is over. */
    static final int LEAVE = -1;

    // The constants of RFC 9406 section 4.3, but for those of conservative slow start. Its limit L is infinite: ACKs may be few and large.
    private static final long MIN_RTT_THRESH_NANOS = 4_000_000;
    private static final long MAX_RTT_THRESH_NANOS = 16_000_000;
    private static final int MIN_RTT_DIVISOR = 8;
    private static final int N_RTT_SAMPLE = 8;
    private static final int CSS_GROWTH_DIVISOR = 16;
    private static final int CSS_ROUNDS = 2;

    private static final long NONE = Long.MAX_VALUE;

    private long roundEndSsn = -1;
    private long lastRoundMinRttNanos = NONE;
    private long roundMinRttNanos = NONE;
    private int samplesInRound;
    /** From which round-trip time on it counts as risen, in conservative slow start; {@link #NONE} outside it. */
    private long risenNanos = NONE;
    private int cssRounds;

    /** @return by how much the growth of slow start is divided for this ACK, or {@link #LEAVE} */
    int onAck(AckSample sample) {
        boolean roundOver = roundEndSsn >= 0 && sample.sndUnaSsn >= roundEndSsn;
        if (roundOver || roundEndSsn < 0) {
            startRound(sample.sndNxtSsn);
        }
        if (roundOver && inConservativeSlowStart() && ++cssRounds >= CSS_ROUNDS) {
            return LEAVE;
        }
        if (sample.rttNanos > 0) {
            roundMinRttNanos = Math.min(roundMinRttNanos, sample.rttNanos);
            samplesInRound++;
        }
        if (samplesInRound >= N_RTT_SAMPLE) {
            judgeRound();
        }
        return inConservativeSlowStart() ? CSS_GROWTH_DIVISOR : 1;
    }

    /** The round-trip time has risen, and not come down again. */
    boolean inConservativeSlowStart() {
        return risenNanos != NONE;
    }

    private void startRound(long sndNxtSsn) {
        roundEndSsn = sndNxtSsn;
        lastRoundMinRttNanos = roundMinRttNanos;
        roundMinRttNanos = NONE;
        samplesInRound = 0;
    }

    private void judgeRound() {
        if (inConservativeSlowStart()) {
            if (roundMinRttNanos < risenNanos) {
                risenNanos = NONE;
            }
        } else if (lastRoundMinRttNanos != NONE) {
            long threshold = Math.clamp(lastRoundMinRttNanos / MIN_RTT_DIVISOR, MIN_RTT_THRESH_NANOS, MAX_RTT_THRESH_NANOS);
            if (roundMinRttNanos >= lastRoundMinRttNanos + threshold) {
                risenNanos = lastRoundMinRttNanos + threshold;
                cssRounds = 0;
            }
        }
    }
}
