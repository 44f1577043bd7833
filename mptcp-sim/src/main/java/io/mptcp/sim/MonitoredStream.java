package io.mptcp.sim;

import io.mptcp.sim.WireMonitor.MonitorViolation;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * One direction of a data stream, over all its subflows, by offset: the first byte an application writes has offset 0. What was acknowledged long ago is
 * forgotten: a stream may be longer than memory.
 */
final class MonitoredStream {
    private static final int CHUNK_BYTES = 1 << 16;
    /** Kept behind what was acknowledged: it may be sent again, and has to be the same. */
    private static final long KEPT_BYTES = 16L << 20;

    /** Payload, and which of it has been seen. */
    private static final class Chunk {
        private final MemorySegment bytes = MemorySegment.ofArray(new byte[CHUNK_BYTES]);
        private final BitSet known = new BitSet(CHUNK_BYTES);
    }

    MonitoredStream reverse;
    boolean knowsKey;
    long key;
    /** DSN of offset 0: IDSN + 1. */
    long firstDsn;
    /** Offset of the DATA_FIN, -1 until one is sent. */
    long finOffset = -1;
    /** Of this stream as its receiver acknowledges it: highest DATA_ACK, and highest right edge of its window. */
    long highestDataAck;
    long highestRightEdge;

    /** Those not forgotten. */
    private final List<Chunk> chunks = new ArrayList<>();
    /** Offset of the first of them. */
    private long keptOffset;
    /** End of the highest byte sent. */
    private long highestEnd;
    /** End of what was sent without a gap; may lag behind. */
    private long contiguousEnd;

    /** Payload at an offset: new bytes are kept, known ones must be the same. */
    void payload(long offset, MemorySegment source, long at, int length, String flow) {
        if (offset < 0) {
            throw new MonitorViolation("payload at stream offset " + offset + ": " + flow);
        }
        if (finOffset >= 0 && offset + length > finOffset) {
            throw new MonitorViolation("payload up to stream offset " + (offset + length) + " behind the DATA_FIN at " + finOffset + ": " + flow);
        }
        int done = (int) Math.clamp(keptOffset - offset, 0, length);
        while (done < length) {
            done += take(offset + done, source, at + done, length - done, flow);
        }
        highestEnd = Math.max(highestEnd, offset + length);
    }

    /** @return how many bytes, all of them known or all of them new */
    private int take(long offset, MemorySegment source, long at, int length, String flow) {
        Chunk chunk = chunk(offset);
        int inChunk = inChunk(offset);
        boolean isKnown = chunk.known.get(inChunk);
        int runEnd = isKnown ? chunk.known.nextClearBit(inChunk) : chunk.known.nextSetBit(inChunk);
        int run = Math.min(length, (runEnd < 0 ? CHUNK_BYTES : Math.min(runEnd, CHUNK_BYTES)) - inChunk);
        if (!isKnown) {
            MemorySegment.copy(source, at, chunk.bytes, inChunk, run);
            chunk.known.set(inChunk, inChunk + run);
        } else {
            long mismatch = MemorySegment.mismatch(source, at, at + run, chunk.bytes, inChunk, inChunk + run);
            if (mismatch >= 0) {
                throw new MonitorViolation("byte at stream offset " + (offset + mismatch) + " sent with another value than before: " + flow);
            }
        }
        return run;
    }

    private static int inChunk(long offset) {
        return (int) (offset % CHUNK_BYTES);
    }

    private Chunk chunk(long offset) {
        int index = (int) ((offset - keptOffset) / CHUNK_BYTES);
        while (chunks.size() <= index) {
            chunks.add(new Chunk());
        }
        return chunks.get(index);
    }

    private void advanceContiguousEnd() {
        while (contiguousEnd < highestEnd) {
            int inChunk = inChunk(contiguousEnd);
            int clear = Math.min(CHUNK_BYTES, chunk(contiguousEnd).known.nextClearBit(inChunk));
            contiguousEnd += clear - inChunk;
            if (clear < CHUNK_BYTES) {
                return;
            }
        }
    }

    private void forget() {
        int count = (int) Math.max(0, (Math.min(highestDataAck, contiguousEnd) - KEPT_BYTES - keptOffset) / CHUNK_BYTES);
        if (count > 0) {
            chunks.subList(0, count).clear();
            keptOffset += (long) count * CHUNK_BYTES;
        }
    }

    void fin(long offset, String flow) {
        if (finOffset >= 0 && offset != finOffset) {
            throw new MonitorViolation("DATA_FIN at stream offset " + offset + ", before at " + finOffset + ": " + flow);
        }
        if (offset < highestEnd) {
            throw new MonitorViolation("DATA_FIN at stream offset " + offset + " before data up to " + highestEnd + ": " + flow);
        }
        finOffset = offset;
    }

    /** A DATA_ACK of this stream and the window behind it, which is rounded to some unit. */
    void acknowledged(long offset, long windowBytes, long unitBytes, String flow) {
        advanceContiguousEnd();
        long sentEnd = contiguousEnd == finOffset ? finOffset + 1 : contiguousEnd;
        if (offset > sentEnd) {
            throw new MonitorViolation("DATA_ACK " + offset + " of a stream sent up to " + sentEnd + ": " + flow);
        }
        if (offset < highestDataAck) {
            throw new MonitorViolation("DATA_ACK went back from " + highestDataAck + " to " + offset + ": " + flow);
        }
        highestDataAck = offset;
        forget();
        long edge = offset + windowBytes;
        if (edge <= highestRightEdge - unitBytes) {
            throw new MonitorViolation("the right edge went back from " + highestRightEdge + " to " + edge + ": " + flow);
        }
        highestRightEdge = Math.max(highestRightEdge, edge);
    }
}
