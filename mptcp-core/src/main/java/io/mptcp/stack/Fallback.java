package io.mptcp.stack;

import io.mptcp.spi.PathEvent;
import io.mptcp.tcp.IncomingSegment;
import io.mptcp.wire.MptcpOptions;
import io.mptcp.wire.OptionWriter;
import io.mptcp.wire.Seq;
import io.mptcp.wire.TcpSegment;
import java.util.List;

/**
 * The way from an established MPTCP connection back to TCP (RFC 8684 section 3.7): when it is still open, what starts it, and what each side
 * tells the other. It is open as long as all data has gone over one subflow with both sequence spaces side by side, so that the subflow's
 * order is the stream's; a second subflow or a reinjection ends that for good, as on Linux.
 */
final class Fallback {
    /** How long an MP_FAIL waits for its answer (Linux: TCP_RTO_MAX). */
    private static final long FAIL_TIMEOUT_NANOS = 120_000_000_000L;
    private static final int MP_FAIL_BYTES = 12;
    private static final int DSS_ACK_BYTES = 12;

    private final Connection connection;
    private final Stack stack;
    private boolean diverged;
    /** Null while it has not happened. */
    private String reason;

    /** This side found a wrong checksum, said so, and waits for the peer to go on as TCP. */
    private boolean failing;
    private boolean failDue;
    /** For the MP_FAIL, and until when its answer is waited for; null before there is one. */
    private Failure failure;
    /** The peer may not know of the fallback: the first new data carries it. Null otherwise. */
    private InfiniteMapping infiniteMapping;
    private boolean infiniteMappingDueOnAck;

    private record Failure(long dsn, long deadlineNanos) {
    }

    private static final class InfiniteMapping {
        private long dsn;
        private final long firstNewSsn;
        private long endSsn = -1;

        private InfiniteMapping(long dsn, long firstNewSsn) {
            this.dsn = dsn;
            this.firstNewSsn = firstNewSsn;
        }
    }

    Fallback(Connection connection) {
        this.connection = connection;
        this.stack = connection.stack;
    }

    /** Why it happened, null if it did not. */
    String reason() {
        return reason;
    }

    // ---- whether it is possible ----

    /** The order of some bytes on a subflow is no longer that of the stream. */
    void onDiverged() {
        diverged = true;
    }

    boolean isPossible(Subflow subflow) {
        return !diverged && !subflow.isJoin;
    }

    boolean isPossible(List<Subflow> subflows) {
        return subflows.size() == 1 && isPossible(subflows.getFirst());
    }

    // ---- options that do not get through ----

    /**
     * A peer that speaks MPTCP says something of it whenever it acknowledges data, though after our own FIN a TIME-WAIT may not; and on the FIN of
     * the only subflow as long as one of both streams has not ended for both.
     */
    boolean comesWithoutOptions(Subflow subflow, IncomingSegment segment) {
        boolean acksData = segment.acksNewData && subflow.tcb.sndUna() > 1 && !subflow.tcb.isFinSent();
        boolean ends = segment.has(TcpSegment.FIN) && isPossible(subflow)
                && !(connection.data().receiver.isFinReceived() && connection.data().sender.isFinAcked());
        return (acksData || ends) && segment.options.mptcp.present == 0;
    }

    /**
     * Options passed before and do not pass now, at least one way: on with TCP where that is still possible; otherwise there is no way back, and
     * the subflow is of no use.
     */
    void onOptionsLost(Subflow subflow) {
        if (isPossible(subflow)) {
            stack.count(Counter.DssFallback);
            begin("DssFallback", subflow, true);
        } else {
            stack.count(Counter.FallbackFailed);
            stack.count(Counter.DssReset);
            subflow.reset(ResetReason.MIDDLEBOX);
        }
    }

    /** @param tellsPeer it may not have noticed, and learns it from an infinite mapping */
    void begin(String why, Subflow subflow, boolean tellsPeer) {
        toTcp(why);
        connection.onPlainAck(subflow);
        if (tellsPeer) {
            infiniteMapping = new InfiniteMapping(connection.data().sender.dsnUna(), subflow.tcb.sndNxt());
        }
    }

    /** From now on this is a TCP connection. Relative data and subflow sequence numbers are the same there. */
    void toTcp(String why) {
        if (!connection.isMptcp()) {
            return;
        }
        connection.endMptcp();
        reason = why;
        closeJoins();
        connection.data().sender.onFallback();
        connection.data().receiver.onFallback();
        for (Subflow subflow : List.copyOf(connection.subflows())) {
            subflow.receiver.onFallback();
        }
        stack.localKeys().forget(connection);
        stack.trace(PathEvent.Type.FALLBACK, connection, null, why);
    }

    /** One subflow is left. Joins under way come to nothing, and none has carried data, or there would be no fallback. */
    private void closeJoins() {
        for (Subflow subflow : List.copyOf(connection.subflows())) {
            if (subflow.isJoin) {
                subflow.reset(ResetReason.MPTCP);
            }
        }
    }

    /** RFC 8684 does not say what becomes of MPTCP when both sides open; as Linux does, the connection goes on as TCP. */
    void onSimultaneousOpen() {
        if (connection.isMptcp()) {
            stack.count(Counter.SimultConnectFallback);
            toTcp("SimultConnectFallback");
        }
    }

    // ---- data that was changed on the way ----

    /** A mapping that starts at {@code dsn} failed its checksum: nothing from there on is to be trusted. */
    void onChecksumFailure(Subflow subflow, long dsn) {
        stack.count(Counter.DataCsumErr);
        if (isPossible(subflow)) {
            failing = true;
            failDue = true;
            failure = new Failure(dsn, stack.nowNanos() + FAIL_TIMEOUT_NANOS);
            closeJoins();
            stack.enqueue(connection);
        } else {
            stack.count(Counter.DSSCorruptionReset);
            giveUp(subflow, dsn);
        }
    }

    private void giveUp(Subflow subflow, long dsn) {
        failing = false;
        subflow.failedDsn = dsn;
        subflow.reset(ResetReason.MIDDLEBOX);
    }

    /** Between the MP_FAIL and its answer: received data is kept and neither delivered nor acknowledged at the data level. */
    boolean isFailing() {
        return failing;
    }

    long deadlineNanos() {
        return failing ? failure.deadlineNanos : Long.MAX_VALUE;
    }

    void expire(long nowNanos) {
        if (deadlineNanos() <= nowNanos) {
            giveUp(connection.subflows().getFirst(), failure.dsn);
        }
    }

    void onSubflowClosed() {
        failing = false;
    }

    /** Payload has come although this side waits for the peer to change over: it may not have heard. */
    void repeatFail() {
        failDue = failing;
    }

    /**
     * MP_FAIL on an acknowledgment. It answers ours, or asks for the fallback: then it is answered, and all that has not been acknowledged at
     * the data level counts as TCP's, retroactively.
     */
    void onFail(Subflow subflow, long wireDsn) {
        DataSender sender = connection.data().sender;
        if (failing) {
            onAnswered(subflow);
            return;
        }
        long dsn = connection.data().sequence.ackFromWire(wireDsn, true, sender.dsnUna());
        if (dsn < sender.dsnUna() || dsn > sender.dsnNxt()) {
            return; // nothing that is outstanding
        }
        if (!isPossible(subflow)) {
            stack.count(Counter.FallbackFailed);
            sender.reinject(dsn, sender.dsnNxt());
            subflow.reset(ResetReason.MIDDLEBOX);
            return;
        }
        failDue = true;
        failure = new Failure(connection.data().receiver.rcvNxt(), Long.MAX_VALUE);
        long intactDsn = sender.dsnUna();
        begin("MPFailRx", subflow, true);
        infiniteMapping.dsn = intactDsn;
        stack.enqueue(connection);
    }

    private void onAnswered(Subflow subflow) {
        stack.count(Counter.DSSCorruptionFallback);
        begin("DSSCorruptionFallback", subflow, false);
        failing = false;
        failDue = false;
    }

    /** A RST with MP_FAIL: whatever this subflow brought from there on was thrown away, acknowledged by the subflow or not. */
    void onFailOnReset(long wireDsn) {
        DataSender sender = connection.data().sender;
        long dsn = Math.max(connection.data().sequence.ackFromWire(wireDsn, true, sender.dsnUna()), sender.dsnUna());
        if (dsn < sender.dsnNxt()) {
            sender.reinject(dsn, sender.dsnNxt());
        }
    }

    // ---- infinite mappings ----

    /** The peer goes on as TCP. @return false when that is not possible any more, and the subflow was reset */
    boolean onInfiniteMapping(Subflow subflow, MptcpOptions mptcp) {
        stack.count(Counter.InfiniteMapRx);
        boolean sideBySide = connection.data().toDsn(mptcp) == Seq.extend(mptcp.ssn, subflow.tcb.rcvNxt());
        if (!isPossible(subflow) || !sideBySide) {
            stack.count(Counter.FallbackFailed);
            subflow.reset(ResetReason.MPTCP);
            return false;
        }
        if (failing) {
            onAnswered(subflow);
        } else {
            begin("InfiniteMapRx", subflow, false);
        }
        return true;
    }

    /** Whether data goes with an infinite mapping: it is repeated until the first new data after the fallback has arrived. */
    boolean sendsInfiniteMapping(Subflow subflow) {
        return infiniteMapping != null && (infiniteMapping.endSsn < 0 || subflow.tcb.sndUna() < infiniteMapping.endSsn);
    }

    /**
     * A segment after the fallback. Options mean nothing any more, but that there is a DSS shows that the peer has not noticed: it is told, even if
     * there is no data to tell it with. And what it sends a second time, to another place of the stream, must not be taken for new data.
     *
     * @return false when the segment is not to be looked at further
     */
    boolean onSegmentAfter(Subflow subflow, IncomingSegment segment) {
        MptcpOptions mptcp = segment.options.mptcp;
        boolean infinite = mptcp.hasMapping && mptcp.dataLevelLength == 0;
        if (!mptcp.has(MptcpOptions.DSS) || infinite || connection.data().sequence.remoteKey() == 0) {
            return true;
        }
        boolean mapsPayload = mptcp.hasMapping && segment.payloadLength > 0;
        if (mapsPayload && connection.data().toDsn(mptcp) != Seq.extend(mptcp.ssn, subflow.tcb.rcvNxt())) {
            stack.count(Counter.FallbackFailed);
            subflow.reset(ResetReason.MPTCP);
            return false;
        }
        if (sendsInfiniteMapping(subflow)) {
            infiniteMappingDueOnAck = true;
            stack.enqueue(connection);
        }
        return true;
    }

    // ---- what goes out ----

    boolean isSignalDue() {
        return failDue || infiniteMappingDueOnAck;
    }

    /** Option bytes of what is due on the next pure acknowledgment, 0 when nothing is. */
    int pendingBytes() {
        if (failDue) {
            return connection.isMptcp() ? MP_FAIL_BYTES + DSS_ACK_BYTES : MP_FAIL_BYTES;
        }
        return infiniteMappingDueOnAck ? SubflowOptions.MAX_DSS_BYTES : 0;
    }

    /** @return whether anything was due, and was written */
    boolean writePending(OptionWriter writer) {
        DataLevel data = connection.data();
        if (failDue) {
            failDue = false;
            stack.count(Counter.MPFailTx);
            writer.mpFail(data.sequence.peerToWire(failure.dsn));
            if (connection.isMptcp()) {
                writer.dssAck(true, data.wireDataAck());
            }
            return true;
        }
        if (infiniteMappingDueOnAck) {
            infiniteMappingDueOnAck = false;
            writeInfiniteMapping(writer);
            return true;
        }
        return false;
    }

    /** @param endSsn end of the data it goes with */
    void writeInfiniteMapping(OptionWriter writer, long endSsn) {
        if (infiniteMapping.endSsn < 0 && endSsn > infiniteMapping.firstNewSsn) {
            infiniteMapping.endSsn = endSsn; // what was sent before may have arrived before, and would not be looked at again
        }
        writeInfiniteMapping(writer);
    }

    /** Length 0, and checksum 0 where there are checksums. It holds from the last data that was acknowledged as intact. */
    private void writeInfiniteMapping(OptionWriter writer) {
        int noChecksum = connection.data().isChecksumOn() ? 0 : -1;
        long wireDsn = connection.data().toWireDsn(infiniteMapping.dsn);
        writer.dssMapping(false, false, 0, true, wireDsn, (int) infiniteMapping.dsn, 0, false, noChecksum);
        stack.count(Counter.InfiniteMapTx);
    }
}
