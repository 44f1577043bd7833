package io.mptcp.stack;

import io.mptcp.tcp.SocketOptions;
import io.mptcp.tcp.Tcb;

/**
 * Whether less than a full segment may be sent: Nagle's algorithm in Minshall's form (RFC 9293 section 3.7.4; as Linux: one small segment may be
 * unacknowledged), cork, and the sender's side of silly window avoidance (section 3.8.6.2.1). All of it is for the connection's queue, before
 * it is decided which subflow sends; what was sent once and goes elsewhere again is not held back.
 */
final class SmallSegments {
    private static final int MAX_MAPPING_BYTES = 65_535;
    /** As Linux: what is corked leaves after that in any case. */
    private static final long CORK_NANOS = 200_000_000L;
    /** RFC 9293 section 3.8.6.2.1: the override timeout is in the range 0.1 to 1 second. */
    private static final long MIN_OVERRIDE_NANOS = 100_000_000L;
    private static final long MAX_OVERRIDE_NANOS = 1_000_000_000L;

    private final Connection connection;
    private final DataSender sender;
    /** The application has said that more follows what it wrote last, and nothing has been acknowledged since. */
    private boolean awaitsMore;
    /** What was written last is no end of anything: it carries no PSH. */
    private boolean moreFollows;
    /** End of the last segment sent that was not full. */
    private long smallEndDsn;
    /** Up to there it went with a SYN whose payload was not taken. */
    private long sentOnceDsn;
    private boolean heldByCork;
    private boolean heldByWindow;
    private long heldRtoNanos;
    private boolean overridden;
    private long deadlineNanos = Long.MAX_VALUE;

    SmallSegments(Connection connection, DataSender sender) {
        this.connection = connection;
        this.sender = sender;
    }

    void setMoreFollows(boolean more) {
        moreFollows = more;
        awaitsMore = more;
    }

    /** As Linux: that more follows is good until the peer's next acknowledgment, which is a moment to send in any case. */
    void onAcked() {
        awaitsMore = false;
    }

    /** As Linux: turning Nagle's algorithm off, even again, sends what is held back now, be it corked. */
    void onSocketOptions(SocketOptions before, SocketOptions now) {
        overridden |= now.noDelay() && (!before.noDelay() || before.equals(now)) && sender.pendingBytes() > 0;
    }

    /** Whether a segment with everything there is to send ends with PSH (RFC 9293 section 3.9.1.2). */
    boolean isPushed() {
        return !moreFollows;
    }

    /** So many bytes went with a SYN already, and have to go again. */
    void onSynDataRefused(int bytes) {
        sentOnceDsn = sender.dsnNxt() + bytes;
    }

    /** Whether what went with the SYN, pushed as Linux does it, ends there; it is pushed again. */
    boolean isEndOfSynData(long endDsn) {
        return endDsn == sentOnceDsn;
    }

    /** Another attempt to send begins: what held it back last time may be gone. */
    void begin() {
        heldByCork = false;
        heldByWindow = false;
    }

    /** How much of {@code pendingBytes} never sent before the subflow should take now, 0 to wait for something. */
    int newDataBytes(Subflow subflow, long pendingBytes, long windowBytes) {
        Tcb tcb = subflow.tcb;
        int mss = tcb.payloadMssBytes();
        long chunk = possibleBytes(tcb, Math.min(pendingBytes, tcb.maxNewPayloadBytes()), windowBytes);
        if (chunk <= 0) {
            return 0;
        }
        long again = sentOnceDsn - sender.dsnNxt();
        if (again > 0) {
            return (int) Math.min(chunk, again); // nothing new, which could be held back or be joined by more
        }
        long partial = chunk % mss;
        if (partial == 0) {
            return (int) chunk;
        }
        boolean send = chunk == pendingBytes ? mayEndSmall() : chunk < mss && mayFillWindow(subflow, chunk, windowBytes);
        return (int) (send ? chunk : chunk - partial);
    }

    /** How much of what some other subflow has sent already. */
    static int reinjectionBytes(Subflow subflow, long bytes) {
        Tcb tcb = subflow.tcb;
        int mss = tcb.payloadMssBytes();
        long chunk = possibleBytes(tcb, bytes, bytes);
        if (chunk <= 0 || chunk == bytes) {
            return (int) Math.max(chunk, 0);
        }
        if (chunk < mss) {
            return tcb.inFlightBytes() == 0 ? (int) chunk : 0;
        }
        return (int) (chunk / mss * mss);
    }

    private static long possibleBytes(Tcb tcb, long bytes, long windowBytes) {
        long limit = Math.min(Math.min(tcb.sendableBytes(), windowBytes), Math.min(tcb.maxPayloadBytes(), MAX_MAPPING_BYTES));
        return Math.min(bytes, limit);
    }

    /** Everything there is would go, and its end is no full segment. */
    private boolean mayEndSmall() {
        if (overridden || sender.isFinRequested() || sender.pendingRecordBytes() < sender.pendingBytes()) {
            return true; // nothing will ever be added to it
        }
        SocketOptions chosen = connection.socketOptions();
        if (chosen.cork() || awaitsMore) {
            heldByCork = true;
            return false;
        }
        return chosen.noDelay() || smallEndDsn <= sender.dsnUna();
    }

    /** There is more, but for less than a segment there is room. */
    private boolean mayFillWindow(Subflow subflow, long chunk, long windowBytes) {
        Tcb tcb = subflow.tcb;
        long roomBytes = Math.min(windowBytes, tcb.sndUna() + tcb.sndWnd() - tcb.sndNxt());
        if (chunk < roomBytes) {
            return tcb.inFlightBytes() == 0; // cwnd it is that has no room: an acknowledgment will make some
        }
        if (overridden || chunk >= tcb.maxSndWnd() / 2) {
            return true;
        }
        if (tcb.inFlightBytes() == 0) {
            heldByWindow = true;
            heldRtoNanos = tcb.rtt().rtoNanos();
        }
        return false;
    }

    /** New data was sent, up to {@code endDsn}. */
    void onSent(long endDsn, int length, int mssBytes) {
        overridden = false;
        if (length % mssBytes != 0 && endDsn > sentOnceDsn) { // what went with the SYN before was as large as that could take
            smallEndDsn = endDsn;
        }
    }

    // ---- the timer ----

    long deadlineNanos() {
        return deadlineNanos;
    }

    /** Starts or stops it, as things are after an attempt to send. */
    void updateTimer(long nowNanos) {
        if (!(heldByCork || heldByWindow) || sender.pendingBytes() == 0) {
            deadlineNanos = Long.MAX_VALUE;
        } else if (deadlineNanos == Long.MAX_VALUE && !overridden) {
            deadlineNanos = nowNanos + (heldByCork ? CORK_NANOS : Math.clamp(heldRtoNanos, MIN_OVERRIDE_NANOS, MAX_OVERRIDE_NANOS));
        }
    }

    void expire(long nowNanos) {
        if (deadlineNanos <= nowNanos) {
            deadlineNanos = Long.MAX_VALUE;
            overridden = true;
            moreFollows = false; // it took too long: what there is was the end
        }
    }
}
