package io.mptcp.cc;

/**
 * BBR version 3 (draft-ietf-ccwg-bbr): sends at the rate the path was measured to deliver, with little more in flight than that rate fills the round
 * trip with, instead of filling the queue until something is lost. Single losses do not slow it down; more than 2 % of them while it probes do.
 * The names of variables and steps are the draft's; sizes are in bytes.
 *
 * <p>An ECN echo, to which the draft gives no answer but that it counts as congestion, is answered as too much loss is.
 */
final class Bbr implements CongestionController {
    static final String NAME = "bbr";

    /** What is done in each state: pacing gain, and cwnd gain. */
    enum State {
        STARTUP(2.77, 2),
        DRAIN(0.5, 2),
        PROBE_BW_DOWN(0.90, 2),
        PROBE_BW_CRUISE(1, 2),
        PROBE_BW_REFILL(1, 2),
        PROBE_BW_UP(1.25, 2.25),
        PROBE_RTT(1, 0.5);

        final double pacingGain;
        final double cwndGain;

        State(double pacingGain, double cwndGain) {
            this.pacingGain = pacingGain;
            this.cwndGain = cwndGain;
        }

        boolean isProbeBw() {
            return this == PROBE_BW_DOWN || this == PROBE_BW_CRUISE || this == PROBE_BW_REFILL || this == PROBE_BW_UP;
        }
    }

    /** What the acknowledgments that come mean for the probing of bandwidth. */
    private enum AckPhase { INIT, REFILLING, PROBE_STARTING, PROBE_FEEDBACK, PROBE_STOPPING }

    private static final double HEADROOM = 0.15;
    private static final int MIN_PIPE_SEGMENTS = 4;
    private static final double PACING_MARGIN = 0.99;
    private static final int STARTUP_FULL_LOSS_COUNT = 6;
    private static final int MAX_DRAIN_ROUNDS = 3;
    private static final long PROBE_RTT_NANOS = 200_000_000L;
    private static final long MIN_PROBE_WAIT_NANOS = 2_000_000_000L;
    private static final long PROBE_WAIT_SPREAD_NANOS = 1_000_000_000L;
    private static final int MAX_RENO_ROUNDS = 63;
    private static final int MAX_UP_ROUNDS = 30;
    private static final long QUANTUM_NANOS = 1_000_000L;
    private static final int MAX_QUANTUM_BYTES = 64 << 10;
    private static final int OFFLOAD_QUANTA = 3;
    private static final double NANOS_PER_SECOND = 1e9;

    private final BbrFullPipe fullPipe = new BbrFullPipe();
    private final BbrMinRtt minRtt = new BbrMinRtt();
    private final BbrAggregation aggregation = new BbrAggregation();
    private final BbrModel model = new BbrModel();

    private int mssBytes = 536;
    private double cwndBytes = 10 * 536;
    private double initialCwndBytes = cwndBytes;
    private double priorCwndBytes;
    private double pacingBytesPerSecond;
    private boolean recovering;
    /** State of the draws for {@link #pickProbeWait}. */
    private long chance;

    private State state = State.STARTUP;
    /** What a loss ended, {@link State#STARTUP} or {@link State#PROBE_BW_UP}, should it prove spurious; null if it did not end any. */
    private State undoState;
    private AckPhase ackPhase = AckPhase.INIT;
    private long roundCount;
    private boolean roundStart;
    private long nextRoundDeliveredBytes;
    private boolean idleRestart;
    private long drainStartRound;

    /** Startup has been in recovery since before this round trip. */
    private boolean recoveringForARound;

    // Probing for bandwidth.
    private boolean bwProbeSample;
    private double bwProbeUpAckedBytes;
    private double probeUpAckedPerIncBytes = BbrModel.INFINITE;
    private int bwProbeUpRounds;
    private long roundsSinceProbeUp;
    private long bwProbeWaitNanos;
    private long cycleStampNanos;
    private boolean prevProbeTooHigh;
    private boolean prevProbePrecautionary;

    private long probeRttDoneNanos;
    private boolean probeRttRoundDone;

    @Override
    public String name() {
        return NAME;
    }

    State state() {
        return state;
    }

    @Override
    public boolean measuresRate() {
        return true;
    }

    @Override
    public boolean reducesProportionally() {
        return false;
    }

    @Override
    public boolean holdsBack() {
        return state == State.PROBE_RTT;
    }

    @Override
    public boolean inSlowStart() {
        return state == State.STARTUP;
    }

    @Override
    public long cwndBytes() {
        return (long) cwndBytes;
    }

    @Override
    public long ssthreshBytes() {
        return Long.MAX_VALUE;
    }

    @Override
    public boolean isPaced() {
        return true;
    }

    @Override
    public long pacingBytesPerSecond() {
        return (long) pacingBytesPerSecond;
    }

    // ---- what happens ----

    @Override
    public void onEstablished(long nowNanos, int mssBytes, boolean synRetransmitted) {
        this.mssBytes = mssBytes;
        cwndBytes = synRetransmitted ? mssBytes : LossBasedController.initialWindowBytes(mssBytes);
        initialCwndBytes = cwndBytes;
        chance = nowNanos;
        minRtt.begin(nowNanos);
        aggregation.restart(nowNanos);
    }

    @Override
    public void onMssChange(int mssBytes) {
        this.mssBytes = mssBytes;
        cwndBytes = Math.max(cwndBytes, mssBytes);
    }

    @Override
    public void onAck(AckSample sample) {
        if (recovering && !sample.recovering) {
            recovering = false;
            restoreCwnd();
        }
        RateSample rate = sample.rate;
        model.beginAck(rate);
        updateRound(rate);
        if (model.isLossRoundStart()) {
            endLossRound(rate);
        }
        aggregation.onAck(sample.nowNanos, model.bw, rate.newlyAckedBytes, cwndBytes(), roundCount, !fullPipe.wasReached());
        if (roundStart && !rate.appLimited) {
            fullPipe.onRound(rate.bytesPerSecond);
        }
        checkStartupDone();
        checkDrainDone(sample);
        updateProbeBwCyclePhase(sample);
        minRtt.onAck(sample.nowNanos, sample.rttNanos);
        checkProbeRtt(sample);
        model.finishAck(rate);
        setPacingRate(sample.srttNanos);
        setCwnd(rate);
    }

    @Override
    public void onSegmentLost(long nowNanos, LostSegment lost) {
        noteLoss(lost.totalDeliveredBytes);
        model.noteLostRange(lost.startSsn, lost.startSsn + lost.bytes);
        if (bwProbeSample && BbrModel.isInflightTooHigh(lost.lostBytes, lost.inFlightAtSendBytes, lost.selectiveAcks)) {
            handleInflightTooHigh(nowNanos, BbrModel.inflightAtLoss(lost), lost.appLimited, lost.totalDeliveredBytes);
        }
    }

    @Override
    public void onLoss(long nowNanos, long inFlightBytes) {
        saveCwnd();
        recovering = true;
    }

    @Override
    public void onRetransmissionTimeout(long nowNanos, long inFlightBytes, boolean first) {
        saveCwnd();
        recovering = true;
        cwndBytes = mssBytes;
    }

    /** HandleSpuriousLossDetection. */
    @Override
    public void onSpuriousLoss(long nowNanos) {
        recovering = false;
        restoreCwnd();
        model.undoLoss();
        fullPipe.restart(0);
        if (undoState == State.STARTUP && state != State.STARTUP) {
            fullPipe.setReached(false);
            if (state != State.PROBE_RTT) {
                state = State.STARTUP;
            }
        } else if (undoState == State.PROBE_BW_UP && state != State.PROBE_BW_UP && state != State.PROBE_RTT) {
            startProbeBwRefill(nextRoundDeliveredBytes);
        }
        undoState = null;
    }

    @Override
    public void onEcnEcho(long nowNanos, long inFlightBytes) {
        noteLoss(nextRoundDeliveredBytes);
        if (state == State.STARTUP) {
            leaveStartup();
        } else if (bwProbeSample) {
            handleInflightTooHigh(nowNanos, inFlightBytes, false, nextRoundDeliveredBytes);
        }
    }

    /** cwnd stays: pacing at the estimated rate takes the place of slow start (draft, "Restarting From Idle"). */
    @Override
    public void onIdleRestart(long nowNanos) {
        // See onRestart.
    }

    @Override
    public void onRestart(long nowNanos) {
        idleRestart = true;
        aggregation.restart(nowNanos);
        if (state.isProbeBw()) {
            setPacingRateWithGain(1);
        } else if (state == State.PROBE_RTT) {
            checkProbeRttDone(nowNanos, nextRoundDeliveredBytes);
        }
    }

    // ---- rounds and losses ----

    private void updateRound(RateSample rate) {
        roundStart = rate.hasData && rate.priorDeliveredBytes >= nextRoundDeliveredBytes;
        if (roundStart) {
            startRound(rate.totalDeliveredBytes);
            roundCount++;
            roundsSinceProbeUp++;
        }
    }

    private void startRound(long totalDeliveredBytes) {
        nextRoundDeliveredBytes = totalDeliveredBytes;
    }

    private void endLossRound(RateSample rate) {
        checkStartupHighLoss(rate);
        model.endLossRound(state == State.STARTUP || state == State.PROBE_BW_REFILL || state == State.PROBE_BW_UP, cwndBytes);
        recoveringForARound = recovering;
    }

    private void noteLoss(long totalDeliveredBytes) {
        if (model.noteLoss(totalDeliveredBytes)) {
            saveCwnd();
            undoState = null;
        }
    }

    private void handleInflightTooHigh(long nowNanos, double inFlightBytes, boolean appLimited, long totalDeliveredBytes) {
        prevProbeTooHigh = true;
        bwProbeSample = false;
        if (!appLimited) {
            model.inflightLongterm = Math.max(inFlightBytes, targetInflight() * BbrModel.BETA);
        }
        if (state == State.PROBE_BW_UP) {
            undoState = State.PROBE_BW_UP;
            startProbeBwDown(nowNanos, totalDeliveredBytes);
        }
    }

    // ---- Startup and Drain ----

    private void checkStartupHighLoss(RateSample rate) {
        if (state != State.STARTUP || fullPipe.wasReached() || !recovering) {
            return;
        }
        boolean many = recoveringForARound && model.lossRangesInRound() >= STARTUP_FULL_LOSS_COUNT || !rate.selectiveAcks;
        if (many && BbrModel.isInflightTooHigh(rate.lostBytes, rate.inFlightAtSendBytes, rate.selectiveAcks)) {
            leaveStartup();
        }
    }

    private void leaveStartup() {
        undoState = State.STARTUP;
        fullPipe.setReached(true);
        model.inflightLongterm = Math.max(bdpMultiple(1), model.inflightLatest());
    }

    private void checkStartupDone() {
        if (state == State.STARTUP && fullPipe.wasReached()) {
            state = State.DRAIN;
            drainStartRound = roundCount;
        }
    }

    private void checkDrainDone(AckSample sample) {
        if (state == State.DRAIN && (sample.inFlightBytes <= inflight(1) || roundCount > drainStartRound + MAX_DRAIN_ROUNDS)) {
            startProbeBwDown(sample.nowNanos, sample.rate.totalDeliveredBytes);
        }
    }

    // ---- ProbeBW ----

    private void updateProbeBwCyclePhase(AckSample sample) {
        if (!fullPipe.wasReached() || adaptLongTermModel(sample) || !sample.rate.hasData) {
            return;
        }
        long delivered = sample.rate.totalDeliveredBytes;
        switch (state) {
            case PROBE_BW_DOWN -> {
                if (isTimeToProbeBw(sample.nowNanos)) {
                    startProbeBwRefill(delivered);
                } else if (sample.inFlightBytes <= Math.min(inflightWithHeadroom(), quantized(model.maxBw() * minRttSeconds()))) {
                    state = State.PROBE_BW_CRUISE;
                }
            }
            case PROBE_BW_CRUISE -> {
                if (isTimeToProbeBw(sample.nowNanos)) {
                    startProbeBwRefill(delivered);
                }
            }
            case PROBE_BW_REFILL -> {
                if (roundStart) {
                    bwProbeSample = true;
                    startProbeBwUp(sample.rate);
                }
            }
            case PROBE_BW_UP -> {
                if (isTimeToGoDown(sample)) {
                    prevProbeTooHigh = false;
                    startProbeBwDown(sample.nowNanos, delivered);
                }
            }
            default -> {
            }
        }
    }

    private void startProbeBwDown(long nowNanos, long totalDeliveredBytes) {
        model.resetCongestionSignals();
        probeUpAckedPerIncBytes = BbrModel.INFINITE;
        pickProbeWait();
        cycleStampNanos = nowNanos;
        ackPhase = AckPhase.PROBE_STOPPING;
        startRound(totalDeliveredBytes);
        state = State.PROBE_BW_DOWN;
    }

    private void startProbeBwRefill(long totalDeliveredBytes) {
        model.resetShortTermModel();
        bwProbeUpRounds = 0;
        bwProbeUpAckedBytes = 0;
        prevProbePrecautionary = false;
        ackPhase = AckPhase.REFILLING;
        startRound(totalDeliveredBytes);
        state = State.PROBE_BW_REFILL;
    }

    private void startProbeBwUp(RateSample rate) {
        ackPhase = AckPhase.PROBE_STARTING;
        startRound(rate.totalDeliveredBytes);
        fullPipe.restart(rate.bytesPerSecond);
        state = State.PROBE_BW_UP;
        raiseInflightLongtermSlope();
    }

    private boolean isTimeToProbeBw(long nowNanos) {
        double renoRounds = Math.min(targetInflight() / mssBytes, MAX_RENO_ROUNDS);
        return nowNanos > cycleStampNanos + bwProbeWaitNanos || roundsSinceProbeUp >= renoRounds;
    }

    /** Chance, so that flows do not probe all at once; drawn from the time, the same for the same run. */
    private void pickProbeWait() {
        chance = (chance ^ cycleStampNanos ^ roundCount) * 0x9E3779B97F4A7C15L;
        chance ^= chance >>> 29;
        roundsSinceProbeUp = chance >>> 63;
        bwProbeWaitNanos = MIN_PROBE_WAIT_NANOS + (chance >>> 1) % PROBE_WAIT_SPREAD_NANOS;
    }

    private boolean isTimeToGoDown(AckSample sample) {
        // Before this ACK, and in whole segments: as much as it lets in flight.
        boolean reached = sample.inFlightBytes + sample.rate.newlyAckedBytes + mssBytes > model.inflightLongterm;
        if (prevProbeTooHigh && reached) {
            prevProbePrecautionary = true;
            return true;
        }
        if (!sample.appLimited && cwndBytes >= model.inflightLongterm) {
            fullPipe.restart(sample.rate.bytesPerSecond); // what limits the rate is inflight_longterm
            return false;
        }
        return fullPipe.isFullNow();
    }

    /** AdaptLongTermModel. @return whether it has decided on the next state */
    private boolean adaptLongTermModel(AckSample sample) {
        RateSample rate = sample.rate;
        if (ackPhase == AckPhase.PROBE_STARTING && roundStart) {
            ackPhase = AckPhase.PROBE_FEEDBACK;
        }
        if (ackPhase == AckPhase.PROBE_STOPPING && roundStart) {
            bwProbeSample = false;
            ackPhase = AckPhase.INIT;
            if (state.isProbeBw() && !rate.appLimited) {
                model.advanceMaxBwFilter();
            }
            if (state.isProbeBw() && prevProbePrecautionary && !prevProbeTooHigh) {
                startProbeBwRefill(rate.totalDeliveredBytes);
                return true;
            }
        }
        if (model.inflightLongterm < BbrModel.INFINITE && !BbrModel.isInflightTooHigh(rate.lostBytes, rate.inFlightAtSendBytes, rate.selectiveAcks)) {
            model.inflightLongterm = Math.max(model.inflightLongterm, rate.inFlightAtSendBytes);
            if (state == State.PROBE_BW_UP) {
                probeInflightLongtermUpward(sample);
            }
        }
        return false;
    }

    private void raiseInflightLongtermSlope() {
        long growthThisRound = 1L << bwProbeUpRounds;
        bwProbeUpRounds = Math.min(bwProbeUpRounds + 1, MAX_UP_ROUNDS);
        probeUpAckedPerIncBytes = Math.max(cwndBytes / growthThisRound, mssBytes);
    }

    private void probeInflightLongtermUpward(AckSample sample) {
        if (sample.appLimited || cwndBytes < model.inflightLongterm) {
            return; // not used up
        }
        bwProbeUpAckedBytes += sample.rate.newlyAckedBytes;
        if (bwProbeUpAckedBytes >= probeUpAckedPerIncBytes) {
            long delta = (long) (bwProbeUpAckedBytes / probeUpAckedPerIncBytes);
            bwProbeUpAckedBytes -= delta * probeUpAckedPerIncBytes;
            model.inflightLongterm += (double) delta * mssBytes;
        }
        if (roundStart) {
            raiseInflightLongtermSlope();
        }
    }

    // ---- ProbeRTT ----

    private void checkProbeRtt(AckSample sample) {
        long delivered = sample.rate.totalDeliveredBytes;
        if (state != State.PROBE_RTT && minRtt.isExpired() && !idleRestart) {
            saveCwnd();
            state = State.PROBE_RTT;
            probeRttDoneNanos = 0;
            ackPhase = AckPhase.PROBE_STOPPING;
            startRound(delivered);
        }
        if (state == State.PROBE_RTT) {
            handleProbeRtt(sample);
        }
        if (sample.rate.deliveredBytes > 0) {
            idleRestart = false;
        }
    }

    private void handleProbeRtt(AckSample sample) {
        long delivered = sample.rate.totalDeliveredBytes;
        if (probeRttDoneNanos == 0) {
            if (sample.inFlightBytes <= probeRttCwnd()) {
                probeRttDoneNanos = sample.nowNanos + PROBE_RTT_NANOS;
                probeRttRoundDone = false;
                startRound(delivered);
            }
            return;
        }
        probeRttRoundDone |= roundStart;
        if (probeRttRoundDone) {
            checkProbeRttDone(sample.nowNanos, delivered);
        }
    }

    private void checkProbeRttDone(long nowNanos, long totalDeliveredBytes) {
        if (probeRttDoneNanos == 0 || nowNanos <= probeRttDoneNanos) {
            return;
        }
        minRtt.onProbed(nowNanos);
        restoreCwnd();
        model.resetShortTermModel();
        if (fullPipe.wasReached()) {
            startProbeBwDown(nowNanos, totalDeliveredBytes);
            state = State.PROBE_BW_CRUISE;
        } else {
            state = State.STARTUP;
        }
    }

    // ---- rate and window ----

    private void setPacingRate(long srttNanos) {
        if (pacingBytesPerSecond == 0 && srttNanos > 0) {
            pacingBytesPerSecond = State.STARTUP.pacingGain * initialCwndBytes * NANOS_PER_SECOND / srttNanos;
        }
        setPacingRateWithGain(state.pacingGain);
    }

    private void setPacingRateWithGain(double gain) {
        double rate = gain * model.bw * PACING_MARGIN;
        if (rate > 0 && (fullPipe.wasReached() || rate > pacingBytesPerSecond)) {
            pacingBytesPerSecond = Math.max(1, rate);
        }
    }

    private void setCwnd(RateSample rate) {
        double maxInflight = quantized(bdpMultiple(state.cwndGain) + aggregation.extraAckedBytes());
        if (fullPipe.wasReached()) {
            cwndBytes = Math.min(cwndBytes + rate.newlyAckedBytes, maxInflight);
        } else if (cwndBytes < maxInflight || rate.totalDeliveredBytes < initialCwndBytes) {
            cwndBytes += rate.newlyAckedBytes;
        }
        cwndBytes = Math.max(cwndBytes, minPipeCwnd());
        if (state == State.PROBE_RTT) {
            cwndBytes = Math.min(cwndBytes, probeRttCwnd());
        }
        cwndBytes = Math.min(cwndBytes, Math.max(minPipeCwnd(), modelCap()));
    }

    /** BoundCwndForModel: what losses in this cycle of probing and the last say. */
    private double modelCap() {
        double cap = BbrModel.INFINITE;
        if (state == State.PROBE_RTT || state == State.PROBE_BW_CRUISE) {
            cap = inflightWithHeadroom();
        } else if (state.isProbeBw()) {
            cap = model.inflightLongterm;
        }
        return Math.min(cap, model.inflightShortterm);
    }

    private double inflightWithHeadroom() {
        double longterm = model.inflightLongterm;
        return longterm == BbrModel.INFINITE ? longterm : Math.max(longterm - Math.max(mssBytes, HEADROOM * longterm), minPipeCwnd());
    }

    private double targetInflight() {
        return Math.min(bdpMultiple(1), cwndBytes);
    }

    private double bdpMultiple(double gain) {
        return minRtt.minRttNanos() == BbrMinRtt.UNKNOWN ? initialCwndBytes : gain * model.bw * minRttSeconds();
    }

    private double minRttSeconds() {
        return minRtt.minRttNanos() == BbrMinRtt.UNKNOWN ? 0 : minRtt.minRttNanos() / NANOS_PER_SECOND;
    }

    private double inflight(double gain) {
        return quantized(bdpMultiple(gain));
    }

    /** QuantizationBudget: room for what is sent and received at once. */
    private double quantized(double bytes) {
        double quantum = Math.max(2.0 * mssBytes, Math.min(pacingBytesPerSecond * QUANTUM_NANOS / NANOS_PER_SECOND, MAX_QUANTUM_BYTES));
        double cap = Math.max(Math.max(bytes, OFFLOAD_QUANTA * quantum), minPipeCwnd());
        return state == State.PROBE_BW_UP ? cap + 2.0 * mssBytes : cap;
    }

    private double probeRttCwnd() {
        return Math.max(bdpMultiple(State.PROBE_RTT.cwndGain), minPipeCwnd());
    }

    private double minPipeCwnd() {
        return (double) MIN_PIPE_SEGMENTS * mssBytes;
    }

    private void saveCwnd() {
        boolean modulated = recovering || state == State.PROBE_RTT;
        priorCwndBytes = modulated ? Math.max(priorCwndBytes, cwndBytes) : cwndBytes;
    }

    private void restoreCwnd() {
        cwndBytes = Math.max(cwndBytes, priorCwndBytes);
    }
}
