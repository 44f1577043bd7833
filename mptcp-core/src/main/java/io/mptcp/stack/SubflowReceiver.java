package io.mptcp.stack;

import io.mptcp.buffer.ReceiveBuffer;
import io.mptcp.tcp.IncomingSegment;
import io.mptcp.wire.Checksum;
import io.mptcp.wire.MptcpOptions;
import io.mptcp.wire.Seq;
import java.lang.foreign.MemorySegment;

/**
 * From subflow sequence space to data sequence space: the mappings of one subflow, and what to do with payload that has none yet or whose
 * checksum has not been verified. Ordinarily payload goes to the connection's ring at once; only in those two cases it is staged here.
 */
final class SubflowReceiver {
    private static final int MAX_MAPPING_BYTES = 65_535;
    private static final int PAGE_BYTES = 16 * 1024;
    /** Times a segment without mapping is refused for lack of room: the mapping may come with the repetition, or the news of a fallback. */
    private static final int MAX_REFUSED_UNMAPPED = 64;

    /** How long payload waits for its mapping. It comes with the last of its bytes, which may have to be sent again several times. */
    private static final long UNMAPPED_TIMEOUT_NANOS = 10_000_000_000L;

    private final Subflow subflow;
    private final Connection connection;
    /** {@link RxMappings#NONE} before the first. */
    private RxMappings mappings = RxMappings.NONE;
    /** Payload in subflow sequence space that waits for its mapping or for the rest of it; null when there is none. */
    private ReceiveBuffer staged;
    /** The segment whose payload comes next said anything of MPTCP. */
    private boolean segmentHasOptions;
    private int refusedUnmapped;
    private long unmappedDeadlineNanos = Long.MAX_VALUE;

    SubflowReceiver(Subflow subflow) {
        this.subflow = subflow;
        this.connection = subflow.connection;
    }

    /** Takes DATA_ACK, mapping and DATA_FIN from a segment. @return false when the subflow was reset because of them */
    boolean onOptions(IncomingSegment segment) {
        MptcpOptions mptcp = segment.options.mptcp;
        segmentHasOptions = mptcp.present != 0;
        if (mptcp.hasMpCapableMapping() && !subflow.isJoin && !subflow.isActive) { // only from whoever opened the connection
            if (segment.ssn <= subflow.tcb.rcvNxt()) {
                connection.data().onDsnSize(true);
            }
            return addMapping(1, 1, mptcp.dataLevelLength, mptcp.hasChecksum ? mptcp.checksum : -1);
        }
        if (!mptcp.has(MptcpOptions.DSS)) {
            return true;
        }
        if (mptcp.hasDataAck) {
            connection.onDataAck(mptcp, segment.windowBytes);
        }
        return !mptcp.hasMapping || onMapping(segment, mptcp);
    }

    private boolean onMapping(IncomingSegment segment, MptcpOptions mptcp) {
        if (mptcp.dataLevelLength == 0) {
            boolean withoutData = segment.payloadLength == 0 && connection.stack.config().wire().infiniteMappingNeedsData();
            return mptcp.dataFin || withoutData || connection.fallback().onInfiniteMapping(subflow, mptcp); // with DATA_FIN it means nothing
        }
        long dsn = connection.data().toDsn(mptcp);
        if (dsn == Long.MIN_VALUE) {
            subflow.stack.count(Counter.NoDSSInWindow);
            return true;
        }
        int dataLength = mptcp.dataLevelLength - (mptcp.dataFin ? 1 : 0);
        int checksum = mptcp.hasChecksum ? mptcp.checksum : -1;
        if (mptcp.dataFin) {
            subflow.tcb.requestAck();
            if (dataLength == 0) {
                return onDataFinAlone(dsn, mptcp.ssn, checksum);
            }
            if (checksum < 0) {
                connection.data().receiver.onFin(dsn + dataLength);
            } else {
                checksum |= RxMappings.DATA_FIN; // where the stream ends is no more to be trusted than its bytes
            }
        }
        if (segment.ssn <= subflow.tcb.rcvNxt()) {
            connection.data().onDsnSize(mptcp.dsn8);
        }
        // A DATA_FIN's octet is part of the mapped length, but has no place in subflow sequence space (section 3.3.3).
        long ssn = Seq.extend(mptcp.ssn, subflow.tcb.rcvNxt());
        return addMapping(ssn, dsn, dataLength, checksum);
    }

    /** Section 3.3.3: its checksum is over the pseudo-header alone. */
    private boolean onDataFinAlone(long dsn, int wireSsn, int checksum) {
        if (!hasRightForm(checksum)) {
            return false;
        }
        if (checksum >= 0 && Checksum.fold(checksum + Checksum.dssPseudoHeader(connection.data().sequence.peerToWire(dsn), wireSsn, 1)) != 0xffff) {
            connection.fallback().onChecksumFailure(subflow, dsn);
            return subflow.phase != Subflow.Phase.CLOSED;
        }
        connection.data().receiver.onFin(dsn);
        return true;
    }

    /** Section 3.3: a checksum where none was negotiated, or none where one was, ends the subflow. */
    private boolean hasRightForm(int checksum) {
        boolean right = connection.isChecksumOn() == (checksum >= 0);
        if (!right) {
            subflow.reset(ResetReason.MPTCP);
        }
        return right;
    }

    private boolean addMapping(long ssn, long dsn, int length, int checksum) {
        if (!hasRightForm(checksum)) {
            return false;
        }
        if (ssn + length <= (staged == null ? subflow.tcb.rcvNxt() : staged.readPosition())) {
            return true; // all of it has arrived before
        }
        if (ssn > subflow.tcb.rcvNxt() + connection.data().receiver.capacityBytes()) {
            return false; // what it maps would not be taken, wherever it belongs
        }
        if (dsn != ssn) {
            connection.fallback().onDiverged();
        }
        if (mappings == RxMappings.NONE) {
            mappings = new RxMappings(connection.stack.config().limits().maxMappings());
        }
        switch (mappings.add(ssn, dsn, length, checksum)) {
            case CONFLICT -> {
                subflow.stack.count(Counter.DSSNotMatching);
                subflow.reset(ResetReason.MPTCP);
                return false;
            }
            case FULL -> {
                return false;
            }
            default -> {
                drain();
                return true;
            }
        }
    }

    /** @return false when the payload cannot be kept and must come again */
    boolean onPayload(long ssn, MemorySegment buffer, long offset, int length) {
        connection.fallback().repeatFail();
        if (!connection.isMptcp()) {
            return staged == null ? connection.data().onData(ssn, buffer, offset, length) : stage(ssn, buffer, offset, length);
        }
        boolean mapped = isMapped(ssn, length);
        boolean inOrder = ssn == subflow.tcb.rcvNxt() && subflow.tcb.isInOrder();
        if (!mapped && inOrder && !segmentHasOptions && !connection.fallback().isPossible(subflow)) {
            resetForLostOptions();
            return false;
        }
        if (connection.isChecksumOn()) {
            return stage(ssn, buffer, offset, length);
        }
        if (!mapped) {
            // Without a hole before it, it may wait for its mapping; behind a hole it is refused and comes again.
            return mayWait(ssn, length) && inOrder && stage(ssn, buffer, offset, length);
        }
        if (staged != null) {
            return stage(ssn, buffer, offset, length);
        }
        return place(ssn, buffer, offset, length);
    }

    /** What waits for a mapping may turn out to be TCP's after a fallback, and must fit the window then. */
    private boolean mayWait(long ssn, int length) {
        long waiting = staged == null ? 0 : ssn - staged.readPosition();
        if (waiting + length <= connection.data().receiver.windowBytes()) {
            return true;
        }
        if (++refusedUnmapped > MAX_REFUSED_UNMAPPED) {
            resetForLostOptions(); // section 3.3.1: a window full, and still no mapping
        }
        return false;
    }

    private boolean isMapped(long ssn, int length) {
        long position = ssn;
        while (position < ssn + length) {
            int mapping = mappings.find(position);
            if (mapping < 0) {
                return false;
            }
            position = mappings.endSsn(mapping);
        }
        return true;
    }

    /** @return false when some of it was refused: acknowledged here it would be lost, because the peer repeats it on a subflow only if not */
    private boolean place(long ssn, MemorySegment buffer, long offset, int length) {
        boolean kept = true;
        long position = ssn;
        long end = ssn + length;
        while (position < end) {
            int mapping = mappings.find(position);
            int count = (int) (Math.min(end, mappings.endSsn(mapping)) - position);
            long dsn = mappings.dsn(mapping) + (position - mappings.ssn(mapping));
            kept &= connection.data().onData(dsn, buffer, offset + (position - ssn), count);
            position += count;
        }
        return kept;
    }

    private boolean stage(long ssn, MemorySegment buffer, long offset, int length) {
        if (staged == null) {
            staged = new ReceiveBuffer(subflow.tcb.rcvNxt(), PAGE_BYTES, connection.data().receiver.capacityBytes() + MAX_MAPPING_BYTES,
                    subflow.stack.config().limits().maxRanges(), subflow.stack.memory().rings());
        }
        // No more than a window full of data: each byte here has one of its own there, except what was sent twice.
        if (ssn + length > staged.readPosition() + connection.data().receiver.acceptedBytes() + MAX_MAPPING_BYTES) {
            return false;
        }
        staged.insert(ssn, buffer, offset, length);
        while (!staged.holds(ssn, length) && ssn <= staged.rcvNxt() && staged.isShortOfMemory() && subflow.stack.memory().reclaim(connection)) {
            staged.insert(ssn, buffer, offset, length);
        }
        if (!staged.holds(ssn, length)) {
            subflow.stack.count(ssn <= staged.rcvNxt() ? Counter.TCPRcvQDrop : Counter.TCPOFODrop);
            return false;
        }
        drain();
        return true;
    }

    int outOfOrderMemoryBytes() {
        return staged == null ? 0 : staged.outOfOrderMemoryBytes();
    }

    /** Memory is short. @return whether there was anything to drop */
    boolean dropOutOfOrder() {
        if (staged == null || staged.outOfOrderBytes() == 0) {
            return false;
        }
        staged.dropOutOfOrder();
        return true;
    }

    /** From now on subflow and data sequence numbers are the same: what waits for a mapping has one. */
    void onFallback() {
        unmappedDeadlineNanos = Long.MAX_VALUE;
        if (staged != null) {
            drainAsTcp();
        }
    }

    private void drainAsTcp() {
        MemorySegment scratch = subflow.stack.memory().scratch();
        while (staged.readableBytes() > 0) {
            long ssn = staged.readPosition();
            int count = Math.min(staged.readableBytes(), MAX_MAPPING_BYTES);
            staged.peek(scratch, 0, count);
            if (!handUp(ssn, scratch, count)) {
                return;
            }
            if (!connection.data().receiver.holds(ssn, count)) {
                subflow.reset(ResetReason.MIDDLEBOX); // sent beyond the connection's window, and acknowledged: it cannot come again
                return;
            }
        }
        if (staged.outOfOrderBytes() == 0) {
            close();
        }
    }

    /** Moves the first staged bytes, which are in the scratch, to the stream. @return false when memory is short, and they have to stay for now */
    private boolean handUp(long dsn, MemorySegment scratch, int count) {
        if (!connection.data().onData(dsn, scratch, 0, count) && connection.data().receiver.isShortOfMemory()) {
            subflow.stack.memory().await(connection);
            return false;
        }
        staged.skip(count);
        return true;
    }

    /** There is memory again. */
    void onMemory() {
        if (staged != null) {
            drain();
        }
    }

    /** Hands up what is staged in order and has a whole mapping, verified where checksums are on. */
    private void drain() {
        if (!connection.isMptcp()) {
            drainAsTcp();
            return;
        }
        MemorySegment scratch = subflow.stack.memory().scratch();
        while (staged != null && staged.readableBytes() > 0 && !connection.fallback().isFailing()) {
            int mapping = mappings.find(staged.readPosition());
            if (mapping < 0) {
                if (skipUnmapped()) {
                    continue;
                }
                resetIfNeverMapped();
                return;
            }
            unmappedDeadlineNanos = Long.MAX_VALUE;
            long mapped = mappings.endSsn(mapping) - staged.readPosition();
            if (mappings.checksum(mapping) < 0) {
                mapped = Math.min(mapped, Math.min(staged.readableBytes(), MAX_MAPPING_BYTES));
            }
            if (staged.readableBytes() < mapped) {
                return;
            }
            int count = (int) mapped;
            long dsn = mappings.dsn(mapping) + (staged.readPosition() - mappings.ssn(mapping));
            staged.peek(scratch, 0, count);
            if (mappings.checksum(mapping) >= 0 && !verify(mapping, scratch, count)) {
                connection.fallback().onChecksumFailure(subflow, mappings.dsn(mapping));
                return;
            }
            if (mappings.endsStream(mapping)) {
                connection.data().receiver.onFin(dsn + count);
            }
            if (!handUp(dsn, scratch, count)) {
                return;
            }
            refusedUnmapped = 0;
            mappings.removeBelow(staged.readPosition());
        }
        if (staged != null && !connection.isChecksumOn() && staged.readableBytes() == 0 && staged.outOfOrderBytes() == 0) {
            staged.close();
            staged = null;
        }
    }

    /**
     * All bytes up to the next mapping are here, and theirs has not come: a middlebox that joins segments keeps the options of one only. The
     * subflow has acknowledged them, so the peer repeats them at the data level (section 3.3.6).
     */
    private boolean skipUnmapped() {
        long position = staged.readPosition();
        long end = mappings.nextSsn(position);
        if (end - position > staged.readableBytes()) {
            return false;
        }
        staged.skip((int) (end - position));
        connection.fallback().onDiverged();
        return true;
    }

    long deadlineNanos() {
        return unmappedDeadlineNanos;
    }

    void expire(long nowNanos) {
        if (unmappedDeadlineNanos <= nowNanos) {
            unmappedDeadlineNanos = Long.MAX_VALUE;
            resetForLostOptions();
        }
    }

    /** A mapping comes before the last of its bytes, so after more bytes than one can map without any, something takes the options off. */
    private void resetIfNeverMapped() {
        if (staged.readableBytes() > MAX_MAPPING_BYTES) {
            resetForLostOptions();
        } else if (unmappedDeadlineNanos == Long.MAX_VALUE) {
            unmappedDeadlineNanos = subflow.stack.nowNanos() + UNMAPPED_TIMEOUT_NANOS;
        }
    }

    /** RFC 8684 section 3.7: with other subflows there is no fallback, and this one can carry nothing any more. */
    private void resetForLostOptions() {
        subflow.stack.count(Counter.DssReset);
        subflow.reset(ResetReason.MIDDLEBOX);
    }

    /** RFC 8684 section 3.3.1; the scratch holds the whole mapping. */
    private boolean verify(int mapping, MemorySegment scratch, int count) {
        long wireDsn = connection.data().sequence.peerToWire(mappings.dsn(mapping));
        int lengthOnWire = count + (mappings.endsStream(mapping) ? 1 : 0);
        long sum = Checksum.sum(scratch, 0, count) + mappings.checksum(mapping);
        return Checksum.fold(sum + Checksum.dssPseudoHeader(wireDsn, (int) mappings.ssn(mapping), lengthOnWire)) == 0xffff;
    }

    void onContiguous(long rcvNxt) {
        if (staged == null) {
            mappings.removeBelow(rcvNxt);
        }
    }

    void close() {
        unmappedDeadlineNanos = Long.MAX_VALUE;
        if (staged != null) {
            staged.close();
            staged = null;
        }
    }
}
