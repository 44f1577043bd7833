package io.mptcp.stack;

import io.mptcp.tcp.SocketOptions;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;

/**
 * A connection as {@link MptcpConnection} hands it on: what its application writes and reads, and what it is told by the bits of {@link Readiness}. Calls
 * record what is wanted; what follows for windows and segments is asked of the subflows.
 */
final class ApplicationSide {
    private final Connection connection;
    private final Stack stack;
    private final SubflowSet subflows;
    private final DataSender sender;
    private final DataReceiver receiver;

    private int readiness;
    private boolean writeBlocked;
    /** What the bits have told of already. */
    private boolean endSeen;
    private boolean endAckSeen;
    private long receivedBytesSeen;
    /** Relative data sequence number behind the urgent data the peer has announced. */
    private long urgentEnd;

    ApplicationSide(Connection connection, DataLevel data) {
        this.connection = connection;
        stack = connection.stack;
        subflows = connection.subflows();
        sender = data.sender;
        receiver = data.receiver;
    }

    // ---- writing ----

    private boolean canWrite() {
        return !connection.isFinished() && !sender.isFinRequested();
    }

    int writableBytes() {
        int room = canWrite() ? sender.writableBytes() : 0;
        writeBlocked |= room == 0;
        return room;
    }

    /** The application waits for room. */
    boolean isWriteBlocked() {
        return writeBlocked;
    }

    /** Room enough to be worth the while of a writer that waits, who is told if there is not: the size of a send buffer changes, after it has been told, too. */
    boolean isWritable() {
        boolean writable = hasRoomForWriter();
        writeBlocked |= !writable;
        return writable;
    }

    private boolean hasRoomForWriter() {
        return canWrite() && !connection.awaitsMemory && sender.isWritable();
    }

    int write(MemorySegment source, long offset, int length, boolean more) {
        if (!mayWrite()) {
            return 0;
        }
        int room = sender.writableBytes();
        return onWritten(room, length, sender.write(source, offset, length), more);
    }

    int handOver(MemorySegment memory, long offset, int length, Runnable release) {
        Objects.checkFromIndexSize(offset, length, memory.byteSize());
        if (length == 0 || !mayWrite()) {
            return 0;
        }
        memory.get(ValueLayout.JAVA_BYTE, offset); // of another thread, or closed: better said now than when it is to be sent
        int room = sender.writableBytes();
        return onWritten(room, length, sender.handOver(memory, offset, length, Objects.requireNonNull(release)), false);
    }

    private boolean mayWrite() {
        if (sender.isFinRequested()) {
            throw new IllegalStateException("the output of this connection has been shut down");
        }
        return canWrite();
    }

    private int onWritten(int room, int length, int taken, boolean more) {
        connection.output().small().setMoreFollows(more);
        writeBlocked |= taken < length;
        if (taken < Math.min(room, length)) {
            stack.memory().await(connection);
        }
        if (taken > 0) {
            stack.enqueue(connection);
        }
        return taken;
    }

    /** @return whether it makes sense here: there is nothing urgent in MPTCP */
    boolean markUrgent() {
        if (connection.isMptcp() || !canWrite() || subflows.isEmpty()) {
            return false;
        }
        subflows.getFirst().tcb.markUrgent(sender.buffer().tail());
        return true;
    }

    // ---- reading ----

    int read(MemorySegment destination, long offset, int length) {
        return onRead(receiver.read(destination, offset, length));
    }

    int read(ReadSink sink, int limit) {
        return onRead(receiver.read(sink, limit));
    }

    private int onRead(int count) {
        if (count > 0 && !connection.isFinished()) {
            receiver.onRead(stack.nowNanos(), count, subflows.receiveRttNanos(), subflows.maxRcvMssBytes());
            updateWindows();
        }
        return count;
    }

    /** RFC 9293 section 3.8.6.2.2: tell the peer when reading has opened the window enough, on every subflow, as each has its own view of it. */
    private void updateWindows() {
        for (int i = 0; i < subflows.size(); i++) {
            Subflow subflow = subflows.get(i);
            if (subflow.phase == Subflow.Phase.ESTABLISHED
                    && receiver.isWindowUpdateDue(subflow.tcb.rcvWindowShift(), subflow.tcb.path().rcvMssBytes())) {
                subflow.tcb.requestAck();
                stack.enqueue(connection);
            }
        }
    }

    /** Bytes to read up to the end of what the peer has announced as urgent. */
    long urgentBytes() {
        return connection.isMptcp() ? 0 : Math.max(0, urgentEnd - receiver.readPosition());
    }

    void onUrgent(long endSsn) {
        urgentEnd = endSsn;
        raise(Readiness.URGENT);
    }

    // ---- options ----

    void onSocketOptions(SocketOptions before, SocketOptions now) {
        connection.output().small().onSocketOptions(before, now);
        for (int i = 0; i < subflows.size(); i++) {
            subflows.get(i).tcb.path().onSocketOptions();
        }
        connection.data().setFixedSizes(now);
        updateSendable();
        updateWindows();
        stack.enqueue(connection);
    }

    // ---- readiness ----

    int takeReadiness() {
        int taken = readiness;
        readiness = 0;
        if ((taken & Readiness.ACCEPTED) != 0) {
            connection.listener().notAccepted--;
        }
        return taken;
    }

    void raise(int bits) {
        if (connection.isKnownToApplication()) {
            if ((bits & ~readiness & Readiness.ACCEPTED) != 0) {
                connection.listener().notAccepted++;
            }
            readiness |= bits;
            stack.enqueueReady(connection);
        }
    }

    /** After anything that took time: what has come, what there is room for, and what has been acknowledged. */
    void raiseDataReadiness() {
        if (receiver.bytesReceived() != receivedBytesSeen || receiver.isFinReceived() != endSeen) {
            receivedBytesSeen = receiver.bytesReceived();
            endSeen = receiver.isFinReceived();
            raise(Readiness.READABLE);
        }
        sender.setCongestionWindows(subflows.sumCwndBytes());
        updateSendable();
        if (writeBlocked && hasRoomForWriter()) {
            writeBlocked = false;
            raise(Readiness.WRITABLE);
        }
        if (sender.isFinAcked() && !endAckSeen) {
            endAckSeen = true;
            raise(Readiness.WRITABLE);
        }
    }

    private void updateSendable() {
        if (sender.hasNotSentLowat()) {
            sender.setSendable(Math.min(subflows.sumSendableBytes(), Math.max(0, sender.windowBytes())), subflows.maxSuperSegmentBytes());
        }
    }
}
