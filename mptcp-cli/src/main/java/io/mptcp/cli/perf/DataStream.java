package io.mptcp.cli.perf;

import io.mptcp.netty.ConnectionHandler;
import io.mptcp.netty.MptcpDriver;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.ReadSink;
import io.mptcp.stack.SubflowInfo;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** One connection that carries data: writes or reads as fast as it can while the test runs. Lives on the event loop. */
final class DataStream implements ConnectionHandler {
    /** Turns of the loop are shared: after so many bytes others have theirs. */
    private static final int TURN_BYTES = 4 << 20;
    private static final ReadSink DROP = (memory, offset, length) -> length;

    private final int id;
    private final MptcpDriver driver;
    private final MptcpConnection connection;
    private final boolean sending;
    private final MemorySegment block;
    private final long limitBytes;
    private boolean running;
    private long bytes;
    /** What had been counted when the part that is omitted was over. */
    private long omittedBytes;
    private long omittedRetransmits;

    /**
     * @param limitBytes where the sender stops
     */
    DataStream(int id, MptcpDriver driver, MptcpConnection connection, boolean sending, int blockBytes, long limitBytes) {
        this.id = id;
        this.driver = driver;
        this.connection = connection;
        this.sending = sending;
        this.block = Arena.ofAuto().allocate(blockBytes, 8);
        this.limitBytes = limitBytes;
        for (int i = 0; i < blockBytes; i++) {
            block.set(ValueLayout.JAVA_BYTE, i, (byte) ('0' + i % 10));
        }
    }

    int id() {
        return id;
    }

    MptcpConnection connection() {
        return connection;
    }

    void start() {
        running = true;
        connection.attach(this);
        move();
    }

    /** From now on nothing more is counted; what was written goes on its way. */
    void stop() {
        running = false;
    }

    boolean isFinished() {
        return sending && bytes >= limitBytes;
    }

    @Override
    public void ready(MptcpConnection ready, int readiness) {
        move();
    }

    private void move() {
        if (!running) {
            return;
        }
        boolean more = sending ? write() : read();
        if (more) {
            driver.loop().execute(() -> {
                move();
                driver.wake();
            });
        }
    }

    /** @return whether it only stopped to let others have their turn */
    private boolean write() {
        for (long turn = 0; turn < TURN_BYTES; ) {
            int length = (int) Math.min(block.byteSize(), limitBytes - bytes);
            int taken = length == 0 ? 0 : connection.write(block, 0, length);
            if (taken <= 0) {
                return false;
            }
            bytes += taken;
            turn += taken;
        }
        return true;
    }

    private boolean read() {
        for (long turn = 0; turn < TURN_BYTES; ) {
            int count = connection.read(DROP, TURN_BYTES);
            if (count <= 0) {
                return false;
            }
            bytes += count;
            turn += count;
        }
        return true;
    }

    /** What has been counted so far is not to be. */
    void omit() {
        omittedBytes = bytes;
        omittedRetransmits = allRetransmits();
    }

    long bytes() {
        return bytes - omittedBytes;
    }

    /** Segments sent again, by all subflows; -1 for a receiver. */
    long retransmits() {
        return sending ? Math.max(0, allRetransmits() - omittedRetransmits) : -1;
    }

    private long allRetransmits() {
        return connection.subflows().stream().mapToLong(subflow -> Math.ceilDiv(subflow.bytesRetrans(), Math.max(1, subflow.mssBytes()))).sum();
    }

    /** Sum of the congestion windows. */
    long cwndBytes() {
        return connection.subflows().stream().mapToLong(SubflowInfo::cwndBytes).sum();
    }
}
