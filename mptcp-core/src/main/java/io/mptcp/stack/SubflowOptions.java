package io.mptcp.stack;

import io.mptcp.buffer.SegmentLog;
import io.mptcp.tcp.SegmentKind;
import io.mptcp.wire.OptionWriter;

/** Which MPTCP options a segment of a subflow carries, by kind of segment and state of the connection. */
final class SubflowOptions {
    /** DSS with 64-bit DATA_ACK and 64-bit mapping, padded; the same size with a checksum. */
    static final int MAX_DSS_BYTES = 28;
    private static final int DSS_ACK_BYTES = 12;
    /** DSS with a mapping and no DATA_ACK, padded; the same size with a checksum. */
    private static final int DSS_MAPPING_BYTES = 20;
    /** A subflow counts as established at the peer when a DATA_ACK came by it (Linux resets a join whose first data brings none): the beginning has them all. */
    private static final int BEGINNING_BYTES = 16 * 1024;
    private static final int MP_CAPABLE_ACK_BYTES = 20;
    private static final int MP_JOIN_ACK_BYTES = 24;

    private final Subflow subflow;
    private final Connection connection;
    /** The keys went out with the last pure acknowledgment: a DATA_FIN may follow. */
    private boolean keysSent;
    /** Full segments of data have no DATA_ACK, and are longer by as much. */
    private boolean leavesDataAckOut;

    SubflowOptions(Subflow subflow) {
        this.subflow = subflow;
        this.connection = subflow.connection;
    }

    /** @return whether the segment tells the peer of all that has come from it */
    boolean write(SegmentKind kind, long ssn, int logIndex, OptionWriter writer) {
        switch (kind) {
            case SYN -> writeSyn(writer);
            case SYN_ACK -> writeSynAck(writer);
            case ACK -> writeAck(ssn, writer);
            case FIN -> writeFin(ssn, writer);
            case DATA -> {
                return writeData(logIndex, writer);
            }
            case RST -> writeReset(writer);
        }
        return true;
    }

    /** Bytes that every data segment keeps free. */
    int dataOptionBytes() {
        if (connection.isMptcp()) {
            return leavesDataAckOut ? DSS_MAPPING_BYTES : MAX_DSS_BYTES;
        }
        return connection.fallback().sendsInfiniteMapping(subflow) ? MAX_DSS_BYTES : 0;
    }

    /**
     * While the stream goes one way, a DATA_ACK would say the same again and again. It need not be on every segment (RFC 8684 section 3.3.2), and
     * eight octets are half a percent of what a path carries. What little comes from the peer is acknowledged by segments of its own.
     *
     * @return whether {@link #dataOptionBytes} changed
     */
    boolean updateDataAck() {
        boolean before = leavesDataAckOut;
        leavesDataAckOut = connection.isMptcp() && subflow.tcb.sndUna() > BEGINNING_BYTES && connection.data().isOneWay(before);
        return leavesDataAckOut != before;
    }

    int ackOptionBytes() {
        if (!connection.isMptcp()) {
            return connection.fallback().pendingBytes();
        }
        if (subflow.phase == Subflow.Phase.PRE_ESTABLISHED) {
            return MP_JOIN_ACK_BYTES;
        }
        if (repeatsMpCapable(subflow.tcb.sndNxt()) && !isDataFinNext()) {
            return MP_CAPABLE_ACK_BYTES;
        }
        if (connection.fallback().isSignalDue()) {
            return connection.fallback().pendingBytes();
        }
        int signalBytes = connection.signals().pendingBytes(subflow);
        if (signalBytes > 0) {
            return signalBytes;
        }
        return connection.closing().isDataFinDueOn(subflow) ? MAX_DSS_BYTES : DSS_ACK_BYTES;
    }

    private void writeSyn(OptionWriter writer) {
        if (subflow.isJoin) {
            writer.mpJoinSyn(subflow.localBackup, subflow.localAddressId, connection.data().sequence.remoteToken(), subflow.join.localNonce());
            subflow.stack.count(Counter.MPJoinSynTx);
            return;
        }
        if (connection.fastOpen() != null) {
            connection.fastOpen().writeOption(writer, subflow.tcb.timeouts() > 0, subflow.tcb.isSynSent());
        }
        if (connection.handshake().offersMptcp(subflow)) {
            writer.mpCapableSyn(Handshake.VERSION, connection.handshake().flags());
            subflow.stack.count(Counter.MPCapableSYNTX);
        }
    }

    private void writeSynAck(OptionWriter writer) {
        if (subflow.fastOpenCookie != null) {
            FastOpenCookies.write(writer, subflow.fastOpenCookie, subflow.fastOpenExperimental, connection.isMptcp() ? SynQueue.MP_CAPABLE_SYN_ACK_BYTES : 0);
        }
        if (subflow.isJoin) {
            writer.mpJoinSynAck(subflow.localBackup, subflow.localAddressId, subflow.join.synAckHmac(), subflow.join.localNonce());
        } else if (connection.isMptcp()) {
            writer.mpCapableSynAck(Handshake.VERSION, connection.handshake().flags(), connection.data().sequence.localKey());
        }
    }

    /** RFC 8684 section 3.1: the keys go with everything that starts at the first byte, until the peer has shown that it got them. */
    private boolean repeatsMpCapable(long ssn) {
        return !subflow.isJoin && subflow.isActive && !connection.isFullyEstablished() && ssn == 1;
    }

    /** MP_CAPABLE and a DATA_FIN have no room beside each other, so a peer that may not have the keys yet gets one after the other. */
    private boolean isDataFinNext() {
        return keysSent && connection.closing().isDataFinDueOn(subflow);
    }

    /** Something waits for a pure acknowledgment to go with: the keys may have to go first, or a retransmission may have gone before. */
    boolean isSignalDue() {
        if (connection.isFastclosing()) {
            return connection.closing().fastcloseWait().isDueOn(subflow);
        }
        if (!subflow.isJoin && connection.fallback().isSignalDue()) {
            return true;
        }
        return connection.isMptcp() && isDataSignalDue();
    }

    private boolean isDataSignalDue() {
        return connection.closing().isDataFinDueOn(subflow) || (isAddressSignalDue() && subflow.signalPace().maySend(subflow.stack.nowNanos()));
    }

    private boolean isAddressSignalDue() {
        return connection.signals().pendingBytes(subflow) > 0 && !repeatsMpCapable(subflow.tcb.sndNxt());
    }

    /** When a signal that must not follow others too closely may go; Long.MAX_VALUE when there is none. */
    long signalDeadlineNanos(long nowNanos) {
        long deadline = subflow.signalPaceDeadlineNanos(nowNanos);
        boolean waits = deadline < Long.MAX_VALUE && connection.isMptcp() && subflow.phase == Subflow.Phase.ESTABLISHED && isAddressSignalDue();
        return waits ? deadline : Long.MAX_VALUE;
    }

    /** The FIN is repeated until it is answered, and so is what goes with it. */
    private void writeFin(long ssn, OptionWriter writer) {
        subflow.dataFinDue |= connection.data().sender.isFinSent() && !connection.data().sender.isFinAcked();
        writeAck(ssn, writer);
    }

    /** The next that goes out is the DATA_FIN, not the keys again. */
    void beginWithDataFin() {
        keysSent = true;
    }

    private void writeAck(long ssn, OptionWriter writer) {
        if (subflow.phase == Subflow.Phase.HANDSHAKE) {
            return; // a challenge in SYN-RECEIVED
        }
        if (!connection.isMptcp()) {
            connection.fallback().writePending(writer);
            return;
        }
        if (connection.closing().fastcloseWait().isCarrier(subflow)) {
            writer.mpFastclose(connection.data().sequence.remoteKey());
            if (connection.closing().fastcloseWait().isDueOn(subflow)) {
                subflow.stack.count(Counter.MPFastcloseTx);
            }
            connection.closing().fastcloseWait().onSent(subflow.stack.nowNanos());
            return;
        }
        if (subflow.phase == Subflow.Phase.PRE_ESTABLISHED) {
            writer.mpJoinAck(subflow.join.ackHmac());
        } else if (repeatsMpCapable(ssn) && !isDataFinNext()) {
            keysSent = true;
            writer.mpCapableAck(Handshake.VERSION, connection.handshake().flags(), connection.data().sequence.localKey(), connection.data().sequence.remoteKey());
        } else if (!subflow.isJoin && connection.fallback().writePending(writer)) {
            return; // MP_FAIL comes before anything else there is to say
        } else if (connection.signals().writePending(subflow, writer)) {
            if (!subflow.tcb.isAckDue()) {
                subflow.signalPace().onSent(subflow.stack.nowNanos());
            }
            if (connection.stack.config().wire().dssBesideSignals()) {
                writer.dssAck(connection.data().isDataAck8(), connection.data().wireDataAck()); // or not, when there is no room
            }
        } else if (connection.closing().takeDataFin(subflow)) {
            keysSent = false;
            writer.dssMapping(true, connection.data().isDataAck8(), connection.data().wireDataAck(), true, connection.data().toWireDsn(connection.data().sender.finDsn()), 0, 1, true,
                    connection.data().dataFinChecksum());
        } else {
            writer.dssAck(connection.data().isDataAck8(), connection.data().wireDataAck());
        }
    }

    private boolean writeData(int logIndex, OptionWriter writer) {
        SegmentLog log = subflow.tcb.log();
        if (!connection.isMptcp()) {
            if (connection.fallback().sendsInfiniteMapping(subflow)) {
                connection.fallback().writeInfiniteMapping(writer, log.endSsn(logIndex));
            }
            return true;
        }
        if (repeatsMpCapable(log.mapSsn(logIndex))) {
            writer.mpCapableData(Handshake.VERSION, connection.handshake().flags(), connection.data().sequence.localKey(), connection.data().sequence.remoteKey(),
                    log.mapLength(logIndex), log.mapChecksum(logIndex));
            return true;
        }
        // What answers data of a SYN may be sent before the peer's key is known (erratum 6609 to appendix B): there is nothing to acknowledge yet.
        boolean early = connection.data().sequence.remoteKey() == 0;
        boolean acks = !early && hasRoomForDataAck(log.payloadLength(logIndex));
        // A retransmitted piece repeats the mapping of the whole: once declared it never changes (section 3.3.1).
        writer.dssMapping(acks, connection.data().isDataAck8(), connection.data().wireDataAck(), true, connection.data().toWireDsn(log.mapDsn(logIndex)), (int) log.mapSsn(logIndex),
                log.mapLength(logIndex), false, log.mapChecksum(logIndex));
        return acks || early;
    }

    private boolean hasRoomForDataAck(int payloadLength) {
        return !leavesDataAckOut || payloadLength <= subflow.tcb.payloadMssBytes() - (MAX_DSS_BYTES - DSS_MAPPING_BYTES);
    }

    private void writeReset(OptionWriter writer) {
        if (!connection.wasMptcp()) {
            return;
        }
        FastcloseWait wait = connection.closing().fastcloseWait();
        if (connection.isFastclosing() && (!connection.stack.config().wire().fastcloseOnAck() || wait.isCarrier(subflow))) {
            writer.mpFastclose(connection.data().sequence.remoteKey());
            subflow.stack.count(Counter.MPFastcloseTx);
        } else if (subflow.resetReason >= 0) {
            if (subflow.failedDsn >= 0) {
                writer.mpFail(connection.data().sequence.peerToWire(subflow.failedDsn));
                subflow.stack.count(Counter.MPFailTx);
            }
            writer.mpTcpRst(subflow.resetReason, subflow.resetReason == ResetReason.RESOURCES);
        }
    }
}
