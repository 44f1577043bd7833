package io.mptcp.tun;

import io.mptcp.netty.ConnectionHandler;
import io.mptcp.stack.CloseReason;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.Readiness;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import java.util.zip.CRC32;

/** An application at one end of a connection: sends pseudo-random bytes, ends its output, and checksums what it gets. */
final class Endpoint implements ConnectionHandler {
    private static final int CHUNK = 16 * 1024;

    private final Random random;
    private final long toSend;
    private final MemorySegment memory = Arena.ofAuto().allocate(CHUNK);
    private final byte[] staged = new byte[CHUNK];
    private int stagedLength;
    private int stagedFrom;
    private boolean outputEnded;
    private int bits;
    final CRC32 sentChecksum = new CRC32();
    final CRC32 receivedChecksum = new CRC32();
    long sent;
    long received;
    boolean endOfStream;
    /** Leaves everything unread. */
    boolean paused;
    /** Keeps the output open after the last byte. */
    boolean holdOpen;
    MptcpConnection connection;

    Endpoint(long seed, long toSend) {
        this.random = new Random(seed);
        this.toSend = toSend;
    }

    @Override
    public void ready(MptcpConnection connection, int readiness) {
        this.connection = connection;
        bits |= readiness;
        advance();
    }

    /** To be called after {@link #paused} or {@link #holdOpen} was taken back. */
    void advance() {
        if (!paused) {
            read();
        }
        if (connection.isConnected() && !isClosed()) {
            write();
        }
    }

    boolean wasConnected() {
        return (bits & Readiness.CONNECTED) != 0;
    }

    boolean isClosed() {
        return (bits & Readiness.CLOSED) != 0;
    }

    CloseReason reason() {
        return connection.closeReason();
    }

    private void read() {
        int count;
        while ((count = connection.read(memory, 0, CHUNK)) > 0) {
            byte[] bytes = memory.asSlice(0, count).toArray(ValueLayout.JAVA_BYTE);
            receivedChecksum.update(bytes);
            received += count;
        }
        endOfStream |= count < 0;
    }

    private void write() {
        while (sent < toSend) {
            if (stagedLength == 0) {
                random.nextBytes(staged);
                stagedLength = (int) Math.min(CHUNK, toSend - sent);
                stagedFrom = 0;
                sentChecksum.update(staged, 0, stagedLength);
            }
            MemorySegment.copy(staged, stagedFrom, memory, ValueLayout.JAVA_BYTE, 0, stagedLength);
            int taken = connection.write(memory, 0, stagedLength);
            if (taken == 0) {
                return;
            }
            stagedFrom += taken;
            stagedLength -= taken;
            sent += taken;
        }
        if (!holdOpen && !outputEnded) {
            outputEnded = true;
            connection.shutdownOutput();
        }
    }
}
