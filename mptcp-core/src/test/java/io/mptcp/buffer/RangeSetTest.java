package io.mptcp.buffer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.BitSet;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class RangeSetTest {
    private static final int SPACE = 64;

    @Test
    void neighboursAndOverlapsAreJoined() {
        RangeSet set = new RangeSet(8);
        set.add(10, 20);
        set.add(30, 40);
        set.add(20, 30);
        assertEquals("{[10, 40)}", set.toString());
        set.add(5, 12);
        set.add(38, 50);
        assertEquals("{[5, 50)}", set.toString());
        assertEquals(45, set.totalBytes());
    }

    @Test
    void oneAddSwallowsSeveralIntervals() {
        RangeSet set = new RangeSet(8);
        for (int start = 0; start < 70; start += 10) {
            set.add(start, start + 5);
        }
        set.add(12, 43);
        assertEquals("{[0, 5), [10, 45), [50, 55), [60, 65)}", set.toString());
    }

    @Test
    void fullSetRefusesNewIntervalButStillJoins() {
        RangeSet set = new RangeSet(2);
        assertTrue(set.add(0, 1));
        assertTrue(set.add(10, 11));
        assertFalse(set.add(20, 21));
        assertEquals("{[0, 1), [10, 11)}", set.toString());
        assertTrue(set.add(1, 3));
        assertTrue(set.add(2, 10));
        assertEquals("{[0, 11)}", set.toString());
        assertTrue(set.add(20, 21));
    }

    /** How many there are is the peer's choice; it must not cost memory for ever. */
    @Test
    void whatManyIntervalsNeededIsGivenBackWithTheLast() {
        RangeSet set = new RangeSet(4096);
        for (int i = 0; i < 1000; i++) {
            set.add(10L * i, 10L * i + 5);
        }
        assertTrue(set.capacity() >= 1000);
        set.removeBelow(9_000);
        assertTrue(set.capacity() >= 1000, "others may come");
        set.removeBelow(10_000);
        assertEquals(0, set.capacity());
        for (int i = 0; i < 1000; i++) {
            set.add(10L * i, 10L * i + 5);
        }
        set.clear();
        assertEquals(0, set.capacity());
        set.add(1, 2);
        set.removeFrom(0);
        assertTrue(set.capacity() > 0, "the room for a few stays");
    }

    @Test
    void emptyIntervalChangesNothing() {
        RangeSet set = new RangeSet(1);
        assertTrue(set.add(5, 5));
        assertTrue(set.isEmpty());
        assertTrue(set.contains(3, 3));
    }

    @Test
    void farPositionsDoNotOverflow() {
        RangeSet set = new RangeSet(4);
        set.add(Long.MAX_VALUE - 10, Long.MAX_VALUE);
        set.add(0, 1);
        assertEquals(Long.MAX_VALUE - 10, set.nextStart(0));
        assertEquals(Long.MAX_VALUE, set.nextStart(Long.MAX_VALUE - 10));
        assertEquals(11, set.totalBytes());
    }

    @Test
    void boundMustBePositive() {
        assertThrows(IllegalArgumentException.class, () -> new RangeSet(0));
    }

    record Operation(int kind, int start, int length) {
    }

    @Provide
    Arbitrary<List<Operation>> operations() {
        return Combinators.combine(Arbitraries.integers().between(0, 10), Arbitraries.integers().between(0, SPACE - 1),
                Arbitraries.integers().between(0, 12)).as(Operation::new).list().ofMaxSize(60);
    }

    @Property(edgeCases = EdgeCasesMode.NONE)
    void behavesLikeABitSet(@ForAll("operations") List<Operation> operations) {
        RangeSet set = new RangeSet(4);
        BitSet model = new BitSet();
        for (Operation operation : operations) {
            int start = operation.start;
            int end = start + operation.length;
            if (operation.kind == 0) {
                set.removeBelow(start);
                model.clear(0, start);
            } else if (operation.kind == 1) {
                set.removeFrom(start);
                model.clear(start, SPACE + 12);
            } else if (operation.kind == 2 && start < end) {
                set.addOrWiden(start, end);
                model = widened(model, start, end);
            } else if (operation.kind == 3) {
                BitSet wanted = (BitSet) model.clone();
                wanted.clear(start, end);
                set.remove(start, end);
                model = runs(wanted) <= 4 ? wanted : model;
            } else {
                BitSet wanted = (BitSet) model.clone();
                wanted.set(start, end);
                boolean fits = runs(wanted) <= 4;
                assertEquals(fits, set.canAdd(start, end));
                assertEquals(fits, set.add(start, end));
                model = fits ? wanted : model;
            }
            assertSame(model, set);
        }
    }

    /** With as many runs as are allowed, the gap to the nearest is filled. */
    private static BitSet widened(BitSet model, int start, int end) {
        BitSet wanted = (BitSet) model.clone();
        wanted.set(start, end);
        if (runs(wanted) > 4) {
            int below = model.previousSetBit(start);
            int above = model.nextSetBit(end);
            if (above >= 0 && (below < 0 || above - end < start - below - 1)) {
                wanted.set(end, above);
            } else {
                wanted.set(below + 1, start);
            }
        }
        return wanted;
    }

    private static int runs(BitSet bits) {
        int runs = 0;
        for (int i = bits.nextSetBit(0); i >= 0; i = bits.nextSetBit(bits.nextClearBit(i))) {
            runs++;
        }
        return runs;
    }

    private static void assertSame(BitSet model, RangeSet set) {
        assertEquals(model.cardinality(), set.totalBytes());
        assertEquals(runs(model), set.size());
        for (int i = 0; i < set.size(); i++) {
            assertTrue(set.start(i) < set.end(i) && (i == 0 || set.end(i - 1) < set.start(i)), set::toString);
        }
        for (int position = 0; position < SPACE + 12; position++) {
            boolean held = model.get(position);
            assertEquals(held ? model.nextClearBit(position) : position, set.coveredUntil(position));
            int index = set.indexOf(position);
            assertEquals(held, index >= 0 && set.start(index) <= position && position < set.end(index));
            int hole = model.nextClearBit(position);
            int next = model.nextSetBit(hole);
            assertEquals(next < 0 ? Long.MAX_VALUE : next, set.nextStart(position));
            int end = position + 7;
            assertEquals(model.get(position, end).cardinality(), set.overlap(position, end));
            assertEquals(model.get(position, end).cardinality() == 7, set.contains(position, end));
        }
    }
}
