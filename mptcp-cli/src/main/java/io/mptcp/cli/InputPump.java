package io.mptcp.cli;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.ReadableByteChannel;
import java.util.Queue;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/**
 * Brings a blocking channel (standard input) to the event loop. A thread of its own reads ahead into a fixed number of chunks and no
 * further: when the connection takes nothing, nothing more is read, and whoever feeds the channel is held back as with any pipe.
 */
final class InputPump {
    /** Takes bytes, as {@link io.mptcp.stack.MptcpConnection#write} does. */
    @FunctionalInterface
    interface Sink {
        /** @return bytes taken, 0 when there is no room now */
        int write(MemorySegment source, long offset, int length);
    }

    /** One is filled while another is written. */
    private static final int CHUNKS = 3;

    private final ReadableByteChannel source;
    private final Executor loop;
    private final Runnable onChange;
    private final BlockingQueue<Chunk> free = new ArrayBlockingQueue<>(CHUNKS);
    private final Queue<Chunk> filled = new ConcurrentLinkedQueue<>();
    private volatile IOException failure;
    private volatile boolean ended;
    private boolean started;

    /**
     * @param loop     runs what this class has to say
     * @param onChange called on the loop whenever there is more to take, or the end has come
     */
    InputPump(ReadableByteChannel source, Executor loop, Runnable onChange) {
        this.source = source;
        this.loop = loop;
        this.onChange = onChange;
        for (int i = 0; i < CHUNKS; i++) {
            free.add(new Chunk(Chunk.CAPACITY_BYTES));
        }
    }

    /** Begins to read; nothing is taken from the channel before. On the loop. */
    void start() {
        if (started) {
            return;
        }
        started = true;
        // A daemon: a read of a terminal cannot be interrupted and must not keep the process.
        Thread.ofPlatform().name("stdin").daemon().start(this::readToEnd);
    }

    /** Moves what is there into the sink, as far as it takes it. On the loop. @return bytes moved */
    long moveTo(Sink sink) {
        long moved = 0;
        for (Chunk chunk = filled.peek(); chunk != null; chunk = filled.peek()) {
            int taken = sink.write(chunk.memory, chunk.from, chunk.to - chunk.from);
            if (taken <= 0) {
                break;
            }
            moved += taken;
            chunk.from += taken;
            if (chunk.from == chunk.to) {
                free.add(filled.remove());
            }
        }
        return moved;
    }

    /** Whether everything up to the end of the channel has been moved. On the loop. */
    boolean isAtEnd() {
        // In this order: the last chunk is queued before the end is marked.
        return ended && filled.isEmpty();
    }

    /** Why reading ended early, or null. */
    IOException failure() {
        return failure;
    }

    private void readToEnd() {
        try {
            while (true) {
                Chunk chunk = free.take();
                chunk.buffer.clear();
                int count = source.read(chunk.buffer);
                if (count < 0) {
                    break;
                }
                chunk.from = 0;
                chunk.to = count;
                filled.add(chunk);
                loop.execute(onChange);
            }
        } catch (IOException e) {
            failure = e;
        } catch (InterruptedException | RejectedExecutionException _) {
            return;
        }
        ended = true;
        try {
            loop.execute(onChange);
        } catch (RejectedExecutionException _) {
            // The loop is gone, and with it whoever would want to know.
        }
    }
}
