package io.mptcp.cli;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.WritableByteChannel;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/**
 * Takes bytes from the event loop to a blocking channel (standard output). A thread of its own writes a fixed number of chunks; when
 * all of them wait for a slow reader nothing more is read from the connection, its window closes, and the peer is held back.
 */
final class OutputPump {
    /** Gives bytes, as {@link io.mptcp.stack.MptcpConnection#read} does. */
    @FunctionalInterface
    interface Source {
        /** @return bytes given, 0 when there are none now, -1 at the end */
        int read(MemorySegment destination, long offset, int length);
    }

    private static final int CHUNKS = 3;
    private static final Chunk END = new Chunk(0);

    private final WritableByteChannel sink;
    private final Executor loop;
    private final Runnable onChange;
    private final BlockingQueue<Chunk> free = new ArrayBlockingQueue<>(CHUNKS);
    private final BlockingQueue<Chunk> filled = new ArrayBlockingQueue<>(CHUNKS + 1);
    private boolean endQueued;
    private volatile IOException failure;
    private final CountDownLatch finished = new CountDownLatch(1);

    /** @param onChange called on the loop whenever there is room again, and when writing has ended or failed */
    OutputPump(WritableByteChannel sink, Executor loop, Runnable onChange) {
        this.sink = sink;
        this.loop = loop;
        this.onChange = onChange;
        for (int i = 0; i < CHUNKS; i++) {
            free.add(new Chunk(Chunk.CAPACITY_BYTES));
        }
    }

    void start() {
        Thread.ofPlatform().name("stdout").daemon().start(this::writeToEnd);
    }

    /** Takes what the source has, as far as there is room. On the loop. @return bytes taken, or -1 when the source has come to its end */
    long moveFrom(Source source) {
        long moved = 0;
        for (Chunk chunk = free.poll(); chunk != null; chunk = free.poll()) {
            int count = source.read(chunk.memory, 0, Chunk.CAPACITY_BYTES);
            if (count <= 0) {
                free.add(chunk);
                return count < 0 && moved == 0 ? -1 : moved;
            }
            chunk.to = count;
            filled.add(chunk);
            moved += count;
        }
        return moved;
    }

    /** Nothing more will come: what was taken is written, then the channel is closed. On the loop. */
    void end() {
        if (!endQueued) {
            endQueued = true;
            filled.add(END);
        }
    }

    /** Waits until the channel is closed: after {@link #end} and everything before it, or after a failure. */
    void awaitFinished() throws InterruptedException {
        finished.await();
    }

    /** Why writing failed, or null. */
    IOException failure() {
        return failure;
    }

    private void writeToEnd() {
        try (sink) {
            for (Chunk chunk = filled.take(); chunk != END; chunk = filled.take()) {
                chunk.buffer.clear().limit(chunk.to);
                while (chunk.buffer.hasRemaining()) {
                    sink.write(chunk.buffer);
                }
                free.add(chunk);
                loop.execute(onChange);
            }
        } catch (IOException e) {
            failure = e;
        } catch (InterruptedException | RejectedExecutionException _) {
            // The process is ending.
        }
        finished.countDown();
        try {
            loop.execute(onChange);
        } catch (RejectedExecutionException _) {
            // The loop is gone, and with it whoever would want to know.
        }
    }
}
