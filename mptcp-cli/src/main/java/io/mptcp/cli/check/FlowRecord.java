package io.mptcp.cli.check;

import io.mptcp.wire.MptcpOptions;
import io.mptcp.wire.PacketSlot;
import io.mptcp.wire.TcpOptions;
import io.mptcp.wire.TcpSegment;

/** What was seen of one TCP connection or subflow at our end of the path: what the wire said, whatever the stack made of it. */
final class FlowRecord {
    private static final int ECT_MASK = 3;

    private long synSentNanos;
    private int synCount;
    private boolean ecnAsked;
    private long handshakeRttNanos = -1;
    private SynAck synAck;
    private boolean reset;
    private int resetReason = -1;
    private int dssSegments;
    private int dataSegments;
    private int unmappedDataSegments;
    private int unmarkedDataSegments;
    private int segmentsWithoutTimestamps;
    private int largestSentBytes;
    private boolean mpFail;
    private boolean infiniteMapping;

    void onSent(PacketSlot slot, long nowNanos) {
        int flags = TcpSegment.flags(slot.buffer, slot.offset);
        if ((flags & TcpSegment.SYN) != 0) {
            synSentNanos = nowNanos;
            synCount++;
            ecnAsked = (flags & TcpSegment.ECE) != 0;
        }
        int headerBytes = TcpSegment.headerLength(slot.buffer, slot.offset);
        int payloadBytes = slot.totalLength() - headerBytes;
        int packetPayloadBytes = slot.segmentSize > 0 ? Math.min(slot.segmentSize, payloadBytes) : payloadBytes;
        largestSentBytes = Math.max(largestSentBytes, packetPayloadBytes + headerBytes + (slot.isIpv4() ? 20 : 40));
    }

    void onReceived(PacketSlot slot, TcpOptions options, long nowNanos) {
        int flags = TcpSegment.flags(slot.buffer, slot.offset);
        MptcpOptions mptcp = options.mptcp;
        if ((flags & TcpSegment.RST) != 0) {
            reset = true;
            resetReason = mptcp.has(MptcpOptions.MP_TCPRST) ? mptcp.resetReason : -1;
        } else if ((flags & TcpSegment.SYN) != 0) {
            onSynAck(flags, options, nowNanos);
        } else {
            onSegment(slot, options);
        }
        mpFail |= mptcp.has(MptcpOptions.MP_FAIL);
    }

    private void onSynAck(int flags, TcpOptions options, long nowNanos) {
        if (synAck == null) {
            // With a SYN that was sent twice nobody knows which one is answered (Karn's algorithm).
            handshakeRttNanos = synCount == 1 ? nowNanos - synSentNanos : -1;
            boolean ecn = (flags & (TcpSegment.ECE | TcpSegment.CWR)) == TcpSegment.ECE;
            synAck = SynAck.of(options, ecn, ecnAsked);
        }
    }

    private void onSegment(PacketSlot slot, TcpOptions options) {
        MptcpOptions mptcp = options.mptcp;
        int payloadBytes = slot.totalLength() - TcpSegment.headerLength(slot.buffer, slot.offset);
        if (mptcp.has(MptcpOptions.DSS)) {
            dssSegments++;
            infiniteMapping |= mptcp.hasMapping && mptcp.dataLevelLength == 0;
        }
        if (payloadBytes > 0) {
            dataSegments++;
            unmappedDataSegments += mptcp.has(MptcpOptions.DSS) || mptcp.has(MptcpOptions.MP_CAPABLE) ? 0 : 1;
            unmarkedDataSegments += (slot.ecn & ECT_MASK) == 0 ? 1 : 0;
        }
        segmentsWithoutTimestamps += options.hasTimestamps ? 0 : 1;
    }

    /** The first answer to the SYN, null while there is none. */
    SynAck synAck() {
        return synAck;
    }

    /** From the only SYN to its answer, -1 when unknown. */
    long handshakeRttNanos() {
        return handshakeRttNanos;
    }

    boolean isReset() {
        return reset;
    }

    /** Reason code of MP_TCPRST, -1 when the reset had none or none came. */
    int resetReason() {
        return resetReason;
    }

    /** Whether any segment behind the handshake came with a DSS. */
    boolean hasDss() {
        return dssSegments > 0;
    }

    /** Segments with payload that came. */
    int dataSegments() {
        return dataSegments;
    }

    /** Of these the ones without any mapping. */
    int unmappedDataSegments() {
        return unmappedDataSegments;
    }

    /** ECN was agreed on, and no data came marked as capable of it. */
    boolean isEcnCleared() {
        return synAck != null && synAck.ecn() && dataSegments > 0 && unmarkedDataSegments == dataSegments;
    }

    /** Timestamps were agreed on, and segments came without. */
    boolean isMissingTimestamps() {
        return synAck != null && synAck.timestamps() && segmentsWithoutTimestamps > 0;
    }

    /** The server found a wrong DSS checksum. */
    boolean isMpFailReceived() {
        return mpFail;
    }

    /** The server went on as plain TCP, and said so. */
    boolean isInfiniteMappingReceived() {
        return infiniteMapping;
    }

    /** Largest IP packet that was sent. */
    int largestSentBytes() {
        return largestSentBytes;
    }
}
