package io.mptcp.cli.check;

import io.mptcp.stack.MptcpConnection;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** The byte stream of a connection under test: writes what is to be said, counts and forgets what comes. */
final class ProbeStream {
    private static final int BUFFER_BYTES = 16 * 1024;

    private final MptcpConnection connection;
    private final MemorySegment buffer = Arena.ofAuto().allocate(BUFFER_BYTES);
    private long writtenBytes;
    private byte[] pending = new byte[0];
    private int pendingFrom;

    ProbeStream(MptcpConnection connection) {
        this.connection = connection;
    }

    MptcpConnection connection() {
        return connection;
    }

    void write(byte[] data) {
        pending = data;
        pendingFrom = 0;
        move();
    }

    /** Reads what there is, writes what there is room for. */
    void move() {
        while (connection.read(buffer, 0, BUFFER_BYTES) > 0) {
            // what the server says does not matter here
        }
        while (pendingFrom < pending.length && connection.isConnected() && !connection.isClosed()) {
            int length = Math.min(pending.length - pendingFrom, BUFFER_BYTES);
            MemorySegment.copy(pending, pendingFrom, buffer, ValueLayout.JAVA_BYTE, 0, length);
            int taken = connection.write(buffer, 0, length);
            if (taken == 0) {
                return;
            }
            pendingFrom += taken;
            writtenBytes += taken;
        }
    }

    long writtenBytes() {
        return writtenBytes;
    }

    /** Whether all that was to be written has been, and is acknowledged. */
    boolean isAcknowledged() {
        return pendingFrom == pending.length && writtenBytes > 0 && connection.bytesAcked() >= writtenBytes;
    }
}
