package io.mptcp.netty;

import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.Readiness;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Random;

/** Sends a given number of pseudo-random bytes, ends its output, and digests what the other side sends until that ends. */
public final class StreamHandler implements ConnectionHandler {
    private static final int CHUNK = 32 * 1024;

    private final Random random;
    private final long toSend;
    private final MemorySegment output = Arena.ofAuto().allocate(CHUNK);
    private final MemorySegment input = Arena.ofAuto().allocate(CHUNK);
    private final byte[] outputBytes = new byte[CHUNK];
    private final byte[] inputBytes = new byte[CHUNK];
    private final MessageDigest sentDigest = sha256();
    private final MessageDigest receivedDigest = sha256();
    private int staged;
    private int stagedFrom;
    private boolean outputEnded;
    public long sent;
    public long received;
    public int bits;
    public boolean endOfStream;
    public MptcpConnection connection;

    public StreamHandler(long seed, long toSend) {
        this.random = new Random(seed);
        this.toSend = toSend;
    }

    @Override
    public void ready(MptcpConnection connection, int readiness) {
        this.connection = connection;
        bits |= readiness;
        read(); // the last bytes may come together with the end of the connection
        write();
    }

    public boolean isClosed() {
        return (bits & Readiness.CLOSED) != 0;
    }

    public String sentDigest() {
        return java.util.HexFormat.of().formatHex(sentDigest.digest());
    }

    public String receivedDigest() {
        return java.util.HexFormat.of().formatHex(receivedDigest.digest());
    }

    private void read() {
        int count;
        while ((count = connection.read(input, 0, CHUNK)) > 0) {
            MemorySegment.copy(input, ValueLayout.JAVA_BYTE, 0, inputBytes, 0, count);
            receivedDigest.update(inputBytes, 0, count);
            received += count;
        }
        endOfStream |= count < 0;
        closeWhenDone();
    }

    private void write() {
        if (!connection.isConnected() || connection.isClosed() || outputEnded) {
            return;
        }
        while (sent < toSend) {
            if (staged == 0) {
                random.nextBytes(outputBytes);
                staged = (int) Math.min(CHUNK, toSend - sent);
                stagedFrom = 0;
                sentDigest.update(outputBytes, 0, staged);
                MemorySegment.copy(outputBytes, 0, output, ValueLayout.JAVA_BYTE, 0, staged);
            }
            int taken = connection.write(output, stagedFrom, staged);
            if (taken == 0) {
                return;
            }
            stagedFrom += taken;
            staged -= taken;
            sent += taken;
        }
        outputEnded = true;
        connection.shutdownOutput();
        closeWhenDone();
    }

    private void closeWhenDone() {
        if (outputEnded && endOfStream && !connection.isClosed()) {
            connection.close();
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }
}
