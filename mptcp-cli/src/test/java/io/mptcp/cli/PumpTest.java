package io.mptcp.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The hand-over between blocking channels and an event loop, for which a single-threaded executor stands. */
class PumpTest {
    private final ExecutorService loop = Executors.newSingleThreadExecutor();

    @AfterEach
    void stopLoop() {
        loop.shutdownNow();
    }

    private static byte[] randomBytes(int count) {
        byte[] bytes = new byte[count];
        new Random(42).nextBytes(bytes);
        return bytes;
    }

    private static <T> T await(CompletableFuture<T> future) throws Exception {
        return future.get(30, TimeUnit.SECONDS);
    }

    /** Collects what an input pump gives, taking at most a few bytes at a time. Everything on the loop. */
    private final class Collector {
        private final ByteArrayOutputStream collected = new ByteArrayOutputStream();
        private final CompletableFuture<byte[]> result = new CompletableFuture<>();
        private final int mostAtOnce;
        private final InputPump pump;

        Collector(ReadableByteChannel source, int mostAtOnce) {
            this.mostAtOnce = mostAtOnce;
            this.pump = new InputPump(source, loop, this::changed);
        }

        private void changed() {
            while (pump.moveTo(this::take) > 0) {
                continue;
            }
            if (pump.isAtEnd()) {
                result.complete(collected.toByteArray());
            }
        }

        private int take(MemorySegment source, long offset, int length) {
            int taken = Math.min(length, mostAtOnce);
            collected.writeBytes(source.asSlice(offset, taken).toArray(ValueLayout.JAVA_BYTE));
            return taken;
        }
    }

    @Test
    void inputArrivesWholeAndInOrderHoweverLittleIsTakenAtATime() throws Exception {
        byte[] bytes = randomBytes(1_000_003);
        Collector collector = new Collector(Channels.newChannel(new ByteArrayInputStream(bytes)), 997);
        loop.execute(collector.pump::start);
        assertArrayEquals(bytes, await(collector.result));
        assertNull(collector.pump.failure());
    }

    @Test
    void emptyInputEndsAtOnce() throws Exception {
        Collector collector = new Collector(Channels.newChannel(new ByteArrayInputStream(new byte[0])), 1);
        loop.execute(collector.pump::start);
        assertEquals(0, await(collector.result).length);
    }

    @Test
    void inputErrorIsKeptAndEndsTheStream() throws Exception {
        Collector collector = new Collector(new ReadableByteChannel() {
            @Override
            public int read(ByteBuffer destination) throws IOException {
                throw new IOException("Is a directory");
            }

            @Override
            public boolean isOpen() {
                return true;
            }

            @Override
            public void close() {
            }
        }, 1);
        loop.execute(collector.pump::start);
        await(collector.result);
        assertEquals("Is a directory", collector.pump.failure().getMessage());
    }

    @Test
    void inputIsNotReadFurtherAheadThanItsChunks() throws Exception {
        AtomicInteger handedOut = new AtomicInteger();
        AtomicInteger usedUp = new AtomicInteger();
        AtomicInteger mostAhead = new AtomicInteger();
        CompletableFuture<Void> end = new CompletableFuture<>();
        ReadableByteChannel source = new ReadableByteChannel() {
            @Override
            public int read(ByteBuffer destination) {
                mostAhead.accumulateAndGet(handedOut.get() - usedUp.get(), Math::max);
                if (handedOut.get() == 100) {
                    return -1;
                }
                handedOut.incrementAndGet();
                destination.put((byte) 1);
                return 1;
            }

            @Override
            public boolean isOpen() {
                return true;
            }

            @Override
            public void close() {
            }
        };
        InputPump[] pump = new InputPump[1];
        pump[0] = new InputPump(source, loop, () -> {
            pump[0].moveTo((memory, offset, length) -> {
                usedUp.incrementAndGet();
                return length;
            });
            if (pump[0].isAtEnd()) {
                end.complete(null);
            }
        });
        loop.execute(pump[0]::start);
        await(end);
        assertEquals(100, usedUp.get());
        assertTrue(mostAhead.get() <= 2, "chunks ahead beside the one being read: " + mostAhead);
    }

    /** Gives bytes to an output pump until there are none, then ends it. */
    private final class Giver {
        private final byte[] bytes;
        private final OutputPump pump;
        private int position;

        Giver(byte[] bytes, WritableByteChannel sink) {
            this.bytes = bytes;
            this.pump = new OutputPump(sink, loop, this::changed);
            pump.start();
            loop.execute(this::changed);
        }

        private void changed() {
            long moved = pump.moveFrom(this::give);
            while (moved > 0) {
                moved = pump.moveFrom(this::give);
            }
            if (moved < 0) {
                pump.end();
            }
        }

        private int give(MemorySegment destination, long offset, int length) {
            if (position == bytes.length) {
                return -1;
            }
            int count = Math.min(Math.min(length, 1009), bytes.length - position);
            MemorySegment.copy(bytes, position, destination, ValueLayout.JAVA_BYTE, offset, count);
            position += count;
            return count;
        }
    }

    @Test
    void outputIsWrittenWholeAndInOrderThenClosed() throws Exception {
        byte[] bytes = randomBytes(500_009);
        ByteArrayOutputStream written = new ByteArrayOutputStream();
        boolean[] closed = new boolean[1];
        WritableByteChannel sink = new WritableByteChannel() {
            @Override
            public int write(ByteBuffer source) {
                // Short writes, as pipes have them.
                int count = Math.min(source.remaining(), 100);
                for (int i = 0; i < count; i++) {
                    written.write(source.get());
                }
                return count;
            }

            @Override
            public boolean isOpen() {
                return !closed[0];
            }

            @Override
            public void close() {
                closed[0] = true;
            }
        };
        Giver giver = new Giver(bytes, sink);
        giver.pump.awaitFinished();
        assertArrayEquals(bytes, written.toByteArray());
        assertTrue(closed[0]);
        assertNull(giver.pump.failure());
    }

    @Test
    void outputErrorIsKeptAndNoMoreIsTaken() throws Exception {
        WritableByteChannel sink = new WritableByteChannel() {
            @Override
            public int write(ByteBuffer source) throws IOException {
                throw new IOException("Broken pipe");
            }

            @Override
            public boolean isOpen() {
                return true;
            }

            @Override
            public void close() {
            }
        };
        Giver giver = new Giver(randomBytes(10 << 20), sink);
        giver.pump.awaitFinished();
        assertNotNull(giver.pump.failure());
        assertEquals("Broken pipe", giver.pump.failure().getMessage());
        assertTrue(giver.position < 10 << 20, "taken from the connection: " + giver.position);
    }
}
