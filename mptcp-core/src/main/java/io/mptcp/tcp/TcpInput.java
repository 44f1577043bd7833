package io.mptcp.tcp;

import static io.mptcp.wire.TcpSegment.ACK;
import static io.mptcp.wire.TcpSegment.FIN;
import static io.mptcp.wire.TcpSegment.RST;
import static io.mptcp.wire.TcpSegment.SYN;
import static io.mptcp.wire.TcpSegment.URG;

import io.mptcp.wire.Seq;
import io.mptcp.wire.TcpOptions;

/** Segment arrival (RFC 9293 section 3.10.7), one method a step, in the order of the RFC. */
final class TcpInput {
    /** RFC 7323 section 5.5: a timestamp older than 24 days says nothing. */
    private static final long TS_RECENT_VALID_NANOS = 24L * 24 * 3600 * 1_000_000_000L;

    private final Tcb tcb;

    TcpInput(Tcb tcb) {
        this.tcb = tcb;
    }

    void segmentArrives(long nowNanos, IncomingSegment segment) {
        if (tcb.state == TcpState.CLOSED) {
            return;
        }
        segment.ackSsn = Seq.extend(segment.acknowledgmentNumber - tcb.iss, tcb.sndUna);
        if (tcb.state == TcpState.SYN_SENT) {
            synSent(nowNanos, segment);
            return;
        }
        segment.ssn = Seq.extend(segment.sequenceNumber - tcb.irs, tcb.rcvNxt);
        segment.windowBytes = segment.has(SYN) ? segment.window : (long) segment.window << tcb.sndWndShift;
        if (!checkTimestamps(nowNanos, segment) || !checkSequence(nowNanos, segment)
                || !checkReset(nowNanos, segment) || !checkSyn(nowNanos, segment)) {
            return;
        }
        if (!segment.has(ACK)) {
            return;
        }
        tcb.onReceived(nowNanos);
        if (tcb.state == TcpState.SYN_RECV && !synReceived(nowNanos, segment)) {
            return;
        }
        if (!checkAck(nowNanos, segment)) {
            return;
        }
        updateTsRecent(nowNanos, segment); // not from what acknowledges data never sent: one forged segment would shut out all that follow
        tcb.ecn.onSegment(segment);
        boolean keepPayload = tcb.upper.onSegment(segment);
        if (tcb.state == TcpState.CLOSED || !keepPayload) {
            return;
        }
        if (segment.has(URG)) {
            urgent(segment);
        }
        if (segment.payloadLength > 0) {
            payload(nowNanos, segment);
        }
        if (segment.has(FIN)) {
            fin(nowNanos, segment);
        }
        deliverFin(nowNanos);
    }

    // ---- SYN-SENT (section 3.10.7.3) ----

    private void synSent(long nowNanos, IncomingSegment segment) {
        boolean ackAcceptable = segment.has(ACK) && segment.ackSsn >= 1 && segment.ackSsn <= tcb.sndNxt;
        if (segment.has(ACK) && !ackAcceptable) {
            return; // only a RST comes here: the stack answers any other
        }
        if (segment.has(RST)) {
            if (ackAcceptable) {
                tcb.upper.onReset(segment);
                tcb.close(TcpCloseReason.REFUSED);
            }
            return;
        }
        if (!segment.has(SYN)) {
            return;
        }
        takeSynOptions(nowNanos, segment);
        tcb.ecn.onSynAck(segment);
        tcb.irs = segment.sequenceNumber;
        tcb.rcvNxt = 1;
        tcb.lastReceiveNanos = nowNanos;
        if (!ackAcceptable) {
            simultaneousOpen(segment);
            return;
        }
        segment.ssn = 0;
        segment.windowBytes = segment.window; // never scaled on a SYN (RFC 7323 section 2.2)
        int synPayloadBytes = (int) (tcb.sndNxt - 1);
        int synPayloadAckedBytes = takeAckOfSyn(segment);
        if (!tcb.upper.onSynAck(segment, synPayloadAckedBytes)) {
            return;
        }
        tcb.sndUna = 1;
        takeWindow(segment);
        synAcknowledged(nowNanos);
        tcb.state = TcpState.ESTABLISHED;
        tcb.upper.onEstablished();
        requestThirdAck(nowNanos, synPayloadBytes - synPayloadAckedBytes);
        if (tcb.upper.isWindowOfSubflow()) { // in Multipath TCP no mapping covers it: the peer sends it again
            textOfSynAck(nowNanos, segment);
        }
    }

    /** Our SYN is acknowledged, maybe with payload that went with it: numbers begin behind that. @return bytes of payload acknowledged */
    private int takeAckOfSyn(IncomingSegment segment) {
        int payloadBytes = (int) (segment.ackSsn - 1);
        tcb.iss += payloadBytes;
        tcb.bytesAcked += payloadBytes;
        tcb.synPayloadEndSsn = tcb.sndNxt - payloadBytes;
        segment.ackSsn = 1;
        tcb.sndNxt = 1; // what else went with it is sent again
        return payloadBytes;
    }

    /** RFC 9293 section 3.10.7.3: data that was queued may go with it. @param refusedBytes of that data, what has been sent with the SYN already */
    private void requestThirdAck(long nowNanos, int refusedBytes) {
        long waitingBytes = tcb.config.thirdAckWithData() && tcb.upper.isWindowOfSubflow() ? tcb.upper.newDataBytes() : 0;
        if (waitingBytes == 0) {
            tcb.requestAck();
        } else {
            tcb.delayedAck.requestWithData(nowNanos, waitingBytes > refusedBytes);
        }
    }

    /** Text and FIN that came with the SYN/ACK are taken as those of any other segment (RFC 9293 section 3.10.7.3, and RFC 7413 section 3). */
    private void textOfSynAck(long nowNanos, IncomingSegment segment) {
        segment.ssn = 1;
        if (segment.payloadLength > 0 && tcb.state != TcpState.CLOSED) {
            payload(nowNanos, segment);
        }
        if (segment.has(FIN) && tcb.state != TcpState.CLOSED) {
            fin(nowNanos, segment);
            deliverFin(nowNanos);
        }
    }

    /** Both have sent a SYN: ours is answered with theirs acknowledged, and whoever hears the other's acknowledgment is ESTABLISHED. */
    private void simultaneousOpen(IncomingSegment segment) {
        if (!tcb.upper.onSimultaneousOpen()) {
            return;
        }
        tcb.state = TcpState.SYN_RECV;
        tcb.sndWnd = segment.window;
        tcb.maxSndWnd = tcb.sndWnd;
        tcb.synDue = true;
    }

    /** Options of a SYN or SYN/ACK that settle what the connection may use. */
    void takeSynOptions(long nowNanos, IncomingSegment syn) {
        TcpOptions options = syn.options;
        if (options.mss > 0) {
            tcb.path.takePeerMss(options.mss);
        }
        tcb.timestampsOn = options.hasTimestamps && tcb.config.timestamps();
        tcb.sackOn = options.sackPermitted && tcb.config.sack();
        tcb.windowScaleOn = options.windowScale >= 0;
        tcb.sndWndShift = tcb.windowScaleOn ? options.windowScale : 0;
        tcb.rcvWndShift = tcb.windowScaleOn ? tcb.config.windowShift() : 0;
        if (tcb.timestampsOn) {
            tcb.tsRecent = options.tsVal;
            tcb.tsRecentNanos = nowNanos;
            tcb.tsRecentValid = true;
        }
    }

    private void synAcknowledged(long nowNanos) {
        tcb.synDue = false; // it may have been about to be sent again
        tcb.ecn = tcb.ecn.settled();
        tcb.deliveredSegments++;
        tcb.rtoDeadlineNanos = Long.MAX_VALUE;
        if (tcb.synRetransmitted) {
            tcb.rtt.onSynTimeout();
        } else if (tcb.synSentNanos != Long.MIN_VALUE) {
            tcb.rtt.onSample(nowNanos, nowNanos - tcb.synSentNanos);
        }
        // RFC 6928 section 2: one lost SYN or SYN/ACK is no reason to begin with a single segment.
        if (!tcb.sendsEarly || tcb.timeouts > 1) {
            tcb.cc.onEstablished(nowNanos, tcb.payloadMssBytes(), tcb.timeouts > 1);
        }
        tcb.timeouts = 0;
        tcb.rtt.resetBackoff();
    }

    // ---- the other states (section 3.10.7.4) ----

    /** RFC 7323 section 5.3, R1. */
    private boolean checkTimestamps(long nowNanos, IncomingSegment segment) {
        if (!tcb.timestampsOn || segment.has(RST)) {
            return true;
        }
        if (!segment.options.hasTimestamps) {
            // section 3.2: dropped silently; RFC 8684 appendix A lets MPTCP options take their room
            return !tcb.config.strictTimestamps() || segment.options.mptcp.present != 0;
        }
        if (!tcb.tsRecentValid) {
            return true;
        }
        boolean old = segment.options.tsVal - tcb.tsRecent < 0 && !isTsRecentOutdated(nowNanos);
        if (old) {
            tcb.challenge(nowNanos);
        }
        return !old;
    }

    private boolean isTsRecentOutdated(long nowNanos) {
        return nowNanos - tcb.tsRecentNanos >= TS_RECENT_VALID_NANOS;
    }

    /**
     * First: is it in the window? As Linux does, anything that ends at or above the last acknowledgment sent is let through, so that pure
     * acknowledgments overtaken by data still count.
     */
    private boolean checkSequence(long nowNanos, IncomingSegment segment) {
        if (isAcceptable(segment)) {
            return true;
        }
        if (!segment.has(RST)) {
            long end = segment.ssn + segment.sequenceLength();
            if (segment.payloadLength > 0 && end <= tcb.rcvNxt) {
                tcb.sackBlocks().duplicate(segment.ssn, segment.ssn + segment.payloadLength);
            }
            if (tcb.state == TcpState.SYN_RECV && segment.has(SYN) && segment.ssn == tcb.synSsn) {
                tcb.ecn.onSyn(segment, false);
                tcb.synDue = !tcb.synAckHeld; // the SYN again: our SYN/ACK was lost
            } else if (tcb.state != TcpState.SYN_RECV && segment.payloadLength > 0) {
                tcb.requestAck(); // sent again because our acknowledgment was lost, more often than not
            } else {
                tcb.challenge(nowNanos);
            }
        }
        return false;
    }

    private boolean isAcceptable(IncomingSegment segment) {
        long end = segment.ssn + segment.sequenceLength();
        long windowEnd = tcb.rcvNxt + tcb.upper.acceptanceWindowBytes();
        return end >= Math.min(tcb.lastAckSentSsn, tcb.rcvNxt) && segment.ssn <= windowEnd;
    }

    /** Whether the first step of section 3.10.7.4 lets the segment through. */
    boolean isInWindow(IncomingSegment segment) {
        segment.ssn = Seq.extend(segment.sequenceNumber - tcb.irs, tcb.rcvNxt);
        return isAcceptable(segment);
    }

    /** Second: RST (RFC 5961 section 3.2): only the exact next number counts, others in the window are challenged. */
    private boolean checkReset(long nowNanos, IncomingSegment segment) {
        if (!segment.has(RST)) {
            return true;
        }
        if (segment.ssn == tcb.rcvNxt) {
            tcb.upper.onReset(segment);
            boolean refused = tcb.state == TcpState.SYN_RECV && !tcb.passive; // section 3.5: what became of it depends on how it began
            tcb.close(refused ? TcpCloseReason.REFUSED : TcpCloseReason.RESET);
            tcb.resetDue = false; // whatever it made the upper layer do: a RST is never answered by one (RFC 9293 section 3.5.2)
        } else {
            tcb.challenge(nowNanos);
        }
        return false;
    }

    /** Fourth: SYN in a synchronised state (RFC 5961 section 4): answered by an ACK, which also repeats a lost third ACK. */
    private boolean checkSyn(long nowNanos, IncomingSegment segment) {
        if (!segment.has(SYN)) {
            return true;
        }
        if (tcb.state == TcpState.SYN_RECV && segment.ssn == tcb.synSsn) {
            if (segment.has(ACK) && !tcb.passive && segment.payloadLength == 0) {
                if (tcb.sackOn) {
                    tcb.sackBlocks().duplicate(segment.ssn, tcb.rcvNxt);
                }
                tcb.requestAck();
                return true; // a crossed SYN, now with our SYN acknowledged (figure 8): only the ACK is new
            }
            tcb.synDue = !tcb.synAckHeld;
        } else {
            tcb.challenge(nowNanos);
        }
        return false;
    }

    /** RFC 7323 section 4.3; after so long an idle time that the clock of the peer may have gone half way round, any value is newer (section 5.5). */
    private void updateTsRecent(long nowNanos, IncomingSegment segment) {
        if (!tcb.timestampsOn || !segment.options.hasTimestamps || segment.ssn > tcb.lastAckSentSsn) {
            return;
        }
        if (segment.options.tsVal - tcb.tsRecent >= 0 || isTsRecentOutdated(nowNanos)) {
            tcb.tsRecent = segment.options.tsVal;
            tcb.tsRecentNanos = nowNanos;
            tcb.tsRecentValid = true;
        }
    }

    private boolean synReceived(long nowNanos, IncomingSegment segment) {
        if (tcb.synAckHeld || segment.ackSsn < 1 || segment.ackSsn > tcb.sndNxt) {
            return false;
        }
        if (!tcb.upper.onHandshakeAck(segment)) {
            return false;
        }
        if (!tcb.passive) {
            tcb.upper.onSynPayloadAcked(takeAckOfSyn(segment));
        }
        tcb.sndUna = 1;
        takeWindow(segment);
        synAcknowledged(nowNanos);
        if (!tcb.log.isEmpty()) { // sent early: from now on it has timers of its own
            tcb.armRto(nowNanos);
            tcb.recovery.armLossProbe(nowNanos);
        }
        tcb.state = TcpState.ESTABLISHED;
        tcb.upper.onEstablished();
        return tcb.state != TcpState.CLOSED;
    }

    /** Fifth: ACK (RFC 5961 section 5.2 for the range that is acceptable). */
    private boolean checkAck(long nowNanos, IncomingSegment segment) {
        if (segment.ackSsn > tcb.sndNxt || segment.ackSsn < tcb.sndUna - tcb.maxSndWnd) {
            boolean unsent = segment.ackSsn > tcb.sndNxt;
            if (!unsent || tcb.state != TcpState.ESTABLISHED || tcb.config.answerUnsentAck()) {
                tcb.challenge(nowNanos);
            }
            return false;
        }
        boolean newData = segment.ackSsn > tcb.sndUna;
        segment.acksNewData = newData;
        boolean windowChanged = updateWindow(segment);
        if (tcb.sndWnd == 0) {
            tcb.timeouts = 0; // it lives, and has no room: that may last (RFC 9293 MUST-37)
        }
        // An ACK that was overtaken may still tell by SACK what the newer one, with room for a few blocks only, left out.
        if (segment.ackSsn >= tcb.sndUna || (tcb.sackOn && segment.options.sackCount > 0)) {
            acknowledge(nowNanos, segment, windowChanged);
        }
        if (newData) {
            tcb.timeouts = 0;
            tcb.path.onProgress();
            tcb.upper.onAcked(segment);
            advanceClosing(nowNanos);
        }
        return tcb.state != TcpState.CLOSED;
    }

    private void acknowledge(long nowNanos, IncomingSegment segment, boolean windowChanged) {
        // With nothing outstanding there is nothing to learn, but for a mark or a D-SACK that comes late.
        if (tcb.recovery != null || segment.options.sackCount > 0 || tcb.ecn.callsForReduction(segment)) {
            tcb.recovery().onAck(nowNanos, segment, windowChanged);
            tcb.releaseRecovery();
        }
    }

    private boolean updateWindow(IncomingSegment segment) {
        if (segment.ackSsn < tcb.sndUna) {
            return false;
        }
        boolean newer = tcb.sndWl1 < segment.ssn || (tcb.sndWl1 == segment.ssn && tcb.sndWl2 <= segment.ackSsn);
        if (!newer) {
            return false;
        }
        boolean changed = segment.windowBytes != tcb.sndWnd;
        takeWindow(segment);
        return changed;
    }

    private void takeWindow(IncomingSegment segment) {
        tcb.sndWnd = segment.windowBytes;
        tcb.maxSndWnd = Math.max(tcb.maxSndWnd, tcb.sndWnd);
        tcb.sndWl1 = segment.ssn;
        tcb.sndWl2 = segment.ackSsn;
    }

    /** Our FIN may be among what was acknowledged. */
    private void advanceClosing(long nowNanos) {
        if (!tcb.finSent || tcb.sndUna < tcb.sndNxt) {
            return;
        }
        switch (tcb.state) {
            case FIN_WAIT_1 -> tcb.state = TcpState.FIN_WAIT_2;
            case CLOSING -> tcb.enterTimeWait(nowNanos);
            case LAST_ACK -> tcb.close(TcpCloseReason.FINISHED);
            default -> {
            }
        }
    }

    /** Sixth: the urgent pointer. The data it points behind stay where they are in the stream (RFC 6093 section 3). */
    private void urgent(IncomingSegment segment) {
        long endSsn = segment.ssn + segment.urgentPointer;
        if (tcb.state.canReceive() && endSsn > Math.max(tcb.rcvUp(), tcb.rcvNxt)) {
            tcb.takeUrgent(endSsn);
            tcb.upper.onUrgent(endSsn);
        }
    }

    /** Seventh: the segment text. Only sequence space is kept here; the bytes go up at once, also from behind a hole. */
    private void payload(long nowNanos, IncomingSegment segment) {
        if (!tcb.state.canReceive()) {
            tcb.requestAck();
            return;
        }
        long start = segment.ssn;
        long end = start + segment.payloadLength;
        long limit = tcb.rcvNxt + tcb.upper.acceptanceWindowBytes();
        if (tcb.rcvFinSsn >= 0) {
            limit = Math.min(limit, tcb.rcvFinSsn);
        }
        if (start < tcb.rcvNxt || tcb.outOfOrder.overlap(start, end) > 0) {
            reportDuplicate(start, end);
        }
        long from = Math.max(start, tcb.rcvNxt);
        long to = Math.min(end, limit);
        if (from >= to || tcb.outOfOrder.contains(from, to)) {
            tcb.requestAck();
            return;
        }
        boolean inOrder = from == tcb.rcvNxt;
        boolean simple = inOrder && tcb.outOfOrder.isEmpty();
        if (!tcb.upper.onPayload(from, segment.buffer, segment.payloadOffset + (from - start), (int) (to - from))) {
            tcb.requestAck(); // as if it had been lost
            return;
        }
        if (tcb.state == TcpState.CLOSED) {
            return;
        }
        if (!inOrder && !tcb.addOutOfOrder(from, to)) {
            tcb.requestAck(); // too many holes: as if it had been lost, the peer sends it again
            return;
        }
        tcb.bytesReceived += to - from;
        if (inOrder) {
            tcb.rcvNxt = tcb.outOfOrder.coveredUntil(to);
            tcb.outOfOrder.removeBelow(tcb.rcvNxt);
            tcb.upper.onContiguous(tcb.rcvNxt);
            measureRoundTrip(nowNanos, segment);
        } else {
            tcb.sackBlocks().received(from);
        }
        if (simple) {
            int packetPayload = segment.segmentSize > 0 ? Math.min(segment.segmentSize, segment.payloadLength) : segment.payloadLength;
            tcb.delayedAck.onInOrderPayload(nowNanos, segment.payloadLength, Math.min(packetPayload, tcb.path.rcvMssBytes),
                    tcb.upper.acceptanceWindowBytes(), tcb.rtt);
        } else {
            tcb.requestAck();
        }
    }

    private void measureRoundTrip(long nowNanos, IncomingSegment segment) {
        if (!tcb.timestampsOn || !segment.options.hasTimestamps) {
            tcb.receiverRtt().onContiguous(nowNanos, tcb.rcvNxt, tcb.upper.promisedWindowBytes());
        } else if (segment.payloadLength >= tcb.path.rcvMssBytes / 2) { // small ones may be late because the peer's application was
            int tsEcr = segment.options.tsEcr;
            tcb.receiverRtt().onTimestamp(nowNanos, tsEcr, tcb.tsNow(nowNanos) - tsEcr, tcb.rtt.srttNanos());
        }
    }

    private void reportDuplicate(long start, long end) {
        tcb.delayedAck.enterQuickMode(tcb.upper.acceptanceWindowBytes());
        if (end <= tcb.rcvNxt) {
            tcb.sackBlocks().duplicate(start, end);
        } else if (start < tcb.rcvNxt) {
            tcb.sackBlocks().duplicate(start, tcb.rcvNxt);
        } else if (tcb.outOfOrder.contains(start, end)) {
            tcb.sackBlocks().duplicate(start, end);
        }
        tcb.requestAck();
    }

    /** Eighth: FIN. It may be out of order too, but nothing that has been received lies behind it: such a one is not the peer's, and ends nothing. */
    private void fin(long nowNanos, IncomingSegment segment) {
        if (tcb.rcvFinSsn < 0 && tcb.state.canReceive()) {
            long finSsn = segment.ssn + segment.payloadLength;
            if (finSsn < highestReceivedSsn()) {
                tcb.challenge(nowNanos);
                return;
            }
            tcb.rcvFinSsn = finSsn;
        } else if (tcb.state == TcpState.TIME_WAIT) {
            tcb.enterTimeWait(nowNanos); // our last ACK was lost: the wait begins anew
        }
        tcb.requestAck();
    }

    private long highestReceivedSsn() {
        return tcb.outOfOrder.isEmpty() ? tcb.rcvNxt : tcb.outOfOrder.end(tcb.outOfOrder.size() - 1);
    }

    private void deliverFin(long nowNanos) {
        if (tcb.rcvFinSsn < 0 || tcb.rcvNxt != tcb.rcvFinSsn || tcb.state == TcpState.CLOSED) {
            return;
        }
        tcb.rcvNxt++;
        switch (tcb.state) {
            case ESTABLISHED -> tcb.state = TcpState.CLOSE_WAIT;
            case FIN_WAIT_1 -> tcb.state = TcpState.CLOSING;
            case FIN_WAIT_2 -> tcb.enterTimeWait(nowNanos);
            default -> {
            }
        }
        tcb.upper.onFin();
    }
}
