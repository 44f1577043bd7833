package io.mptcp.cli.bench.scale;

import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** Opens more and more connections and measures after each step what an idle one holds, and what a segment of a busy one costs. */
final class ScaleBench {
    /**
     * At one number of connections.
     *
     * @param connections        there are, each with two ends in this process
     * @param heapBytesEach      heap that each end has taken since the step before
     * @param bufferBytes        native memory for payload, all connections together
     * @param nanosPerSegment    one connection busy
     * @param nanosPerSegmentOfMany {@code busy} connections busy in turn
     * @param allocatedPerSegment heap bytes allocated per segment meanwhile
     * @param histogram what was alive before that; null where it was not asked for
     */
    record Step(int connections, double heapBytesEach, long bufferBytes, double nanosPerSegment, double nanosPerSegmentOfMany,
                double allocatedPerSegment, HeapHistogram histogram) {
    }

    /** However many connections are busy: of longer spells there are few, and one in which the machine is held up would be the median. */
    private static final int MOVES_OF_A_SPELL = 32;

    /** Of the serial collector: the others leave dead objects, up to a twentieth, where moving what lies behind is not worth it. */
    private static final int COMPACTING_COLLECTIONS = 4;

    private final int busy;
    private final int superSegmentBytes;
    private final long nanos;
    private final boolean byClass;
    private final PrintStream progress;
    private long allocatedBytes;
    private long countedSegments;

    /**
     * @param nanos   how long each figure is taken
     * @param byClass count objects as well
     */
    ScaleBench(int busy, int superSegmentBytes, long nanos, boolean byClass, PrintStream progress) {
        this.busy = busy;
        this.superSegmentBytes = superSegmentBytes;
        this.nanos = nanos;
        this.byClass = byClass;
        this.progress = progress;
    }

    /** @param steps numbers of connections, rising */
    List<Step> run(List<Integer> steps) {
        List<Step> results = new ArrayList<>();
        try (StackPair pair = new StackPair(steps.getLast(), superSegmentBytes)) {
            List<StackPair.Pair> connections = new ArrayList<>(steps.getLast());
            connections.add(pair.open());
            nanosPerSegment(pair, connections, 1, 5 * nanos); // the just-in-time compiler's
            long heapBefore = heapBytes();
            int before = 1;
            for (int step : steps) {
                while (connections.size() < step) {
                    connections.add(pair.open());
                }
                pair.advance(60_000_000_000L); // what waits for something gives up
                long heap = heapBytes();
                double each = step == before ? 0 : (heap - heapBefore) / 2.0 / (step - before);
                HeapHistogram histogram = byClass ? HeapHistogram.take() : null;
                long buffers = pair.bufferBytes();
                allocatedBytes = 0;
                countedSegments = 0;
                double one = nanosPerSegment(pair, connections, 1, nanos);
                double many = nanosPerSegment(pair, connections, Math.min(busy, step), nanos);
                results.add(new Step(step, each, buffers, one, many, (double) allocatedBytes / countedSegments, histogram));
                progress.printf(Locale.ROOT, "%d connections: %.0f bytes an end, %.0f and %.0f ns a segment%n", step, each, one, many);
                heapBefore = heap;
                before = step;
            }
        }
        return results;
    }

    /** The median of many short spells: a pause of the machine or of the garbage collector is not the engine's. */
    private double nanosPerSegment(StackPair pair, List<StackPair.Pair> connections, int busyConnections, long durationNanos) {
        for (int i = 0; i < 4 * busyConnections; i++) {
            pair.move(connections.get(i % busyConnections)); // out of slow start, and into the caches what will be there
        }
        long allocatedBefore = allocated();
        long segmentsBefore = pair.segments();
        double[] spells = new double[4096];
        int spell = 0;
        int next = 0;
        long startNanos = System.nanoTime();
        for (long now = startNanos; now - startNanos < durationNanos && spell < spells.length; ) {
            long segments = pair.segments();
            long spellStart = now;
            for (int i = 0; i < MOVES_OF_A_SPELL; i++) {
                pair.move(connections.get(next));
                next = (next + 1) % busyConnections;
            }
            now = System.nanoTime();
            spells[spell++] = (double) (now - spellStart) / (pair.segments() - segments);
        }
        allocatedBytes += allocated() - allocatedBefore;
        countedSegments += pair.segments() - segmentsBefore;
        connections.subList(0, busyConnections).forEach(pair::rest); // what the next step counts is that of idle ones
        double[] taken = Arrays.copyOf(spells, spell);
        Arrays.sort(taken);
        return taken[taken.length / 2];
    }

    private static long allocated() {
        return ManagementFactory.getThreadMXBean() instanceof com.sun.management.ThreadMXBean threads ? threads.getCurrentThreadAllocatedBytes() : 0;
    }

    private static long heapBytes() {
        for (int i = 0; i < COMPACTING_COLLECTIONS; i++) {
            System.gc();
        }
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }
}
