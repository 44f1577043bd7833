package io.mptcp.tcp;

import io.mptcp.wire.OptionWriter;
import io.mptcp.wire.PacketSlot;
import java.lang.foreign.MemorySegment;

/**
 * What TCP needs from the layer above it, and all it tells that layer. Called on the stack's thread, never re-entrantly into the same
 * {@link Tcb}; the implementation may call the Tcb's {@code request} and {@code reset} methods, which only record.
 */
public interface UpperLayer {
    /** What the application chose; may change from call to call. */
    SocketOptions socketOptions();

    /**
     * Adds the upper layer's options to a segment, behind TCP's own. {@code logIndex} is the entry being sent for DATA, else -1.
     *
     * @return whether the segment acknowledges all there is to acknowledge; if not, an acknowledgment that is due remains so
     */
    boolean writeOptions(SegmentKind kind, long ssn, int logIndex, OptionWriter writer);

    /** Option bytes kept free on every data segment for this layer, so that the payload size stays the same from segment to segment; see {@link Tcb#onDataOptionBytes}. */
    int dataOptionBytes();

    /** Option bytes this layer needs on a pure acknowledgment; SACK blocks get what remains. */
    int ackOptionBytes();

    /** Whether an option of this layer waits for a pure acknowledgment, which is then sent even if nothing else asks for it. */
    boolean isSignalDue();

    /** The value for the 16-bit window field, with {@code shift} applied. The right edge it implies never moves left. */
    int windowField(int shift);

    /** Bytes from RCV.NXT, or from the next byte of the data stream, to the right edge that was advertised. */
    long promisedWindowBytes();

    /** Whether the windows the peer advertises are this connection's own (TCP), rather than those of a data level above it. */
    boolean isWindowOfSubflow();

    /** Bytes behind RCV.NXT that a segment may occupy to be acceptable (RFC 9293 section 3.10.7.4). */
    long acceptanceWindowBytes();

    /** Bytes of new data that would be sent now if there were room for it, 0 if they might as well go elsewhere. */
    long newDataBytes();

    /** Puts {@code length} payload bytes of data sequence number {@code dsn} behind the header, at {@code offset} of the slot's buffer, or by reference. */
    void writePayload(long dsn, int length, PacketSlot out, int offset);

    /**
     * Payload to go with the SYN whose options have just been written (RFC 7413): the first bytes of the stream, as {@link #writePayload} gives them.
     *
     * @param roomBytes   what the packet has room for
     * @param optionBytes option bytes of the SYN
     */
    int synPayloadBytes(int roomBytes, int optionBytes);

    /**
     * The SYN/ACK is acceptable as TCP. Relative numbers begin behind what it acknowledges.
     *
     * @param synPayloadAckedBytes of what went with the SYN
     * @return false to refuse the connection; the upper layer has then asked for a reset
     */
    boolean onSynAck(IncomingSegment segment, int synPayloadAckedBytes);

    /** Both sides have sent a SYN, and ours is acknowledged with so many bytes of the payload that went with it. */
    void onSynPayloadAcked(int bytes);

    /** The ACK that completes a passive handshake is acceptable as TCP. @return false to drop it (a reset may have been asked for) */
    boolean onHandshakeAck(IncomingSegment segment);

    /** The connection reached ESTABLISHED. */
    void onEstablished();

    /**
     * An acceptable segment of an established connection, after its ACK and before its payload was dealt with.
     *
     * @return false to drop the payload and FIN without acknowledging them
     */
    boolean onSegment(IncomingSegment segment);

    /**
     * Payload at relative sequence number {@code ssn}, possibly out of order, possibly overlapping what came before.
     *
     * @return false when it cannot be kept: it is then not acknowledged and will be sent again
     */
    boolean onPayload(long ssn, MemorySegment buffer, long offset, int length);

    /** Payload up to RCV.NXT is contiguous now. */
    void onContiguous(long rcvNxt);

    /** SND.UNA advanced. */
    void onAcked(IncomingSegment segment);

    /** The retransmission timer expired for the {@code count}th time in a row, or a loss probe went unanswered. */
    void onRetransmissionTimeout(int count);

    /** Retransmissions of a SYN or SYN/ACK before the connection is given up (R2 of RFC 9293 section 3.8.3). */
    int synRetries();

    /** R1 of RFC 9293 section 3.8.3: so many retransmissions in a row that the application may want to know. */
    void onUnresponsive();

    /** An idle peer is probed. */
    void onKeepAlive();

    /** A SYN came in SYN-SENT: both sides have opened (RFC 9293 section 3.5). @return false to refuse; the upper layer has then asked for a reset */
    boolean onSimultaneousOpen();

    /** The peer has announced urgent data up to relative number {@code endSsn}, exclusive. */
    void onUrgent(long endSsn);

    /** Nothing has been heard for two round trips (RFC 8985 section 7): the end of what was sent is about to be sent again. */
    void onLossProbe();

    /** A recovery proved to have been for nothing, after a timeout or after what looked like losses. */
    void onSpuriousRecovery(boolean afterTimeout);

    /** A larger segment sent to probe the path MTU arrived, or was lost. */
    void onMtuProbe(boolean success);

    /** The peer's FIN is in order: no more payload. */
    void onFin();

    /** A valid RST arrived; {@link #onClosed} follows. */
    void onReset(IncomingSegment segment);

    /** The connection is CLOSED, for good. */
    void onClosed(TcpCloseReason reason);
}
