package io.mptcp.stack;

import io.mptcp.spi.PathEvent;
import io.mptcp.tcp.IncomingSegment;
import io.mptcp.wire.MptcpOptions;
import io.mptcp.wire.TcpSegment;

/**
 * The MP_CAPABLE handshake of a connection (RFC 8684 section 3.1) and the decision, at each of its steps, whether the connection is
 * MPTCP or falls back to TCP (section 3.7).
 */
final class Handshake {
    static final int VERSION = 1;

    private final Connection connection;
    private int flags;
    private boolean complete;
    private boolean peerDeniesJoinToInitialAddress;
    /** SYNs with MP_CAPABLE went unanswered, and one without is under way. */
    private boolean droppedMpCapable;

    Handshake(Connection connection, boolean asksForChecksum) {
        this.connection = connection;
        flags = flags(connection.stack.config(), asksForChecksum);
    }

    /** Flags octet of an MP_CAPABLE of this side. */
    static int flags(StackConfig config, boolean checksum) {
        return MptcpOptions.FLAG_HMAC_SHA256 | (checksum ? MptcpOptions.FLAG_CHECKSUM : 0)
                | (config.allowJoinInitialAddress() ? 0 : MptcpOptions.FLAG_DENY_JOIN_ID0);
    }

    /** Flags octet this side puts in its MP_CAPABLE. */
    int flags() {
        return flags;
    }

    /** The peer has shown at the data level that MPTCP works both ways. */
    boolean isComplete() {
        return complete;
    }

    /** It opens no subflows to the address of the first one, and wants none opened there. */
    boolean peerDeniesJoinToInitialAddress() {
        return peerDeniesJoinToInitialAddress;
    }

    private void settleChecksum(boolean on) {
        flags = flags(connection.stack.config(), on);
        connection.data().setChecksumOn(on);
    }

    // ---- active side ----

    boolean offersMptcp(Subflow subflow) {
        if (!connection.isMptcp()) {
            return false;
        }
        Stack stack = subflow.stack;
        if (subflow.tcb.timeouts() == 0 && stack.blackholeTable().isActive(subflow.linkId, connection.remote().address(), stack.nowNanos())) {
            stack.count(Counter.MPCapableSYNTXDisabled);
            connection.fallback().toTcp("MPCapableSYNTXDisabled");
            return false;
        }
        if (subflow.tcb.timeouts() > stack.config().patience().synRetransBeforeTcpFallback()) {
            stack.count(Counter.MPCapableSYNTXDrop);
            connection.fallback().toTcp("MPCapableSYNTXDrop");
            droppedMpCapable = true;
            return false;
        }
        return true;
    }

    boolean onSynAck(Subflow subflow, MptcpOptions mptcp) {
        Stack stack = subflow.stack;
        if (!connection.isMptcp()) {
            if (droppedMpCapable && !mptcp.has(MptcpOptions.MP_CAPABLE)) { // with it, this answers an earlier SYN
                stack.count(Counter.Blackhole);
                stack.blackholeTable().onFound(subflow.linkId, connection.remote().address(), stack.nowNanos(), stack.config().patience().blackholeTimeoutNanos());
                stack.trace(PathEvent.Type.BLACKHOLE, connection, subflow, "");
            }
            return true;
        }
        boolean valid = mptcp.has(MptcpOptions.MP_CAPABLE) && mptcp.mpCapableLength == 12 && mptcp.version == VERSION
                && acceptableFlags(mptcp.mpCapableFlags) && !isChecksumRefused(stack.config(), mptcp.mpCapableFlags) && mptcp.senderKey != 0;
        if (!valid) {
            subflow.stack.count(Counter.MPCapableFallbackSYNACK);
            connection.fallback().toTcp("MPCapableFallbackSYNACK");
            return true;
        }
        stack.count(Counter.MPCapableSYNACKRX);
        stack.blackholeTable().onSuccess(subflow.linkId, connection.remote().address());
        connection.data().sequence.setRemoteKey(mptcp.senderKey);
        peerDeniesJoinToInitialAddress = (mptcp.mpCapableFlags & MptcpOptions.FLAG_DENY_JOIN_ID0) != 0;
        boolean checksum = ((flags | mptcp.mpCapableFlags) & MptcpOptions.FLAG_CHECKSUM) != 0;
        settleChecksum(checksum);
        return true;
    }

    // ---- passive side ----

    /** Whether a SYN's MP_CAPABLE is one to answer: version 1 or newer, HMAC-SHA256 offered, no extensibility (section 3.1). */
    static boolean isAcceptableSyn(MptcpOptions mptcp) {
        return mptcp.has(MptcpOptions.MP_CAPABLE) && mptcp.mpCapableLength == 4 && mptcp.version >= VERSION
                && acceptableFlags(mptcp.mpCapableFlags);
    }

    private static boolean acceptableFlags(int flags) {
        return (flags & MptcpOptions.FLAG_EXTENSIBILITY) == 0 && (flags & MptcpOptions.FLAG_HMAC_SHA256) != 0;
    }

    /** Section 3.1: a host unwilling to use checksums falls back to TCP where the peer asks for them. */
    static boolean isChecksumRefused(StackConfig config, int flags) {
        return config.checksums() == ChecksumPolicy.NEVER && (flags & MptcpOptions.FLAG_CHECKSUM) != 0;
    }

    /** @param mpCapableFlags flags octet of the SYN's MP_CAPABLE */
    void onSyn(int mpCapableFlags) {
        peerDeniesJoinToInitialAddress = (mpCapableFlags & MptcpOptions.FLAG_DENY_JOIN_ID0) != 0;
        settleChecksum(((flags | mpCapableFlags) & MptcpOptions.FLAG_CHECKSUM) != 0);
    }

    /**
     * A segment came before the third ACK it must have been sent after: the peer repeats the keys until it hears a DSS.
     *
     * @param offset sequence number, less the first behind the SYN
     */
    static boolean overtookThirdAck(MptcpOptions mptcp, long offset) {
        return !mptcp.has(MptcpOptions.MP_CAPABLE) && (mptcp.has(MptcpOptions.DSS) || offset > 0);
    }

    boolean onHandshakeAck(Subflow subflow, IncomingSegment segment) {
        if (!connection.isMptcp()) {
            return true;
        }
        MptcpOptions mptcp = segment.options.mptcp;
        if (overtookThirdAck(mptcp, segment.ssn - 1)) {
            return false;
        }
        boolean valid = mptcp.has(MptcpOptions.MP_CAPABLE) && mptcp.mpCapableLength >= 20 && mptcp.version == VERSION
                && acceptableFlags(mptcp.mpCapableFlags) && mptcp.senderKey != 0
                && mptcp.receiverKey == connection.data().sequence.localKey();
        if (!valid) {
            subflow.stack.count(Counter.MPCapableFallbackACK);
            connection.fallback().toTcp("MPCapableFallbackACK");
            return true;
        }
        subflow.stack.count(Counter.MPCapableACKRX);
        connection.data().sequence.setRemoteKey(mptcp.senderKey);
        if (subflow.tcb.sndNxt() > 1) {
            subflow.tcb.requestAck(); // what was sent early went without a DATA_ACK, for which the client waits
        }
        connection.paths().onKeysExchanged();
        return true;
    }

    // ---- both: until the peer has proved at the data level that options pass ----

    /**
     * A segment of the initial subflow. Until the first DSS (or MP_CAPABLE with data) has come, anything else that carries or acknowledges
     * data means that options do not get through: the connection goes on as TCP (section 3.7).
     *
     * @return false when the segment is not to be looked at further as MPTCP
     */
    boolean onSegment(Subflow subflow, IncomingSegment segment) {
        MptcpOptions mptcp = segment.options.mptcp;
        if (complete) {
            boolean lost = connection.fallback().comesWithoutOptions(subflow, segment);
            if (lost) {
                connection.fallback().onOptionsLost(subflow);
            }
            return !lost;
        }
        boolean dataWithKeys = mptcp.hasMpCapableMapping() && !subflow.isActive;
        if (mptcp.has(MptcpOptions.DSS) && subflow.isActive && !mptcp.hasDataAck) {
            return true; // sent before the server had our key: says nothing of whether it has it
        }
        if (mptcp.has(MptcpOptions.DSS) || dataWithKeys || connection.signals().isAddAddrOfPeer(mptcp)) {
            complete();
            return true;
        }
        boolean keys = mptcp.has(MptcpOptions.MP_CAPABLE) && !subflow.isActive && mptcp.receiverKey == connection.data().sequence.localKey();
        boolean acksData = segment.acksNewData && subflow.tcb.sndUna() > 1;
        boolean endsStream = segment.has(TcpSegment.FIN); // an MPTCP peer would have sent a DATA_FIN before
        if (segment.payloadLength == 0 && !endsStream && (!acksData || keys)) {
            return true; // a bare third ACK, or a repeated one: says nothing
        }
        subflow.stack.count(Counter.MPCapableDataFallback);
        connection.fallback().begin("MPCapableDataFallback", subflow, acksData);
        return false;
    }

    /** The peer has shown at the data level that MPTCP works both ways: joins may start (section 3.1). */
    void complete() {
        if (complete) {
            return;
        }
        complete = true;
        if (connection.listener() == null && connection.data().receiver.bytesReceived() > 0 && !connection.subflows().isEmpty()) {
            connection.subflows().getFirst().tcb.requestAck(); // data that came first was acknowledged with the keys, which left no room for a DATA_ACK
        }
        announceInitialPriority();
        connection.stack.trace(PathEvent.Type.ESTABLISHED, connection, null, "");
        connection.paths().onEstablished();
    }

    /** MP_CAPABLE has no bit for it (section 3.3.8): what is backup from the beginning has to be told of. */
    private void announceInitialPriority() {
        SubflowSet subflows = connection.subflows();
        for (int i = 0; i < subflows.size(); i++) {
            Subflow subflow = subflows.get(i);
            if (!subflow.isJoin && subflow.localBackup) {
                connection.signals().announcePriority(subflow);
                connection.stack.enqueue(connection);
            }
        }
    }
}
