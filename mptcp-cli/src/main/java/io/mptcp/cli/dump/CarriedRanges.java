package io.mptcp.cli.dump;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Which subflow carried which part of one direction of the data sequence first, when, and under which subflow sequence numbers. Neighbours are
 * joined once they are acknowledged at the data level; of more pieces than there is room for, the oldest are forgotten.
 */
final class CarriedRanges {
    private static final int MAX_PIECES = 1 << 15;

    /** A piece of the data sequence, the end exclusive, in relative numbers. */
    static final class Piece {
        final long from;
        long to;
        final int subflow;
        /** Relative subflow sequence number of the first byte. */
        final long ssn;
        final long timeNanos;

        Piece(long from, long to, int subflow, long ssn, long timeNanos) {
            this.from = from;
            this.to = to;
            this.subflow = subflow;
            this.ssn = ssn;
            this.timeNanos = timeNanos;
        }
    }

    /** Bytes that had been carried before; {@code first} is null when it is forgotten by whom. */
    record Overlap(long from, long to, Piece first) {
        long bytes() {
            return to - from;
        }
    }

    private final EntryBudget budget;
    private final TreeMap<Long, Piece> pieces = new TreeMap<>();
    private long forgottenBelow = Long.MIN_VALUE;
    private long joinedBelow = Long.MIN_VALUE;

    CarriedRanges(EntryBudget budget) {
        this.budget = budget;
    }

    /**
     * Takes in a range.
     *
     * @param overlaps gets what had been carried before, in order
     * @return bytes that had not
     */
    long carry(long from, long to, int subflow, long ssn, long timeNanos, List<Overlap> overlaps) {
        long fresh = 0;
        long at = from;
        if (at < forgottenBelow) {
            long end = Math.min(to, forgottenBelow);
            overlaps.add(new Overlap(at, end, null));
            at = end;
        }
        while (at < to) {
            Map.Entry<Long, Piece> before = pieces.floorEntry(at);
            if (before != null && before.getValue().to > at) {
                long end = Math.min(to, before.getValue().to);
                overlaps.add(new Overlap(at, end, before.getValue()));
                at = end;
                continue;
            }
            Long next = pieces.higherKey(at);
            long end = next == null ? to : Math.min(to, next);
            put(new Piece(at, end, subflow, ssn + (at - from), timeNanos));
            fresh += end - at;
            at = end;
        }
        return fresh;
    }

    /** Everything below is acknowledged at the data level. */
    void acknowledged(long dataAck) {
        Map.Entry<Long, Piece> start = pieces.floorEntry(joinedBelow);
        Piece last = start == null ? null : start.getValue();
        if (last == null) {
            Map.Entry<Long, Piece> first = pieces.firstEntry();
            last = first == null ? null : first.getValue();
        }
        while (last != null && last.to <= dataAck) {
            joinedBelow = last.from;
            Map.Entry<Long, Piece> next = pieces.higherEntry(last.from);
            Piece piece = next == null ? null : next.getValue();
            if (piece == null || piece.to > dataAck) {
                return;
            }
            if (piece.from == last.to && piece.subflow == last.subflow) {
                last.to = piece.to;
                pieces.remove(piece.from);
                budget.give(1);
            } else {
                last = piece;
            }
        }
    }

    private void put(Piece piece) {
        boolean allowed = budget.take();
        pieces.put(piece.from, piece);
        if (!allowed || pieces.size() > MAX_PIECES) {
            forgottenBelow = pieces.pollFirstEntry().getValue().to;
            if (allowed) {
                budget.give(1);
            }
        }
    }

    /** Pieces kept. */
    int size() {
        return pieces.size();
    }

    void release() {
        budget.give(pieces.size());
        pieces.clear();
    }
}
