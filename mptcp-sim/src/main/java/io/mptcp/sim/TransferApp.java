package io.mptcp.sim;

import io.mptcp.stack.CloseReason;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.Readiness;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Sends one pattern, expects another, and ends the connection in the way its {@link Plan} says. Both ends of most scenarios.
 */
public final class TransferApp implements StreamApp {
    /** How an app ends its side. */
    public enum Ending {
        /** Half-close as soon as everything is written; read on to the peer's end. */
        SHUTDOWN_WHEN_WRITTEN,
        /** Half-close only after the peer's stream has ended. */
        SHUTDOWN_AFTER_PEER,
        /** Full close when all is written and all that was expected has been read, without waiting for the peer's end. */
        CLOSE_WHEN_DONE,
        /** Abort once this many bytes have been read (see {@link Plan#abortAfterBytes}). */
        ABORT
    }

    /**
     * What an app does.
     *
     * @param sendBytes        length of the stream it sends
     * @param receiveBytes     length of the stream it expects
     * @param ending           how it ends its side
     * @param writeBytes       most bytes per write
     * @param writePauseNanos  pause after each write, 0 to write as long as there is room
     * @param readBytes        most bytes per read
     * @param readPauseNanos   pause after each read, 0 to read as long as there is something
     * @param readDelayNanos   time after the handshake in which nothing is read
     * @param abortAfterBytes  for {@link Ending#ABORT}: bytes to read before
     */
    public record Plan(long sendBytes, long receiveBytes, Ending ending, int writeBytes, long writePauseNanos, int readBytes, long readPauseNanos,
                       long readDelayNanos, long abortAfterBytes) {
        public static Plan of(long sendBytes, long receiveBytes) {
            return new Plan(sendBytes, receiveBytes, Ending.SHUTDOWN_WHEN_WRITTEN, MAX_COPY_BYTES, 0, MAX_COPY_BYTES, 0, 0, 0);
        }

        public Plan ending(Ending how) {
            return new Plan(sendBytes, receiveBytes, how, writeBytes, writePauseNanos, readBytes, readPauseNanos, readDelayNanos, abortAfterBytes);
        }

        /** Small writes with pauses between them. */
        public Plan writing(int bytes, double pauseMillis) {
            return new Plan(sendBytes, receiveBytes, ending, Math.min(bytes, MAX_COPY_BYTES), nanos(pauseMillis), readBytes,
                    readPauseNanos, readDelayNanos, abortAfterBytes);
        }

        /** Small reads with pauses between them. */
        public Plan reading(int bytes, double pauseMillis) {
            return new Plan(sendBytes, receiveBytes, ending, writeBytes, writePauseNanos, Math.min(bytes, MAX_COPY_BYTES),
                    nanos(pauseMillis), readDelayNanos, abortAfterBytes);
        }

        /** Reads nothing for a while. */
        public Plan readingAfter(double millis) {
            return new Plan(sendBytes, receiveBytes, ending, writeBytes, writePauseNanos, readBytes, readPauseNanos, nanos(millis), abortAfterBytes);
        }

        public Plan abortingAfter(long bytes) {
            return new Plan(sendBytes, receiveBytes, Ending.ABORT, writeBytes, writePauseNanos, readBytes, readPauseNanos, readDelayNanos, bytes);
        }

        private static long nanos(double millis) {
            return Math.round(millis * 1e6);
        }
    }

    private static final int MAX_COPY_BYTES = 64 * 1024;
    private static final byte SPOILT = (byte) 0xdb;

    private final String name;
    private final Plan plan;
    private final Pattern sending;
    private final StreamChecker checker;
    private final MemorySegment copy = Arena.ofAuto().allocate(MAX_COPY_BYTES, 8);
    /** Null for an application that has its bytes copied. */
    private Deque<MemorySegment> blocks;
    private int blocksHandedOver;
    private MptcpConnection connection;
    private long written;
    private boolean writePaused;
    private boolean readPaused;
    private boolean endSent;
    private boolean outputEnded;
    private boolean brokenOff;
    private TransferApp peer;
    private long connectedNanos = -1;
    private long closedNanos = -1;
    private CloseReason closeReason = CloseReason.NONE;

    public TransferApp(Simulation simulation, String name, Plan plan, Pattern sending, Pattern expected) {
        this.name = name;
        this.plan = plan;
        this.sending = sending;
        this.checker = new StreamChecker(simulation, name, expected, plan.receiveBytes());
    }

    /** Hands its memory over instead of having it copied, and spoils it when it is released: what is sent from there later is wrong. */
    public void handOverMemory() {
        blocks = new ArrayDeque<>();
    }

    /** Blocks of memory that have been handed over and not been released. */
    public int blocksHandedOver() {
        return blocksHandedOver;
    }

    @Override
    public void ready(Host host, MptcpConnection on, int readiness) {
        connection = on;
        if ((readiness & Readiness.CONNECTED) != 0 && connectedNanos < 0) {
            connectedNanos = host.nowNanos();
            if (plan.readDelayNanos() > 0) {
                pauseReading(host, plan.readDelayNanos());
            }
        }
        // Whatever the bits say, the calls must give right answers, so both are tried each time.
        work(host);
        if ((readiness & Readiness.CLOSED) != 0) {
            closedNanos = host.nowNanos();
            closeReason = on.closeReason();
            if (gaveUpReading()) {
                on.close();
            }
        }
    }

    /** The application at the other end: what it has written when it ends its stream is where the stream has to end. */
    void setPeer(TransferApp peer) {
        this.peer = peer;
    }

    /** Opened from here: it can be broken off before there is any news of it. */
    void opened(MptcpConnection by) {
        connection = by;
    }

    /** Ends the connection in the middle of whatever is going on, if there is one. */
    void breakOff(boolean abort) {
        if (connection == null || connection.isClosed()) {
            return;
        }
        brokenOff = true;
        endSent = true;
        if (abort) {
            connection.abort();
        } else {
            connection.close();
            outputEnded |= connection.closeReason() != CloseReason.ABORTED; // which it is with something unread
        }
    }

    boolean isBrokenOff() {
        return brokenOff;
    }

    private void work(Host host) {
        read(host);
        write(host);
        end();
    }

    private void read(Host host) {
        while (!readPaused && !checker.hasEnded() && !gaveUpReading()) {
            int length = connection.read(copy, 0, plan.readBytes());
            if (length < 0) {
                checker.end(endOfStream());
                return;
            }
            if (length == 0) {
                return;
            }
            checker.accept(copy, 0, length);
            if (plan.readPauseNanos() > 0) {
                pauseReading(host, plan.readPauseNanos());
            }
        }
    }

    private long endOfStream() {
        return peer == null ? plan.receiveBytes() : peer.outputEnded ? peer.written : -1;
    }

    /** After close or abort on either side what read says has no meaning. */
    private boolean gaveUpReading() {
        return brokenOff || endSent && (plan.ending() == Ending.CLOSE_WHEN_DONE || plan.ending() == Ending.ABORT)
                || connection.isClosed() && connection.closeReason() != CloseReason.CLOSED;
    }

    private void pauseReading(Host host, long nanos) {
        readPaused = true;
        host.after(nanos, () -> {
            readPaused = false;
            work(host);
        });
    }

    private void write(Host host) {
        while (!writePaused && !endSent && written < plan.sendBytes() && !connection.isClosed()) {
            int length = (int) Math.min(plan.writeBytes(), plan.sendBytes() - written);
            int taken = blocks == null ? copy(length) : handOver(length);
            written += taken;
            if (taken < length) {
                return;
            }
            if (plan.writePauseNanos() > 0) {
                writePaused = true;
                host.after(plan.writePauseNanos(), () -> {
                    writePaused = false;
                    work(host);
                });
            }
        }
    }

    private int copy(int length) {
        sending.fill(written, copy, 0, length);
        return connection.write(copy, 0, length);
    }

    private int handOver(int length) {
        MemorySegment block = blocks.isEmpty() ? Arena.ofAuto().allocate(MAX_COPY_BYTES, 8) : blocks.pop();
        sending.fill(written, block, 0, length);
        int taken = connection.handOver(block, 0, length, () -> {
            blocksHandedOver--;
            block.fill(SPOILT);
            blocks.push(block);
        });
        if (taken == 0) {
            blocks.push(block);
        } else {
            blocksHandedOver++;
        }
        return taken;
    }

    private void end() {
        if (endSent || connection.isClosed()) {
            return;
        }
        boolean allWritten = written == plan.sendBytes();
        switch (plan.ending()) {
            case SHUTDOWN_WHEN_WRITTEN -> {
                if (allWritten) {
                    endSent = true;
                    outputEnded = true;
                    connection.shutdownOutput();
                }
            }
            case SHUTDOWN_AFTER_PEER -> {
                if (allWritten && checker.hasEnded()) {
                    endSent = true;
                    outputEnded = true;
                    connection.shutdownOutput();
                }
            }
            case CLOSE_WHEN_DONE -> {
                if (allWritten && (checker.isComplete() || checker.hasEnded())) {
                    endSent = true;
                    outputEnded = true;
                    connection.close();
                }
            }
            case ABORT -> {
                if (checker.receivedBytes() >= plan.abortAfterBytes()) {
                    endSent = true;
                    connection.abort();
                }
            }
        }
    }

    Plan plan() {
        return plan;
    }

    /** Nothing is left that this side wants to read, or could. */
    boolean isDoneReading() {
        return checker.hasEnded() || gaveUpReading();
    }

    public MptcpConnection connection() {
        return connection;
    }

    public StreamChecker checker() {
        return checker;
    }

    public long writtenBytes() {
        return written;
    }

    public boolean isConnected() {
        return connectedNanos >= 0;
    }

    /** Time of the CONNECTED bit, -1 before it. */
    public long connectedNanos() {
        return connectedNanos;
    }

    public boolean isClosed() {
        return closedNanos >= 0;
    }

    public CloseReason closeReason() {
        return closeReason;
    }

    /** All expected has arrived, all to be sent has been written and acknowledged. */
    public boolean isDelivered() {
        return checker.isComplete() && written == plan.sendBytes() && connection != null && connection.bytesAcked() >= plan.sendBytes();
    }

    @Override
    public String toString() {
        return name + " wrote " + written + "/" + plan.sendBytes() + " read " + checker.receivedBytes() + "/" + plan.receiveBytes()
                + (checker.hasEnded() ? " to the end" : "") + (brokenOff ? " broken off" : endSent ? " " + plan.ending() : "") + (isClosed() ? " " + closeReason : "");
    }
}
