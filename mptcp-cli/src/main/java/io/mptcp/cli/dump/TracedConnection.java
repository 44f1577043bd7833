package io.mptcp.cli.dump;

import java.util.ArrayList;
import java.util.List;

/** One MPTCP connection as far as the capture shows it. Sides are 0 for the one that sent MP_CAPABLE first, 1 for the other. */
final class TracedConnection {
    /** More subflows of one connection are counted, but not followed. */
    static final int MAX_SUBFLOWS = 256;
    private static final int MAX_SIGNALS = 64;
    private static final int MAX_HELD_LINES = 64;

    /** Something about addresses or priorities, in words. */
    record Signal(long timeNanos, int side, String text) {
    }

    final int number;
    final long firstTimeNanos;
    long lastTimeNanos;
    long packets;
    int version = -1;
    /** MP_CAPABLE flags by side; -1 unknown. */
    final int[] flags = {-1, -1};
    private final long[] keys = new long[2];
    private final boolean[] keyKnown = new boolean[2];
    private final int[] tokens = new int[2];
    private final boolean[] tokenKnown = new boolean[2];
    private final List<TracedSubflow> subflows = new ArrayList<>();
    final DataDirection[] data;
    final List<Signal> signals = new ArrayList<>();
    int signalsLeftOut;
    int subflowsLeftOut;
    int malformedOptions;
    /** Why it goes on as plain TCP, or null. */
    String fallback;
    long fallbackTimeNanos;
    /** Who sent MP_FASTCLOSE, -1 for nobody. */
    int fastcloseSide = -1;
    long fastcloseTimeNanos;
    int checksumsOk;
    int checksumsBad;

    /** Lines kept until it is known whether they are wanted; null when they are not kept. */
    private List<String> heldLines;
    int heldLinesLost;

    TracedConnection(int number, long timeNanos, EntryBudget budget) {
        this.number = number;
        this.firstTimeNanos = timeNanos;
        this.lastTimeNanos = timeNanos;
        this.data = new DataDirection[] {new DataDirection(budget), new DataDirection(budget)};
    }

    boolean isKeyKnown(int side) {
        return keyKnown[side];
    }

    boolean areKeysKnown() {
        return keyKnown[0] && keyKnown[1];
    }

    long key(int side) {
        return keys[side];
    }

    /** @param token that follows from the key */
    void setKey(int side, long key, int token, long idsn) {
        keys[side] = key;
        keyKnown[side] = true;
        setToken(side, token);
        data[side].setIdsn(idsn);
    }

    boolean isTokenKnown(int side) {
        return tokenKnown[side];
    }

    int token(int side) {
        return tokens[side];
    }

    void setToken(int side, int token) {
        tokens[side] = token;
        tokenKnown[side] = true;
    }

    /** Whether one of its sides has this token. */
    boolean hasToken(int token) {
        return tokenKnown[0] && tokens[0] == token || tokenKnown[1] && tokens[1] == token;
    }

    void add(TracedSubflow subflow) {
        subflows.add(subflow);
    }

    List<TracedSubflow> subflows() {
        return subflows;
    }

    /** Null when there is none with this number. */
    TracedSubflow subflow(int index) {
        return index < subflows.size() ? subflows.get(index) : null;
    }

    void signal(long timeNanos, int side, String text) {
        if (signals.size() < MAX_SIGNALS) {
            signals.add(new Signal(timeNanos, side, text));
        } else {
            signalsLeftOut++;
        }
    }

    /** Only the first reason counts. @return whether it is the first */
    boolean fallBack(String reason, long timeNanos) {
        if (fallback != null) {
            return false;
        }
        fallback = reason;
        fallbackTimeNanos = timeNanos;
        return true;
    }

    /** How it ended, in words. */
    String end() {
        if (fastcloseSide >= 0) {
            return "MP_FASTCLOSE of the " + sideName(fastcloseSide);
        }
        boolean acknowledged = data[0].isFinAcknowledged() && data[1].isFinAcknowledged();
        if (acknowledged) {
            return "DATA_FIN both ways, acknowledged";
        }
        boolean allClosed = subflows.stream().allMatch(TracedSubflow::isClosed);
        String resets = subflows.stream().anyMatch(subflow -> subflow.from(0).rst || subflow.from(1).rst) ? "reset" : "FIN both ways";
        String fins = data[0].dataFin >= 0 && data[1].dataFin >= 0 ? "DATA_FIN both ways"
                : data[0].dataFin >= 0 ? "DATA_FIN of the initiator" : data[1].dataFin >= 0 ? "DATA_FIN of the listener" : "no DATA_FIN";
        if (allClosed) {
            return fallback != null ? resets + ", as plain TCP" : fins + ", then every subflow closed (" + resets + ")";
        }
        return fallback != null ? "open at the end of the capture" : fins.equals("no DATA_FIN") ? "open at the end of the capture"
                : fins + "; open at the end of the capture";
    }

    static String sideName(int side) {
        return side == 0 ? "initiator" : "listener";
    }

    /** Keeps a line for later. */
    void hold(String line) {
        if (heldLines == null) {
            heldLines = new ArrayList<>();
        }
        if (heldLines.size() < MAX_HELD_LINES) {
            heldLines.add(line);
        } else {
            heldLinesLost++;
        }
    }

    /** The lines held, which are held no longer. */
    List<String> takeHeldLines() {
        List<String> lines = heldLines == null ? List.of() : heldLines;
        heldLines = null;
        return lines;
    }

    void release() {
        subflows.forEach(TracedSubflow::release);
        data[0].release();
        data[1].release();
        heldLines = null;
    }
}
