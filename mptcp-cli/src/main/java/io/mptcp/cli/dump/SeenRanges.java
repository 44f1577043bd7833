package io.mptcp.cli.dump;

import java.util.Map;
import java.util.TreeMap;

/** Which sequence numbers of one direction of a subflow have been seen: as many entries as there are pieces with holes between them. */
final class SeenRanges {
    private static final int MAX_PIECES = 1024;

    private final EntryBudget budget;
    /** From first to behind the last. */
    private final TreeMap<Long, Long> pieces = new TreeMap<>();

    SeenRanges(EntryBudget budget) {
        this.budget = budget;
    }

    /** Takes in a range, the end exclusive. @return how many of its bytes had been seen before */
    long add(long from, long to) {
        long start = from;
        long end = to;
        long seen = 0;
        Map.Entry<Long, Long> piece = pieces.floorEntry(to);
        while (piece != null && piece.getValue() >= from) {
            seen += Math.max(0, Math.min(to, piece.getValue()) - Math.max(from, piece.getKey()));
            start = Math.min(start, piece.getKey());
            end = Math.max(end, piece.getValue());
            pieces.remove(piece.getKey());
            budget.give(1);
            piece = pieces.floorEntry(to);
        }
        boolean allowed = budget.take();
        pieces.put(start, end);
        if (!allowed || pieces.size() > MAX_PIECES) {
            forgetLowestHole();
            if (allowed) {
                budget.give(1);
            }
        }
        return seen;
    }

    /** Its bytes count as seen from now on. */
    private void forgetLowestHole() {
        Map.Entry<Long, Long> first = pieces.pollFirstEntry();
        Map.Entry<Long, Long> second = pieces.pollFirstEntry();
        if (second != null) {
            pieces.put(first.getKey(), second.getValue());
        }
    }

    void release() {
        budget.give(pieces.size());
        pieces.clear();
    }
}
