package io.mptcp.tcp;

import io.mptcp.buffer.SegmentLog;
import io.mptcp.wire.OptionWriter;
import io.mptcp.wire.PacketSlot;
import io.mptcp.wire.TcpSegment;

/** What to send, and how it is written. */
final class TcpOutput {
    private static final int FIXED = TcpSegment.MIN_HEADER_LENGTH;

    private final Tcb tcb;
    private final OptionWriter options;

    TcpOutput(Tcb tcb) {
        this.tcb = tcb;
        options = tcb.scratch.options;
    }

    boolean transmitControl(long nowNanos, PacketSlot out) {
        if (tcb.state == TcpState.CLOSED) {
            return tcb.resetDue && transmitReset(nowNanos, out);
        }
        if (tcb.synDue) {
            transmitSyn(nowNanos, out);
            return true;
        }
        if (!tcb.state.isSynchronized()) {
            if (tcb.state == TcpState.SYN_RECV && tcb.delayedAck.isDue() && !tcb.synAckHeld) {
                transmitAck(nowNanos, out); // of a segment that does not fit
                return true;
            }
            return false;
        }
        // What lies behind a hole, or came twice, must be reported by SACK, which only a pure acknowledgment has room for.
        if (tcb.delayedAck.isDue() && tcb.hasSackToReport()) {
            transmitAck(nowNanos, out);
            return true;
        }
        int lost = tcb.recovery == null ? -1 : tcb.recovery.nextRetransmission(nowNanos);
        if (lost >= 0) {
            retransmit(nowNanos, out, lost);
            return true;
        }
        if (finIsDue()) {
            transmitFin(nowNanos, out);
            return true;
        }
        if (tcb.probeDue) {
            transmitProbe(nowNanos, out);
            return true;
        }
        if (tcb.delayedAck.isDue() || tcb.upper.isSignalDue()) {
            transmitAck(nowNanos, out);
            return true;
        }
        return false;
    }

    private boolean finIsDue() {
        return tcb.finRequested && !tcb.finSent && tcb.state.canSend();
    }

    // ---- kinds of segments ----

    private void transmitSyn(long nowNanos, PacketSlot out) {
        tcb.synDue = false;
        tcb.synSentNanos = nowNanos;
        boolean synAck = tcb.state == TcpState.SYN_RECV;
        begin(out);
        boolean timestamps = synAck ? tcb.timestampsOn : tcb.config.timestamps();
        boolean sack = synAck ? tcb.sackOn : tcb.config.sack();
        int shift = synAck && !tcb.windowScaleOn ? -1 : tcb.config.windowShift();
        options.syn(tcb.path.synMssBytes(), sack, timestamps, tcb.tsNow(nowNanos), synAck ? tcb.tsRecent : 0, shift);
        tcb.upper.writeOptions(synAck ? SegmentKind.SYN_ACK : SegmentKind.SYN, 0, -1, options);
        int flags = synAck ? TcpSegment.SYN | TcpSegment.ACK | tcb.ecn.synAckFlags() : TcpSegment.SYN | tcb.ecn.synFlags();
        finish(nowNanos, out, 0, flags, tcb.upper.windowField(0));
        tcb.synSent = true;
        int optionBytes = out.length - FIXED;
        int payload = synAck ? 0 : tcb.upper.synPayloadBytes(tcb.path.rcvMssBytes - optionBytes, optionBytes);
        if (payload > 0) {
            tcb.sndNxt = 1 + payload; // a later SYN goes without, and this one may still be answered
            tcb.upper.writePayload(1, payload, out, out.offset + out.length);
        }
        if (tcb.rtoDeadlineNanos <= nowNanos || tcb.rtoDeadlineNanos == Long.MAX_VALUE) {
            tcb.armRto(nowNanos);
        }
    }

    /** A retransmission repeats the original mapping; an entry larger than what may be sent now is cut at an MSS border. */
    private void retransmit(long nowNanos, PacketSlot out, int index) {
        SegmentLog log = tcb.log;
        int mss = tcb.payloadMssBytes();
        long room = Math.max(mss, tcb.recovery.retransmissionRoomBytes() / mss * mss);
        int limit = (int) Math.min(Math.min(room, tcb.maxPayloadBytes()), tcb.retransmissionWindowBytes(log.ssn(index)));
        assert limit > 0 || log.has(index, SegmentLog.FIN) : "outside the window";
        if (log.payloadLength(index) > limit) {
            log.split(index, log.ssn(index) + limit);
        }
        boolean fin = log.has(index, SegmentLog.FIN);
        if (tcb.path.mtu.isProbe(log.ssn(index))) {
            tcb.path.mtu.onProbeInconclusive(nowNanos);
        }
        tcb.recovery.onRetransmit(nowNanos, index);
        tcb.retransmits++;
        tcb.bytesRetransmitted += log.payloadLength(index);
        transmitEntry(nowNanos, out, index, fin ? SegmentKind.FIN : SegmentKind.DATA, 0);
    }

    /** As {@link #transmitData}, in one packet however large, whose fate tells whether the path takes such packets. */
    void transmitMtuProbe(long nowNanos, PacketSlot out, long dsn, int length, int checksum) {
        int mtuBytes = length - tcb.payloadMssBytes() + tcb.path.sndMssBytes() + tcb.path.mtu.headerBytes();
        tcb.path.mtu.onProbeSent(mtuBytes, tcb.sndNxt, tcb.sndNxt + length);
        transmitData(nowNanos, out, dsn, length, checksum, false);
    }

    void transmitData(long nowNanos, PacketSlot out, long dsn, int length, int checksum, boolean push) {
        SegmentLog log = tcb.log;
        boolean idle = log.isEmpty();
        tcb.restartAfterIdle(nowNanos);
        tcb.delayedAck.onDataSent(nowNanos);
        log.append(tcb.sndNxt, length, push ? SegmentLog.PUSH : 0, dsn, checksum, nowNanos);
        tcb.sndNxt += length;
        tcb.recovery().onNewDataSent(nowNanos, length);
        if (tcb.pacer != null) {
            tcb.pacer.onSent(nowNanos, length);
        }
        transmitEntry(nowNanos, out, log.size() - 1, SegmentKind.DATA, tcb.ecn.newDataFlags());
        out.ecn = tcb.ecn.newDataCodepoint();
        if (!tcb.state.isSynchronized()) {
            return; // the timer is the SYN/ACK's, and without the peer's answer to that nothing is worth sending again
        }
        if (idle || tcb.rtoDeadlineNanos == Long.MAX_VALUE) {
            tcb.armRto(nowNanos);
        }
        tcb.recovery.armLossProbe(nowNanos);
    }

    private void transmitFin(long nowNanos, PacketSlot out) {
        tcb.finSent = true;
        tcb.state = tcb.state == TcpState.CLOSE_WAIT ? TcpState.LAST_ACK : TcpState.FIN_WAIT_1;
        tcb.log.append(tcb.sndNxt, 1, SegmentLog.FIN, 0, -1, nowNanos);
        tcb.recovery().onFinSent(nowNanos);
        tcb.sndNxt++;
        transmitEntry(nowNanos, out, tcb.log.size() - 1, SegmentKind.FIN, 0);
        tcb.armRto(nowNanos);
        tcb.recovery.armLossProbe(nowNanos);
    }

    private void transmitEntry(long nowNanos, PacketSlot out, int index, SegmentKind kind, int moreFlags) {
        SegmentLog log = tcb.log;
        int payloadLength = log.payloadLength(index);
        begin(out);
        writeTimestamps(nowNanos);
        long ssn = log.ssn(index);
        boolean acknowledges = tcb.upper.writeOptions(kind, ssn, index, options);
        int headerLength = FIXED + options.finish();
        // As Linux: a super-segment is pushed, so that what merges its pieces at the peer does not wait for more.
        int push = log.has(index, SegmentLog.PUSH) || payloadLength > tcb.payloadMssBytes() ? TcpSegment.PSH : 0;
        int flags = TcpSegment.ACK | push | moreFlags | (kind == SegmentKind.FIN ? TcpSegment.FIN : 0);
        header(out, ssn, headerLength, flags, tcb.upper.windowField(tcb.rcvWndShift));
        out.length = headerLength;
        out.segmentSize = payloadLength > tcb.payloadMssBytes() && !tcb.path.mtu.isProbe(ssn) ? tcb.payloadMssBytes() : 0;
        if (payloadLength > 0) {
            tcb.upper.writePayload(log.dsn(index), payloadLength, out, out.offset + headerLength);
            tcb.bytesSent += payloadLength;
            tcb.lastDataNanos = nowNanos;
        }
        sent(nowNanos, acknowledges);
    }

    private void transmitAck(long nowNanos, PacketSlot out) {
        begin(out);
        writeTimestamps(nowNanos);
        if (tcb.sackOn && tcb.hasSackToReport()) {
            SackBlocks blocks = tcb.sackBlocks();
            int count = blocks.collect(tcb.outOfOrder, tcb.irs);
            options.sack(blocks.left, blocks.right, count, tcb.upper.ackOptionBytes());
        }
        tcb.onSackReported();
        tcb.upper.writeOptions(SegmentKind.ACK, tcb.sndNxt, -1, options);
        finish(nowNanos, out, tcb.sndNxt, TcpSegment.ACK, tcb.upper.windowField(tcb.rcvWndShift));
    }

    /** As Linux: a segment without payload just below SND.UNA, which is unacceptable and therefore answered. */
    private void transmitProbe(long nowNanos, PacketSlot out) {
        tcb.probeDue = false;
        begin(out);
        writeTimestamps(nowNanos);
        tcb.upper.writeOptions(SegmentKind.ACK, tcb.sndUna - 1, -1, options);
        finish(nowNanos, out, tcb.sndUna - 1, TcpSegment.ACK, tcb.upper.windowField(tcb.rcvWndShift));
    }

    private boolean transmitReset(long nowNanos, PacketSlot out) {
        tcb.resetDue = false;
        begin(out);
        if (tcb.sndUna > 0) {
            writeTimestamps(nowNanos);
        }
        tcb.upper.writeOptions(SegmentKind.RST, tcb.sndNxt, -1, options);
        if (tcb.resetAnswers) {
            finish(nowNanos, out, tcb.sndUna, TcpSegment.RST, 0);
            return true;
        }
        // Refusing a SYN: sequence number 0 if ours was never sent (RFC 9293 section 3.5.2, group 1).
        long ssn = tcb.sndUna > 0 ? tcb.sndNxt : 1;
        finish(nowNanos, out, ssn, TcpSegment.RST | TcpSegment.ACK, 0);
        return true;
    }

    // ---- writing ----

    private void begin(PacketSlot out) {
        out.clearPayloadReference();
        out.segmentSize = 0;
        out.ecn = 0;
        options.begin(out.buffer, out.offset + FIXED);
    }

    private void writeTimestamps(long nowNanos) {
        if (tcb.timestampsOn) {
            options.timestamps(tcb.tsNow(nowNanos), tcb.tsRecent);
        }
    }

    private void finish(long nowNanos, PacketSlot out, long ssn, int flags, int window) {
        int headerLength = FIXED + options.finish();
        header(out, ssn, headerLength, flags, window);
        out.length = headerLength;
        sent(nowNanos, true);
    }

    private void header(PacketSlot out, long ssn, int headerLength, int flags, int window) {
        int ack = (flags & TcpSegment.ACK) != 0 ? tcb.irs + (int) tcb.rcvNxt : 0;
        boolean acknowledges = (flags & (TcpSegment.ACK | TcpSegment.SYN | TcpSegment.RST)) == TcpSegment.ACK;
        int allFlags = acknowledges ? flags | tcb.ecn.ackFlags() : flags;
        TcpSegment.encode(out.buffer, out.offset, tcb.localPort, tcb.remotePort, tcb.iss + (int) ssn, ack, headerLength, allFlags, window);
        int urgentPointer = tcb.urgentPointer(ssn);
        if (urgentPointer > 0 && (flags & (TcpSegment.SYN | TcpSegment.RST)) == 0) {
            TcpSegment.setUrgent(out.buffer, out.offset, urgentPointer);
        }
    }

    private void sent(long nowNanos, boolean acknowledges) {
        tcb.lastSendNanos = nowNanos;
        tcb.lastAckSentSsn = tcb.rcvNxt;
        if (acknowledges) {
            tcb.delayedAck.sent();
        }
    }
}
