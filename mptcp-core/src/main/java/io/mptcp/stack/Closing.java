package io.mptcp.stack;

import io.mptcp.spi.PathEvent;
import io.mptcp.tcp.TcpCloseReason;
import io.mptcp.tcp.TcpState;
import io.mptcp.wire.PathError;
import java.util.List;

/**
 * The end of a connection (RFC 8684 sections 3.3.3 and 3.5): the end of the output, the end of both streams, the end at once, how long
 * to wait for a peer that does not do its part, and when nothing of it is left.
 */
final class Closing {
    private final Connection connection;
    private final Stack stack;
    private final SubflowSet subflows;
    private final DataLevel data;
    private final DataSender sender;
    private final DataReceiver receiver;

    private CloseReason reason = CloseReason.NONE;
    private boolean closedByApplication;
    private boolean fastclosing;
    private FastcloseWait fastcloseWait = FastcloseWait.NONE;
    private long deadlineNanos = Long.MAX_VALUE;
    private long lingerDsn;
    /** Nothing is left of it but RSTs that wait to be sent. */
    private boolean removed;
    /** Subflows whose last RST waits to be sent. */
    private int dyingSubflows;

    Closing(Connection connection, DataLevel data) {
        this.connection = connection;
        this.stack = connection.stack;
        this.subflows = connection.subflows();
        this.data = data;
        sender = data.sender;
        receiver = data.receiver;
    }

    CloseReason reason() {
        return reason;
    }

    boolean isFastclosing() {
        return fastclosing;
    }

    FastcloseWait fastcloseWait() {
        return fastcloseWait;
    }

    long deadlineNanos() {
        return Math.min(deadlineNanos, fastcloseWait.deadlineNanos());
    }

    // ---- what the application wants ----

    void shutdownOutput() {
        if (!sender.isFinRequested()) {
            sender.requestFin();
            stack.enqueue(connection);
        }
    }

    void close() {
        closedByApplication = true;
        if (isFinished()) {
            receiver.close();
        } else if (receiver.readableBytes() > 0 || !(connection.wasConnected() || connection.isOpenedFast())) {
            abort();
        } else {
            shutdownOutput();
            stack.enqueue(connection); // the end may be acknowledged already: then only the wait for the peer's is left to be limited
        }
    }

    void abort() {
        closedByApplication = true;
        terminate(CloseReason.ABORTED, true);
        receiver.close();
    }

    /** Nobody will read what arrives after the application has closed (RFC 9293 section 3.6.1). */
    void abortIfUnwanted() {
        if (closedByApplication && !isFinished() && receiver.readableBytes() > 0) {
            if (!connection.isMptcp()) {
                subflows.getFirst().tcb.resetAnswersSegment();
            }
            terminate(CloseReason.ABORTED, true);
            receiver.close();
        }
    }

    // ---- what happens ----

    /** A join succeeded: the connection no longer waits for one. */
    void onRevived() {
        deadlineNanos = Long.MAX_VALUE;
    }

    void expire(long nowNanos) {
        if (fastcloseWait.expire(nowNanos)) {
            stack.enqueue(connection);
        }
        if (deadlineNanos <= nowNanos) {
            deadlineNanos = Long.MAX_VALUE;
            terminate(CloseReason.TIMED_OUT, true);
            forgetHalfClosed();
        }
    }

    void onLastSubflowClosed(Subflow subflow, TcpCloseReason how) {
        if (isFinished()) {
            return;
        }
        if (how == TcpCloseReason.FINISHED && isEndedByFins(subflow)) {
            finish(CloseReason.CLOSED);
            return;
        }
        boolean waits = connection.isMptcp() && connection.wasConnected() && connection.isFullyEstablished() && !isDataDone();
        if (waits) {
            // A join may revive it (break before make); one that failed does not buy more time.
            deadlineNanos = Math.min(deadlineNanos, stack.nowNanos() + stack.config().patience().closeTimeoutNanos());
        } else {
            finish(toCloseReason(how));
        }
    }

    /** The DATA_FIN may never have got through, but on the one subflow there was a FIN says the same, and it was acknowledged. */
    private boolean isEndedByFins(Subflow subflow) {
        return sender.isFinSent() && sender.dsnUna() == sender.dsnNxt() && receiver.isFinReceived() && connection.fallback().isPossible(subflow);
    }

    private CloseReason toCloseReason(TcpCloseReason how) {
        return switch (how) {
            case FINISHED -> CloseReason.CLOSED;
            case REFUSED -> CloseReason.REFUSED;
            case RESET -> isDataDone() ? CloseReason.CLOSED : CloseReason.RESET;
            // Errors that might have passed have not: RFC 9293 section 3.9.2.2 wants them told.
            case TIMED_OUT -> connection.pathError() == PathError.NONE ? CloseReason.TIMED_OUT : CloseReason.UNREACHABLE;
            case UNREACHABLE -> CloseReason.UNREACHABLE;
            case ABORTED -> CloseReason.ABORTED;
        };
    }

    /**
     * A peer must not keep what nobody here waits for, neither by silence nor by a window that stays closed: a finished connection, or one closed
     * by its application whose data does not get anywhere.
     */
    void limitLinger(long nowNanos) {
        boolean progress = sender.dsnUna() != lingerDsn;
        lingerDsn = sender.dsnUna();
        boolean waitsForPeer = isFinished() || closedByApplication;
        if (waitsForPeer && !subflows.isEmpty() && (progress || deadlineNanos == Long.MAX_VALUE)) {
            deadlineNanos = nowNanos + stack.config().patience().closeTimeoutNanos();
        }
    }

    /**
     * Subflows that were closed here and acknowledged, and whose peer never sent its FIN (Linux: tcp_fin_timeout). And those that still repeat
     * data which both sides have by other ways: RFC 8684 section 3.3.3 lets them be reset.
     */
    private void forgetHalfClosed() {
        for (Subflow subflow : List.copyOf(subflows)) {
            if (subflow.tcb.state() == TcpState.FIN_WAIT_2) {
                subflow.tcb.forget(TcpCloseReason.FINISHED);
            } else if (connection.isMptcp() && isDataDone() && subflow.tcb.state() != TcpState.TIME_WAIT) {
                subflow.reset(ResetReason.OUTSTANDING_DATA);
            }
        }
    }

    /** Everything written has been sent: now the end may be signalled. */
    void beginFin() {
        if (isFinished() || !connection.wasConnected() || !sender.isFinDue()) {
            return;
        }
        if (connection.isMptcp()) {
            sender.onFinSent();
            signalDataFin();
        } else if (!subflows.isEmpty()) {
            sender.onFinSent();
            subflows.getFirst().tcb.requestFin();
            connection.onPlainAck(subflows.getFirst()); // it may have been sent, and acknowledged, before the fallback
            stack.enqueue(connection);
        }
    }

    /** The DATA_FIN goes on every usable subflow, as on Linux: whichever is fastest ends the stream. */
    void signalDataFin() {
        for (int i = 0; i < subflows.size(); i++) {
            Subflow subflow = subflows.get(i);
            if (subflow.phase == Subflow.Phase.ESTABLISHED) {
                subflow.dataFinDue = true;
            }
        }
        connection.output().beginWithOldest();
        stack.enqueue(connection);
    }

    boolean isDataFinDueOn(Subflow subflow) {
        return subflow.dataFinDue && !sender.isFinAcked();
    }

    boolean takeDataFin(Subflow subflow) {
        boolean due = isDataFinDueOn(subflow);
        subflow.dataFinDue = false;
        return due;
    }

    /** Both streams have ended and both ends are known to know. */
    private boolean isDataDone() {
        return sender.isFinAcked() && receiver.isFinReceived();
    }

    void finishIfDone() {
        if (isFinished() || !connection.wasConnected() || !isDataDone()) {
            return;
        }
        boolean allEnding = true;
        for (int i = 0; i < subflows.size(); i++) {
            Subflow subflow = subflows.get(i);
            if (connection.isMptcp() && !subflow.tcb.isFinSent()) {
                if (subflow.phase == Subflow.Phase.ESTABLISHED) {
                    allEnding = false;
                    if (subflow.tcb.isFinRequested()) {
                        continue; // its link is not writable, or it has data to send again first
                    }
                    subflow.tcb.requestFin(); // section 3.3.3: once DATA_FINs are acknowledged all subflows are closed
                } else {
                    subflow.reset(ResetReason.UNSPECIFIED);
                    i--;
                }
                stack.enqueue(connection);
            }
        }
        if (allEnding) {
            finish(CloseReason.CLOSED);
        }
    }

    /**
     * Subflows in TIME-WAIT with nothing left to say: a table of a few fields does the rest, and neither the connection, its memory nor those who
     * want to hear of the end of a subflow wait for it.
     */
    void leaveInTimeWait() {
        if (!isFinished() && !connection.isMptcp()) {
            return;
        }
        for (int i = subflows.size() - 1; i >= 0; i--) {
            Subflow subflow = subflows.get(i);
            if (subflow.tcb.state() == TcpState.TIME_WAIT && !subflow.tcb.isAckDue() && !subflow.isSignalDue()) {
                subflow.leaveInTimeWait();
            }
        }
    }

    boolean isFinished() {
        return reason != CloseReason.NONE;
    }

    private void finish(CloseReason why) {
        reason = why;
        deadlineNanos = Long.MAX_VALUE;
        if (closedByApplication) {
            receiver.close();
        }
        if (connection.paths().wasCreated()) {
            stack.trace(PathEvent.Type.CLOSED, connection, null, why.name());
        }
        connection.application().raise(Readiness.CLOSED);
        stack.enqueue(connection);
    }

    /** Ends everything now. */
    void terminate(CloseReason why, boolean tellPeer) {
        if (isFinished()) {
            return;
        }
        finish(why);
        fastclosing = tellPeer && connection.isMptcp() && connection.wasConnected() && data.sequence.remoteKey() != 0;
        Subflow carrier = fastclosing && stack.config().wire().fastcloseOnAck() ? FastcloseWait.chooseCarrier(subflows) : null;
        if (carrier != null) {
            fastcloseWait = new FastcloseWait(carrier);
        }
        for (Subflow subflow : List.copyOf(subflows)) {
            if (subflow != carrier) {
                subflow.tcb.reset(TcpCloseReason.ABORTED);
            }
        }
    }

    /** @return whether the key was ours, and the connection is over */
    boolean onFastclose(long key) {
        if (!connection.isMptcp() || key != data.sequence.localKey()) {
            return false;
        }
        stack.count(Counter.MPFastcloseRx);
        for (int i = 0; i < subflows.size(); i++) {
            subflows.get(i).resetReason = ResetReason.UNSPECIFIED; // as Linux: the RSTs that answer it say so
        }
        if (fastcloseWait.isActive()) {
            fastcloseWait.onCrossed();
        }
        terminate(CloseReason.RESET, false);
        return true;
    }

    // ---- what is left ----

    boolean isRemoved() {
        return removed;
    }

    void removeIfDead() {
        if (!isFinished() || !subflows.isEmpty()) {
            return;
        }
        removed = true;
        sender.close();
        stack.remove(connection);
        clearKeysIfOver();
        connection.paths().onRemoved();
    }

    /** The stack goes away: memory is freed, nobody is told. */
    void discard() {
        for (Subflow subflow : List.copyOf(subflows)) {
            subflow.tcb.forget(TcpCloseReason.ABORTED);
        }
        sender.close();
        receiver.close();
    }

    /** Takes it away whatever state it is in; its parts are not to be relied on. */
    void bury() {
        for (Subflow subflow : List.copyOf(subflows)) {
            try {
                subflow.tcb.forget(TcpCloseReason.ABORTED);
            } catch (RuntimeException e) {
                stack.unregister(subflow);
            }
        }
        if (!removed) {
            removed = true;
            sender.close();
            receiver.close();
            stack.remove(connection);
        }
        clearKeysIfOver();
    }

    void onDying() {
        dyingSubflows++;
    }

    /** The RST of a subflow that had one to send has gone, or never will. */
    void onLastReset() {
        dyingSubflows--;
        clearKeysIfOver();
    }

    /** The last RSTs may still carry the key of the peer (MP_FASTCLOSE). */
    private void clearKeysIfOver() {
        if (removed && dyingSubflows == 0) {
            data.sequence.clearKeys();
        }
    }
}
