package io.mptcp.cc;

/**
 * CUBIC (RFC 9438): after a loss the window climbs back to where the loss happened, lingers there, and then probes further, as a cubic
 * function of the time since the loss, and so independent of the round-trip time. The names of the variables are those of the RFC; windows
 * are in bytes instead of segments.
 */
final class Cubic extends LossBasedController {
    static final String NAME = "cubic";

    private static final double C = 0.4;
    private static final double BETA = 0.7;
    /** Makes W_est as aggressive on average as Reno, which halves where CUBIC only takes off 30 % (RFC 9438 section 4.3). */
    private static final double ALPHA = 3 * (1 - BETA) / (1 + BETA);
    private static final double NANOS_PER_SECOND = 1e9;
    private static final long NOT_STARTED = Long.MIN_VALUE;

    /** The curve that cwnd follows from a reduction to the next. */
    private static final class Curve {
        /** Window just before the last reduction, after fast convergence; 0 when there is none to climb back to. */
        private double wMaxBytes;
        private double cwndPriorBytes;
        /** When this congestion avoidance stage began, moved on by the time in which cwnd was not used up. */
        private long epochStartNanos = NOT_STARTED;
        /** Seconds from the start of the epoch until the curve is back at W_max. */
        private double kSeconds;
        /** What Reno would have reached by now. */
        private double wEstBytes;
        /** When it was followed last; not part of what can be undone. */
        private long lastAckNanos;

        private void set(Curve other) {
            wMaxBytes = other.wMaxBytes;
            cwndPriorBytes = other.cwndPriorBytes;
            epochStartNanos = other.epochStartNanos;
            kSeconds = other.kSeconds;
            wEstBytes = other.wEstBytes;
        }

        /** W_cubic(t), in bytes (RFC 9438 section 4.2, figure 1). */
        private double wCubic(double seconds, int mssBytes) {
            double sinceK = seconds - kSeconds;
            return C * sinceK * sinceK * sinceK * mssBytes + wMaxBytes;
        }
    }

    /** Null until slow start is over: most connections never come that far. */
    private Curve curve;
    /** What it was before the last reduction; null until there is one. */
    private Curve undoCurve;

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public void onIdleRestart(long nowNanos) {
        super.onIdleRestart(nowNanos);
        if (curve != null) {
            curve.epochStartNanos = NOT_STARTED;
        }
    }

    @Override
    void avoidCongestion(AckSample sample, long bytes, boolean cwndLimited) {
        long now = sample.nowNanos;
        Curve current = curve();
        if (current.epochStartNanos == NOT_STARTED) {
            startEpoch(now);
        } else if (!cwndLimited) {
            // RFC 9438 section 4.2: the time in which cwnd was not what limited the sender does not count.
            current.epochStartNanos += now - current.lastAckNanos;
        }
        current.lastAckNanos = now;
        if (!cwndLimited) {
            return;
        }
        double cwnd = cwndBytes();
        double acked = Math.min(bytes, cwnd);
        double alpha = current.wEstBytes >= current.cwndPriorBytes ? 1 : ALPHA;
        current.wEstBytes += alpha * mssBytes() * acked / cwnd;
        double seconds = (now - current.epochStartNanos) / NANOS_PER_SECOND;
        if (current.wCubic(seconds, mssBytes()) < current.wEstBytes) {
            growCwnd(Math.max(0, current.wEstBytes - cwnd));
        } else {
            double target = Math.clamp(current.wCubic(seconds + sample.srttNanos / NANOS_PER_SECOND, mssBytes()), cwnd, 1.5 * cwnd);
            growCwnd((target - cwnd) / cwnd * acked);
        }
    }

    private Curve curve() {
        if (curve == null) {
            curve = new Curve();
        }
        return curve;
    }

    private void startEpoch(long nowNanos) {
        curve.epochStartNanos = nowNanos;
        double cwnd = cwndBytes();
        curve.wEstBytes = cwnd;
        if (cwnd < curve.wMaxBytes) {
            // StrictMath: the same on every machine, so that a run can be repeated elsewhere.
            curve.kSeconds = StrictMath.cbrt((curve.wMaxBytes - cwnd) / mssBytes() / C);
        } else {
            curve.kSeconds = 0;
            curve.wMaxBytes = cwnd;
        }
    }

    @Override
    void reduce(long inFlightBytes) {
        Curve current = curve();
        double cwnd = cwndBytes();
        // RFC 9438 section 4.7: a loss below the last maximum means that others want a share; leave some room at once.
        current.wMaxBytes = cwnd < current.wMaxBytes ? cwnd * (1 + BETA) / 2 : cwnd;
        current.cwndPriorBytes = cwnd;
        current.epochStartNanos = NOT_STARTED;
        setSsthresh((long) (inFlightBytes * BETA));
    }

    @Override
    void reduceAfterTimeout(long inFlightBytes) {
        Curve current = curve();
        current.cwndPriorBytes = cwndBytes();
        // RFC 9438 section 4.8: the stage after a timeout starts with K = 0 and W_max = cwnd.
        current.wMaxBytes = 0;
        current.epochStartNanos = NOT_STARTED;
        setSsthresh((long) (inFlightBytes * BETA));
    }

    @Override
    void forgetLastMaximum() {
        curve.wMaxBytes = 0;
        curve.epochStartNanos = NOT_STARTED;
    }

    @Override
    void saveAvoidanceState() {
        undoCurve = undoCurve == null ? new Curve() : undoCurve;
        undoCurve.set(curve());
    }

    @Override
    void restoreAvoidanceState() {
        curve().set(undoCurve);
    }
}
