package io.mptcp.sim;

import io.mptcp.sim.WireMonitor.MonitorViolation;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/** One direction of a data stream, over all its subflows, by offset: the first byte an application writes has offset 0. */
final class MonitoredStream {
    private static final int CHUNK_BYTES = 1 << 16;

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

    private final List<MemorySegment> chunks = new ArrayList<>();
    private final BitSet known = new BitSet();
    /** End of the highest byte sent. */
    private long highestEnd;
    /** End of what was sent without a gap; may lag behind. */
    private int contiguousEnd;

    /** Payload at an offset: new bytes are kept, known ones must be the same. */
    void payload(long offset, MemorySegment source, long at, int length, String flow) {
        if (offset < 0 || offset + length > Integer.MAX_VALUE) {
            throw new MonitorViolation("payload at stream offset " + offset + ": " + flow);
        }
        if (finOffset >= 0 && offset + length > finOffset) {
            throw new MonitorViolation("payload up to stream offset " + (offset + length) + " behind the DATA_FIN at " + finOffset + ": " + flow);
        }
        int done = 0;
        while (done < length) {
            int position = (int) offset + done;
            boolean isKnown = known.get(position);
            int runEnd = isKnown ? known.nextClearBit(position) : known.nextSetBit(position);
            if (runEnd < 0) {
                runEnd = Integer.MAX_VALUE;
            }
            int run = Math.min(Math.min(length - done, runEnd - position), CHUNK_BYTES - position % CHUNK_BYTES);
            MemorySegment chunk = chunk(position / CHUNK_BYTES);
            int inChunk = position % CHUNK_BYTES;
            if (!isKnown) {
                MemorySegment.copy(source, at + done, chunk, inChunk, run);
                known.set(position, position + run);
            } else {
                long mismatch = MemorySegment.mismatch(source, at + done, at + done + run, chunk, inChunk, inChunk + run);
                if (mismatch >= 0) {
                    throw new MonitorViolation("byte at stream offset " + (position + mismatch) + " sent with another value than before: " + flow);
                }
            }
            done += run;
        }
        highestEnd = Math.max(highestEnd, offset + length);
    }

    private MemorySegment chunk(int index) {
        while (chunks.size() <= index) {
            chunks.add(MemorySegment.ofArray(new byte[CHUNK_BYTES]));
        }
        return chunks.get(index);
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
        contiguousEnd = known.nextClearBit(contiguousEnd);
        long sentEnd = contiguousEnd == finOffset ? finOffset + 1 : contiguousEnd;
        if (offset > sentEnd) {
            throw new MonitorViolation("DATA_ACK " + offset + " of a stream sent up to " + sentEnd + ": " + flow);
        }
        if (offset < highestDataAck) {
            throw new MonitorViolation("DATA_ACK went back from " + highestDataAck + " to " + offset + ": " + flow);
        }
        highestDataAck = offset;
        long edge = offset + windowBytes;
        if (edge <= highestRightEdge - unitBytes) {
            throw new MonitorViolation("the right edge went back from " + highestRightEdge + " to " + edge + ": " + flow);
        }
        highestRightEdge = Math.max(highestRightEdge, edge);
    }
}
