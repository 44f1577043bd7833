package io.mptcp.cli.bench;

import io.mptcp.cli.lab.LabException;
import io.mptcp.cli.lab.PseudoRandomFile;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * What a receiving application got of {@link PseudoRandomFile}, every byte compared, within a window that begins when it has its connection.
 * One thread receives, another waits.
 */
public final class Arrivals {
    /** Told of everything that arrives, by the receiving thread. */
    public interface Listener {
        /** @param bytes of the stream that have arrived so far */
        void arrived(long nowNanos, long bytes);
    }

    private static final int CHUNK_BYTES = 64 << 10;
    private static final int PARTS = 10;

    private final long windowNanos;
    private final long limitBytes;
    private final Listener listener;
    private final ByteBuffer expected = ByteBuffer.allocate(CHUNK_BYTES);
    /** For the receiving thread. */
    private long position;

    private boolean started;
    private long startNanos;
    private long firstWriteNanos;
    private long bytes;
    private final long[] partBytes = new long[PARTS];
    private boolean complete;
    private long completeNanos;
    private String failure;

    /** @param limitBytes the window ends early when this many bytes have arrived */
    public Arrivals(long windowNanos, long limitBytes) {
        this(windowNanos, limitBytes, (nowNanos, bytes) -> { });
    }

    /** As {@link #Arrivals(long, long)}, with somebody who wants to know more. */
    public Arrivals(long windowNanos, long limitBytes, Listener listener) {
        this.windowNanos = windowNanos;
        this.limitBytes = limitBytes;
        this.listener = listener;
    }

    /** The sender is about to write its first byte. */
    synchronized void writing(long nowNanos) {
        firstWriteNanos = nowNanos;
    }

    /** When the sender began to write. */
    public synchronized long firstWriteNanos() {
        return firstWriteNanos;
    }

    /** From the sender's first write to the end of the measurement; after {@link #await}. */
    public synchronized long sinceFirstWriteNanos() {
        return completeNanos - firstWriteNanos;
    }

    /** The connection is there. */
    synchronized void started(long nowNanos) {
        started = true;
        startNanos = nowNanos;
        notifyAll();
    }

    /** The next bytes of the stream. Those that come after the window are not looked at. */
    void arrived(long nowNanos, ByteBuffer data) {
        int count = data.remaining();
        synchronized (this) {
            if (complete || nowNanos - startNanos > windowNanos) {
                return;
            }
        }
        compare(data);
        synchronized (this) {
            bytes += count;
            listener.arrived(nowNanos, bytes);
            partBytes[(int) Math.clamp((nowNanos - startNanos) * PARTS / windowNanos, 0, PARTS - 1)] += count;
            if (bytes >= limitBytes) {
                complete = true;
                completeNanos = nowNanos;
                notifyAll();
            }
        }
    }

    private void compare(ByteBuffer data) {
        while (data.hasRemaining()) {
            ByteBuffer piece = data.slice(data.position(), Math.min(data.remaining(), CHUNK_BYTES));
            PseudoRandomFile.fill(expected.clear().limit(piece.remaining()), position);
            int mismatch = expected.flip().mismatch(piece);
            if (mismatch >= 0) {
                fail("byte " + (position + mismatch) + " of the stream is not what was sent");
                return;
            }
            position += piece.remaining();
            data.position(data.position() + piece.remaining());
        }
    }

    /** One of the ends cannot go on. Without effect once the window is over. */
    public synchronized void fail(String why) {
        if (failure == null && !complete) {
            failure = why;
            notifyAll();
        }
    }

    /**
     * Waits for the end of the window.
     *
     * @param patienceNanos for the connection to be there
     * @throws LabException when the transfer failed
     */
    public synchronized Goodput await(long patienceNanos) {
        long deadlineNanos = System.nanoTime() + patienceNanos;
        while (!started && failure == null) {
            pause(deadlineNanos - System.nanoTime(), "no connection within " + TimeUnit.NANOSECONDS.toSeconds(patienceNanos) + " s");
        }
        while (failure == null && !complete) {
            long leftNanos = startNanos + windowNanos - System.nanoTime();
            if (leftNanos <= 0) {
                complete = true;
                completeNanos = startNanos + windowNanos;
            } else {
                pause(leftNanos, null);
            }
        }
        if (failure != null) {
            throw new LabException(failure);
        }
        return new Goodput(bytes, Math.max(1, completeNanos - startNanos));
    }

    /** Goodput of each tenth of the window. */
    synchronized List<Goodput> parts() {
        return Arrays.stream(partBytes).mapToObj(part -> new Goodput(part, windowNanos / PARTS)).toList();
    }

    private void pause(long leftNanos, String complaint) {
        if (leftNanos <= 0 && complaint != null) {
            throw new LabException(complaint);
        }
        try {
            TimeUnit.NANOSECONDS.timedWait(this, Math.max(1, leftNanos));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LabException("interrupted", e);
        }
    }
}
