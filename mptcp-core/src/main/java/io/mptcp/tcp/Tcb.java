package io.mptcp.tcp;

import io.mptcp.buffer.RangeSet;
import io.mptcp.buffer.SegmentLog;
import io.mptcp.cc.CongestionController;
import io.mptcp.wire.PacketSlot;
import io.mptcp.wire.TcpSegment;

/**
 * Transmission control block: the state of one TCP connection, and the operations its owner may ask for. What segments do to it is in {@link TcpInput},
 * what it sends in {@link TcpOutput}, what it sends again in {@link LossRecovery}.
 */
public final class Tcb extends TcpVariables {
    final TcpConfig config;
    final UpperLayer upper;
    final CongestionController cc;
    final TcpScratch scratch;
    final SegmentLog log;
    final RttEstimator rtt;
    /** Null while nothing is outstanding and nothing has to be remembered: an idle connection owns none. */
    LossRecovery recovery;
    final DelayedAck delayedAck;
    Ecn ecn;
    /** Null where nothing is paced. */
    Pacer pacer;
    /** Null while nothing has come out of order or twice. */
    private SackBlocks sackBlocks;
    /** {@link RangeSet#EMPTY} until something has come out of order. */
    RangeSet outOfOrder = RangeSet.EMPTY;
    /** Null before the first payload. */
    private ReceiverRtt receiverRtt;
    final Delivery delivery = new Delivery(this);
    private final TcpInput input;
    private final TcpOutput output;
    final TcpPath path;
    /** Null before the first timeout, and where no keep-alive is asked for. */
    private Liveness liveness;
    /** Null before the first. */
    private ChallengeLimiter challenges;
    /** Null while nothing is urgent in either direction. */
    private Urgent urgent;

    /**
     * @param mtuBytes             largest IP packet on the way to the peer
     * @param maxSuperSegmentBytes largest payload handed to the link at once, 0 for one MSS
     * @param iss                  initial sequence number (RFC 6528)
     * @param tsOffset             start of the timestamp clock (RFC 7323 section 7.1)
     * @param scratch              of the stack
     */
    public Tcb(TcpConfig config, UpperLayer upper, CongestionController cc, boolean ipv4, int mtuBytes, int maxSuperSegmentBytes,
               int localPort, int remotePort, int iss, int tsOffset, TcpScratch scratch) {
        super(localPort, remotePort, iss, tsOffset);
        this.config = config;
        this.scratch = scratch;
        log = new SegmentLog(scratch.segmentTables);
        this.upper = upper;
        this.cc = cc;
        path = new TcpPath(this, ipv4, mtuBytes, maxSuperSegmentBytes);
        rtt = new RttEstimator(config.minRtoMillis() * NANOS_PER_MILLI, config.maxRtoMillis() * NANOS_PER_MILLI);
        delayedAck = new DelayedAck(config.delayedAckMillis() * NANOS_PER_MILLI, config.quickAck());
        ecn = new Ecn(this);
        pacer = config.pacing() || cc.isPaced() ? new Pacer(this, config.pacing()) : null;
        recovery = cc.measuresRate() ? new LossRecovery(this) : null; // a rate is measured from the beginning
        input = new TcpInput(this);
        output = new TcpOutput(this);
    }

    // ---- what the owner asks for; nothing is sent before transmit ----

    /** Active open: SYN-SENT. */
    public void openActive() {
        state = TcpState.SYN_SENT;
        synDue = true;
        sndNxt = 1;
    }

    /** Passive open on a SYN: SYN-RECEIVED. @param hold keep the SYN/ACK back until {@link #releaseSynAck} */
    public void openPassive(long nowNanos, IncomingSegment syn, boolean hold) {
        state = TcpState.SYN_RECV;
        passive = true;
        input.takeSynOptions(nowNanos, syn);
        ecn.onSyn(syn, true);
        irs = syn.sequenceNumber;
        rcvNxt = 1;
        sndNxt = 1;
        sndWnd = syn.window;
        maxSndWnd = sndWnd;
        lastReceiveNanos = nowNanos;
        synAckHeld = hold;
        synDue = !hold;
    }

    /**
     * The SYN/ACK of this passive open has been sent before there was a Tcb.
     *
     * @param sentNanos       when, Long.MIN_VALUE when that is not known
     * @param retransmissions how often it was sent again
     */
    public void synAckWasSent(long sentNanos, int retransmissions) {
        synDue = false;
        synRetransmitted = retransmissions > 0;
        timeouts = retransmissions;
        lastSendNanos = sentNanos;
        synSentNanos = sentNanos;
        lastAckSentSsn = rcvNxt;
    }

    /** The payload of the SYN has been taken (RFC 7413): relative numbers begin behind it. */
    public void acceptSynPayload(int length) {
        irs += length;
        synSsn = -length;
        bytesReceived += length;
    }

    /** The SYN has proved where the peer is: what answers it need not wait for the third ACK (RFC 7413 section 4.2.2). */
    public void sendEarly(long nowNanos) {
        sendsEarly = true;
        sndWnd++; // it is counted from SND.UNA, which is the number of our SYN, and begins behind that
        cc.onEstablished(nowNanos, payloadMssBytes(), false);
    }

    /** New data may be sent in this state: after the handshake, or before its end where the SYN allows that. */
    public boolean maySend() {
        return state.canSend() || state == TcpState.SYN_RECV && sendsEarly && !synDue;
    }

    public void releaseSynAck() {
        if (synAckHeld) {
            synAckHeld = false;
            synDue = true;
        }
    }

    /**
     * After timeouts: sends the oldest segment once more, whose acknowledgment will tell that the path is back. The retransmission timer runs on.
     *
     * @return false where there has been no timeout
     */
    public boolean askByOldest() {
        return recovery != null && recovery.askByOldest();
    }

    /** Something was heard after a silence: what is outstanding is tried again without waiting for the backed-off timer. */
    public void retryNow() {
        path.onHeardAgain(timeouts > 0);
        if (recovery != null) {
            recovery.retryNow();
        }
    }

    /**
     * The peer was heard, but not about what is outstanding: if that times out once more it may be too large for the path, and a black hole is found
     * out sooner.
     */
    public void onHeardUnanswered() {
        path.onHeardAgain(timeouts > 0);
    }

    /** Ends the output: a FIN follows everything sent so far. */
    public void requestFin() {
        finRequested = true;
    }

    public void requestAck() {
        delayedAck.requestNow();
    }

    /**
     * Answers a segment that should not have come with an ACK, unless there have been too many of them: neither somebody who guesses
     * nor a peer that disagrees about the numbers may keep this side busy.
     */
    void challenge(long nowNanos) {
        if (challenges == null) {
            challenges = new ChallengeLimiter((long) tsOffset << 32 ^ iss);
        }
        if (challenges.tryAcquire(nowNanos)) {
            requestAck();
        }
    }

    /** Everything up to here is urgent (RFC 9293 section 3.8.5): segments below it say so. @param endSsn relative number behind the last urgent byte */
    public void markUrgent(long endSsn) {
        urgent().mark(endSsn);
    }

    /** The peer has said so. */
    void takeUrgent(long endSsn) {
        urgent().take(endSsn);
    }

    private Urgent urgent() {
        if (urgent == null) {
            urgent = new Urgent();
        }
        return urgent;
    }

    /** The urgent pointer of a segment, 0 for none: the distance to the octet behind the urgent data, or as far as 16 bits reach. */
    int urgentPointer(long ssn) {
        return isBeforeUrgent(ssn) ? urgent.pointer(ssn) : 0;
    }

    private boolean isBeforeUrgent(long ssn) {
        return urgent != null && urgent.covers(ssn);
    }

    /** Relative number behind the last urgent byte the peer has announced, 0 for none. */
    public long rcvUp() {
        return urgent == null ? 0 : urgent.rcvUp();
    }

    /** Asks for a segment below SND.NXT that makes the peer answer with its acknowledgment and window (RFC 9293 section 3.8.6.1). */
    public void requestProbe() {
        probeDue = true;
        probesUnanswered++;
    }

    /** As {@link #requestProbe}, but a peer that has answered none of as many probes as there are retransmissions is given up. */
    public void requestProbeOrGiveUp() {
        if (probesUnanswered < config.retries()) {
            requestProbe();
        } else {
            reset(TcpCloseReason.TIMED_OUT);
        }
    }

    /** Ends the connection with a RST; the state is CLOSED at once, the segment leaves with the next transmit. */
    public void reset(TcpCloseReason reason) {
        if (state == TcpState.CLOSED) {
            return;
        }
        // A SYN that was never answered needs no RST; anything the peer may know of does.
        resetDue = state != TcpState.SYN_SENT || rcvNxt > 0;
        close(reason);
    }

    /**
     * During the handshake an ACK of anything but our SYN belongs to another life of the connection, and a RST is the answer
     * (RFC 9293 sections 3.5.1 and 3.10.7.3): it clears what the peer still holds.
     */
    public boolean isForeignAck(long nowNanos, IncomingSegment segment) {
        if (!segment.has(TcpSegment.ACK) || segment.has(TcpSegment.RST)) {
            return false;
        }
        if (state == TcpState.SYN_SENT && config.timestamps() && segment.options.hasTimestamps && segment.options.tsEcr - tsNow(nowNanos) > 0) {
            return true; // it answers a SYN with a timestamp that is still to come
        }
        boolean foreign = segment.acknowledgmentNumber - (iss + 1) < 0 || segment.acknowledgmentNumber - wireSndNxt() > 0;
        return foreign && (state == TcpState.SYN_SENT || state == TcpState.SYN_RECV && !segment.has(TcpSegment.SYN) && input.isInWindow(segment));
    }

    /**
     * The {@link #reset} that follows answers a segment: the RST takes its sequence number from there, which is the one the peer expects, whatever
     * of ours it has received (RFC 9293 section 3.5.2; RFC 5961 section 3.2 takes no other).
     */
    public void resetAnswersSegment() {
        resetAnswers = true;
    }

    /** Ends the connection without telling the peer. */
    public void forget(TcpCloseReason reason) {
        if (state != TcpState.CLOSED) {
            close(reason);
        }
    }

    void close(TcpCloseReason reason) {
        state = TcpState.CLOSED;
        synDue = false;
        rtoDeadlineNanos = Long.MAX_VALUE;
        timeWaitDeadlineNanos = Long.MAX_VALUE;
        stopRecovery();
        if (pacer != null) {
            pacer.stop();
        }
        delayedAck.sent();
        cc.onClosed();
        upper.onClosed(reason);
        log.clear();
        outOfOrder.clear();
    }

    // ---- the verbs ----

    public void receive(long nowNanos, IncomingSegment segment) {
        input.segmentArrives(nowNanos, segment);
    }

    /** Fires the timers that are due. */
    public void expire(long nowNanos) {
        if (state == TcpState.CLOSED) {
            return;
        }
        if (timeWaitDeadlineNanos <= nowNanos) {
            close(TcpCloseReason.FINISHED);
            return;
        }
        delayedAck.expire(nowNanos);
        if (pacer != null) {
            pacer.expire(nowNanos);
        }
        if (recovery != null) {
            recovery.expire(nowNanos);
        }
        if (liveness != null) {
            liveness.expire(nowNanos);
        }
        if (rtoDeadlineNanos <= nowNanos) {
            retransmissionTimeout(nowNanos);
        }
    }

    /** When {@link #expire} is needed at the latest; Long.MAX_VALUE for never. */
    public long deadlineNanos() {
        long closing = Math.min(rtoDeadlineNanos, timeWaitDeadlineNanos);
        long sending = Math.min(closing, delayedAck.deadlineNanos());
        sending = pacer == null ? sending : Math.min(sending, pacer.deadlineNanos());
        sending = recovery == null ? sending : Math.min(sending, recovery.deadlineNanos());
        return liveness == null && !upper.socketOptions().keepAlive() ? sending : Math.min(sending, liveness().deadlineNanos());
    }

    /** Sends what is due besides new data: RST, SYN, retransmissions, probes, FIN, acknowledgments. @return whether the slot was filled */
    public boolean transmitControl(long nowNanos, PacketSlot out) {
        return output.transmitControl(nowNanos, out);
    }

    /**
     * Sends new payload and logs it.
     *
     * @param dsn      data sequence number of the first byte, handed back on retransmission
     * @param checksum DSS checksum of the mapping, -1 for none; kept for retransmissions
     * @param push     nothing follows for now
     */
    public void transmitData(long nowNanos, PacketSlot out, long dsn, int length, int checksum, boolean push) {
        path.expire(nowNanos);
        output.transmitData(nowNanos, out, dsn, length, checksum, push);
    }

    /** As {@link #transmitData} with a length {@link TcpPath#probeBytes} gave, in one packet. */
    public void transmitMtuProbe(long nowNanos, PacketSlot out, long dsn, int length, int checksum) {
        output.transmitMtuProbe(nowNanos, out, dsn, length, checksum);
    }

    private void retransmissionTimeout(long nowNanos) {
        timeouts++;
        boolean handshake = !state.isSynchronized();
        if (liveness().onTimeout(nowNanos)) {
            if (handshake) {
                forget(TcpCloseReason.TIMED_OUT);
            } else {
                reset(TcpCloseReason.TIMED_OUT);
            }
            return;
        }
        if (state != TcpState.SYN_SENT || timeouts > config.synLinearTimeouts()) {
            rtt.backoff();
        }
        if (handshake) {
            synDue = true;
            synRetransmitted = true;
        } else {
            path.detectBlackHole(nowNanos);
            if (recovery != null) {
                recovery.onRetransmissionTimeout(nowNanos);
            }
        }
        armRto(nowNanos);
        upper.onRetransmissionTimeout(timeouts);
    }

    void armRto(long nowNanos) {
        long deadlineNanos = nowNanos + rtt.rtoNanos();
        rtoDeadlineNanos = liveness == null ? deadlineNanos : liveness.boundByUserTimeout(nowNanos, deadlineNanos);
    }

    Liveness liveness() {
        if (liveness == null) {
            liveness = new Liveness(this);
        }
        return liveness;
    }

    /** Something acceptable came. */
    void onReceived(long nowNanos) {
        lastReceiveNanos = nowNanos;
        probesUnanswered = 0;
        path.onHeard();
        if (liveness != null) {
            liveness.onReceived();
        }
    }

    void enterTimeWait(long nowNanos) {
        state = TcpState.TIME_WAIT;
        rtoDeadlineNanos = Long.MAX_VALUE;
        stopRecovery();
        timeWaitDeadlineNanos = nowNanos + config.timeWaitMillis() * NANOS_PER_MILLI;
    }

    // ---- what the owner may see ----

    /** What {@code TCP_INFO} would say. */
    public TcpInfo info(long nowNanos) {
        return TcpInfo.of(this, nowNanos);
    }

    public SegmentLog log() {
        return log;
    }

    /** The way to the peer. */
    public TcpPath path() {
        return path;
    }

    public CongestionController congestionController() {
        return cc;
    }

    public Delivery delivery() {
        return delivery;
    }

    public RttEstimator rtt() {
        return rtt;
    }

    /** Nothing is held behind a hole. */
    public boolean isInOrder() {
        return outOfOrder.isEmpty();
    }

    /** Payload bytes of one full segment: the peer's MSS less all options of a data segment (RFC 9293 section 3.7.1). */
    public int payloadMssBytes() {
        return path.sndMssBytes() - (timestampsOn ? 12 : 0) - upper.dataOptionBytes();
    }

    /** {@link UpperLayer#dataOptionBytes} is another one now. */
    public void onDataOptionBytes() {
        cc.onMssChange(payloadMssBytes());
    }

    /** Largest payload that {@link #transmitData} may be given now: a whole number of MSS where the link cuts super-segments. */
    public int maxPayloadBytes() {
        int mss = payloadMssBytes();
        if (ecn.isCwrDue() || path.maxSuperSegmentBytes() <= mss || isBeforeUrgent(sndNxt)) {
            return mss; // what the first packet says, or the distance to the urgent data, is not for the others
        }
        int most = path.maxSuperSegmentBytes() / mss * mss;
        return pacer == null ? most : (int) Math.min(most, pacer.maxBurstBytes());
    }

    /** As {@link #maxPayloadBytes} for new data: where super-segments are sized as Linux does it, the ACK of one clocks out another. */
    public int maxNewPayloadBytes() {
        int most = maxPayloadBytes();
        int mss = payloadMssBytes();
        if (config.minTsoSegments() == 0 || most <= mss) {
            return most;
        }
        long halfWindow = Math.max(1, cc.cwndBytes() / 2 / mss) * mss;
        return (int) Math.min(most, Math.min(halfWindow, Pacer.autosizeBytes(this, config.minTsoSegments())));
    }

    /** Payload of a super-segment worth collecting: what the link takes, and at most half of the largest window (Linux: xmit_size_goal). */
    public int superSegmentBytes() {
        int mss = payloadMssBytes();
        long most = Math.min(path.maxSuperSegmentBytes(), maxSndWnd / 2);
        return (int) Math.max(mss, most / mss * mss);
    }

    /**
     * Room for new data: congestion window (or what recovery allows) and the peer's window on this connection, whichever is smaller. Whether
     * it may be used right now is for {@link #isPaced} to say.
     */
    public long sendableBytes() {
        if (!maySend() || finRequested) {
            return 0;
        }
        long room = recovery != null && recovery.probesWithNewData() ? Math.max(congestionRoomBytes(), payloadMssBytes()) : congestionRoomBytes();
        return Math.min(room, sndUna + sndWnd - sndNxt);
    }

    /** After an idle time cwnd says nothing any more (RFC 5681 section 4.1). To be called before it is asked how much may be sent. */
    public void restartAfterIdle(long nowNanos) {
        if (log.isEmpty() && lastDataNanos >= 0 && !isWindowShut() && nowNanos - lastDataNanos > rtt.rtoNanos()) {
            cc.onIdleRestart(nowNanos);
        }
    }

    /** Pacing holds new data back for a moment, at most a few milliseconds on all but the slowest paths; {@link #deadlineNanos} tells how long. */
    public boolean isPaced(long nowNanos) {
        return pacer != null && pacer.holds(nowNanos);
    }

    /**
     * There was data, and something other than acknowledgments kept it from being sent: a loss to be repaired, or a window above this connection (that of the
     * data level). Now it may be; where much of the congestion window is free, it is spread.
     */
    public void onResumed() {
        if (2 * log.inFlightBytes() < cc.cwndBytes()) {
            if (pacer == null) {
                pacer = new Pacer(this, false);
            }
            pacer.onResumed();
        }
    }

    /** Bytes per second that pacing aims at, 0 before the first round-trip sample. */
    public long pacingBytesPerSecond() {
        return (long) Pacer.bytesPerSecond(this);
    }

    /** Round-trip time by the peer's data, or else by what was acknowledged; 0 when neither is known. */
    public long receiveRttNanos() {
        return hasReceiveRtt() ? receiverRtt.rttNanos() : rtt.srttNanos();
    }

    /** The peer's data has told something about the round trip. */
    public boolean hasReceiveRtt() {
        return receiverRtt != null && receiverRtt.rttNanos() != 0;
    }

    LossRecovery recovery() {
        if (recovery == null) {
            recovery = scratch.recoveries.acquire(this);
        }
        return recovery;
    }

    /** An acknowledgment has been taken in. */
    void releaseRecovery() {
        if (recovery.isForgettable()) {
            scratch.recoveries.release(recovery);
            recovery = null;
            if (pacer != null && pacer.isForgettable()) {
                pacer = null;
            }
        }
    }

    private void stopRecovery() {
        if (recovery != null) {
            recovery.stop();
        }
    }

    ReceiverRtt receiverRtt() {
        if (receiverRtt == null) {
            receiverRtt = new ReceiverRtt();
        }
        return receiverRtt;
    }

    SackBlocks sackBlocks() {
        if (sackBlocks == null) {
            sackBlocks = new SackBlocks();
        }
        return sackBlocks;
    }

    /** There is more to acknowledge than a number: something behind a hole, or something that came twice. */
    boolean hasSackToReport() {
        return !outOfOrder.isEmpty() || sackBlocks != null && sackBlocks.hasDuplicate();
    }

    /** An acknowledgment is on its way. */
    void onSackReported() {
        if (sackBlocks != null) {
            sackBlocks.reported();
        }
    }

    /** Received, but not in order. @return false when there are too many holes */
    boolean addOutOfOrder(long startSsn, long endSsn) {
        if (outOfOrder == RangeSet.EMPTY) {
            outOfOrder = new RangeSet(scratch.maxRanges);
        }
        return outOfOrder.add(startSsn, endSsn);
    }

    /**
     * What lies beyond holes is not there any more: memory ran out. The peer has to send it again, although it was reported by SACK
     * (RFC 2018 section 8).
     */
    public void dropOutOfOrder() {
        outOfOrder.clear();
    }

    /**
     * How much may be sent again from there on. The window may have shrunk since it was sent first: then nothing beyond its edge (RFC 9293 section
     * 3.8.6), but for a segment at SND.UNA, by which a closed window is probed. In Multipath TCP the window is the connection's, and what it has
     * once let through may always come again (RFC 8684 section 3.3.4).
     */
    long retransmissionWindowBytes(long ssn) {
        if (!upper.isWindowOfSubflow()) {
            return Long.MAX_VALUE;
        }
        long room = sndUna + sndWnd - ssn;
        return room > 0 ? room : ssn == sndUna ? payloadMssBytes() : 0;
    }

    public long congestionRoomBytes() {
        return cwndLimitBytes() - log.inFlightBytes();
    }

    /** The congestion window, or what recovery allows. */
    long cwndLimitBytes() {
        return recovery == null ? cc.cwndBytes() : recovery.limitBytes();
    }

    /** How long the peer may hold back the acknowledgment of what is in flight: that of a single segment (RFC 8985 section 7.2). */
    public long peerAckDelayNanos() {
        return log.inFlightBytes() <= payloadMssBytes() ? config.peerDelayedAckMillis() * NANOS_PER_MILLI : 0;
    }

    public long inFlightBytes() {
        return log.inFlightBytes();
    }

    public boolean isAckDue() {
        return delayedAck.isDue();
    }

}
