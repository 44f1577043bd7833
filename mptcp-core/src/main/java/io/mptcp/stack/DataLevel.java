package io.mptcp.stack;

import io.mptcp.tcp.SocketOptions;
import io.mptcp.wire.Checksum;
import io.mptcp.wire.MptcpOptions;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * The data level of a connection: both halves of the byte stream, the numbers they have on the wire, and the checksums over mappings
 * (RFC 8684 section 3.3). After fallback the numbers are the one subflow's own, and its acknowledgments count here.
 */
final class DataLevel {
    static final long NEVER_NANOS = Long.MIN_VALUE;
    private static final int RECENT_BYTES = 1 << 20;
    /** So much has to be acknowledged before a stream is said to go one way. */
    private static final int ONE_WAY_BYTES = 128 * 1024;
    /** It does when it carries so many times more than comes back, and until that is twice as much. */
    private static final int ONE_WAY_TIMES = 32;

    private final Connection connection;
    private final List<Subflow> subflows;
    private final Stack stack;
    final DataSender sender;
    final DataReceiver receiver;
    final DataSequence sequence;
    private boolean checksumOn;
    private boolean dataAck8;
    private long lastDataReceivedNanos = NEVER_NANOS;
    private long lastAckReceivedNanos = NEVER_NANOS;
    /** Of what was carried lately, see {@link #isOneWay}: what the peer acknowledged and what came from it. */
    private int recentAckedBytes;
    private int recentReceivedBytes;

    DataLevel(Connection connection, List<Subflow> subflows) {
        this.connection = connection;
        this.subflows = subflows;
        stack = connection.stack;
        StackConfig config = stack.config();
        sender = new DataSender(connection.tcpConfig.sendBufferBytes(), config.limits().maxRanges(), stack.memory().rings());
        receiver = new DataReceiver(connection.tcpConfig.receiveBufferBytes(), config.limits().maxRanges(), stack.memory().rings());
        sequence = new DataSequence(stack.keys());
        dataAck8 = !config.wire().adaptiveDataAck();
        setFixedSizes(connection.socketOptions());
    }

    /** Sizes the application may have chosen (SO_SNDBUF, SO_RCVBUF). */
    void setFixedSizes(SocketOptions options) {
        sender.setFixedBytes(options.sendBufferBytes());
        int lowatBytes = options.notSentLowatBytes();
        sender.setNotSentLowat(lowatBytes > 0 ? lowatBytes : connection.tcpConfig.notSentLowatBytes());
        receiver.setFixedBytes(options.receiveBufferBytes());
    }

    // ---- received ----

    /**
     * Takes payload. Far outside the connection's window it is dropped for good (RFC 8684 section 3.8). A little beyond it is another thing:
     * Linux adds a DATA_ACK to the window it knows of the subflow, and does not take a smaller window from an ACK that acknowledges nothing
     * new there. That data must come again by the same subflow; acknowledged there, it would be repeated only by slow reinjections.
     *
     * @return false when some of it could not be kept and the subflow must not acknowledge it
     */
    boolean onData(long dsn, MemorySegment buffer, long offset, int length) {
        lastDataReceivedNanos = stack.nowNanos();
        count(0, length);
        if (dsn > receiver.nextByteDsn() + 2L * receiver.capacityBytes()) {
            stack.count(Counter.NoDSSInWindow);
            return true;
        }
        int placed = receiver.insert(dsn, buffer, offset, length, subflows.size() > 1);
        if (placed == 0 && dsn + length <= receiver.nextByteDsn()) {
            stack.count(Counter.DuplicateData);
        }
        return receiver.holds(dsn, length) || (placed == 0 && onRefused(dsn, buffer, offset, length));
    }

    /** In-order data is worth dropping what is out of order, here and elsewhere; out-of-order data is not. @return whether all is kept now */
    private boolean onRefused(long dsn, MemorySegment buffer, long offset, int length) {
        if (dsn > receiver.nextByteDsn()) {
            if (dsn + length <= receiver.nextByteDsn() + receiver.acceptedBytes()) {
                stack.count(Counter.TCPOFODrop);
            }
            return false;
        }
        if (!receiver.isShortOfMemory()) {
            return false; // beyond the window
        }
        while (stack.memory().reclaim(connection)) {
            receiver.insert(dsn, buffer, offset, length, subflows.size() > 1);
            if (receiver.holds(dsn, length)) {
                return true;
            }
        }
        stack.count(Counter.TCPRcvQDrop);
        return false;
    }

    /** @return whether the peer's data level moved on: data was acknowledged, or a closed window opened */
    boolean onDataAck(MptcpOptions mptcp, long windowBytes) {
        lastAckReceivedNanos = stack.nowNanos();
        long ackDsn = sequence.ackFromWire(mptcp.dataAck, mptcp.dataAck8, sender.dsnUna());
        long before = sender.dsnUna();
        boolean advanced = sender.onDataAck(ackDsn);
        count(sender.dsnUna() - before, 0);
        if (ackDsn <= sender.dsnNxt() + 1 && ackDsn >= sender.dsnUna()) {
            return onWindow(ackDsn + windowBytes) | advanced;
        }
        return advanced;
    }

    /** Plain TCP: the subflow's acknowledgment and window are the connection's. */
    boolean onPlainAck(Subflow subflow) {
        lastAckReceivedNanos = stack.nowNanos();
        boolean advanced = sender.onDataAck(subflow.tcb.sndUna());
        return onWindow(subflow.tcb.sndUna() + subflow.tcb.sndWnd()) | advanced;
    }

    /** @return whether a closed window opened */
    boolean onWindow(long edgeDsn) {
        boolean wasClosed = sender.windowBytes() <= 0;
        sender.onWindow(edgeDsn);
        return wasClosed && sender.windowBytes() > 0;
    }

    /** Relative data sequence number of a received mapping; Long.MIN_VALUE when it makes no sense here. */
    long toDsn(MptcpOptions mptcp) {
        return sequence.fromWire(mptcp.dsn, mptcp.dsn8, receiver.nextByteDsn());
    }

    /** Data came in order with a data sequence number of that size. */
    void onDsnSize(boolean dsn8) {
        dataAck8 = dsn8 || !stack.config().wire().adaptiveDataAck();
    }

    private void count(long ackedBytes, int receivedBytes) {
        recentAckedBytes += (int) Math.min(ackedBytes, RECENT_BYTES);
        recentReceivedBytes += receivedBytes;
        if (recentAckedBytes + recentReceivedBytes > RECENT_BYTES) {
            recentAckedBytes /= 2;
            recentReceivedBytes /= 2;
        }
    }

    /** Whether next to nothing comes from the peer while this side sends. @param already it was so when last asked */
    boolean isOneWay(boolean already) {
        int times = already ? ONE_WAY_TIMES / 2 : ONE_WAY_TIMES;
        return recentAckedBytes >= ONE_WAY_BYTES && recentReceivedBytes <= recentAckedBytes / times;
    }

    /** When payload last came, {@link #NEVER_NANOS} if never. */
    long lastDataReceivedNanos() {
        return lastDataReceivedNanos;
    }

    /** When the data level was last acknowledged, or its acknowledgment repeated; {@link #NEVER_NANOS} if never. */
    long lastAckReceivedNanos() {
        return lastAckReceivedNanos;
    }

    // ---- memory is short ----

    /** Memory that holds data behind holes, of the stream or of a subflow, in bytes. */
    long outOfOrderMemoryBytes() {
        long bytes = receiver.outOfOrderMemoryBytes();
        for (int i = 0; i < subflows.size(); i++) {
            bytes += subflows.get(i).receiver.outOfOrderMemoryBytes();
        }
        return bytes;
    }

    /**
     * Gives up data held out of order, the farther half of it or all. Subflows forget what they have reported by SACK; of what they have
     * acknowledged already the peer is not told again, and its data level repeats it (RFC 8684 section 3.3.6).
     *
     * @return false when there was nothing
     */
    boolean pruneOutOfOrder(boolean all) {
        boolean any = receiver.dropHalfOutOfOrder();
        for (int i = 0; i < subflows.size(); i++) {
            any |= subflows.get(i).receiver.dropOutOfOrder();
        }
        if (!any) {
            return false;
        }
        if (all) {
            receiver.dropOutOfOrder();
        }
        for (int i = 0; i < subflows.size(); i++) {
            subflows.get(i).tcb.dropOutOfOrder();
        }
        stack.count(Counter.OfoPruned);
        return true;
    }

    /** There is memory again for what could not be written, or not be handed up by a subflow. */
    void onMemory() {
        for (Subflow subflow : List.copyOf(subflows)) {
            subflow.receiver.onMemory();
        }
        stack.enqueue(connection);
    }

    // ---- sent ----

    /** Whether DATA_ACKs have eight octets. */
    boolean isDataAck8() {
        return dataAck8;
    }

    long wireDataAck() {
        return sequence.peerToWire(receiver.rcvNxt());
    }

    long toWireDsn(long dsn) {
        return sequence.toWire(dsn);
    }

    // ---- checksums (section 3.3.1) ----

    void setChecksumOn(boolean on) {
        checksumOn = on;
    }

    boolean isChecksumOn() {
        return checksumOn;
    }

    /** DSS checksum of payload about to be sent. */
    int mappingChecksum(long dsn, long ssn, int length) {
        long sum = sender.buffer().checksum(dsn, length) + Checksum.dssPseudoHeader(sequence.toWire(dsn), (int) ssn, length);
        return ~Checksum.fold(sum) & 0xffff;
    }

    /** Of the DATA_FIN sent alone, -1 when checksums are off. */
    int dataFinChecksum() {
        return checksumOn ? ~Checksum.fold(Checksum.dssPseudoHeader(sequence.toWire(sender.finDsn()), 0, 1)) & 0xffff : -1;
    }
}
