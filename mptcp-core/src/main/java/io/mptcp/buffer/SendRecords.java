package io.mptcp.buffer;

/**
 * Where a connection's deliveries stood when each entry of a {@link SegmentLog} was sent last: the per-packet state of delivery-rate samples
 * (draft-ietf-ccwg-bbr, "Delivery Rate Samples", under its names). Kept only where somebody measures rates.
 */
public final class SendRecords {
    private static final byte APP_LIMITED = 1;
    private static final byte LOSS_NOTED = 1 << 1;

    private final SegmentLog log;
    private long[] delivered = {};
    private long[] deliveredNanos = {};
    private long[] firstSendNanos = {};
    private long[] lost = {};
    private long[] inFlight = {};
    private byte[] marks = {};

    SendRecords(SegmentLog log) {
        this.log = log;
    }

    /**
     * Entry {@code index} has been sent, or sent again.
     *
     * @param deliveredBytes C.delivered
     * @param deliveredNanos C.delivered_time
     * @param firstSendNanos C.first_send_time
     * @param lostBytes      C.lost
     * @param inFlightBytes  C.inflight, this entry included
     * @param appLimited     whether C.app_limited is set
     */
    public void set(int index, long deliveredBytes, long deliveredNanos, long firstSendNanos, long lostBytes, long inFlightBytes, boolean appLimited) {
        int i = log.at(index);
        delivered[i] = deliveredBytes;
        this.deliveredNanos[i] = deliveredNanos;
        this.firstSendNanos[i] = firstSendNanos;
        lost[i] = lostBytes;
        inFlight[i] = inFlightBytes;
        marks[i] = appLimited ? APP_LIMITED : 0;
    }

    public long deliveredBytes(int index) {
        return delivered[log.at(index)];
    }

    public long deliveredNanos(int index) {
        return deliveredNanos[log.at(index)];
    }

    public long firstSendNanos(int index) {
        return firstSendNanos[log.at(index)];
    }

    public long lostBytes(int index) {
        return lost[log.at(index)];
    }

    public long inFlightBytes(int index) {
        return inFlight[log.at(index)];
    }

    public boolean isAppLimited(int index) {
        return (marks[log.at(index)] & APP_LIMITED) != 0;
    }

    /** Its loss has been told to the controller. */
    public boolean isLossNoted(int index) {
        return (marks[log.at(index)] & LOSS_NOTED) != 0;
    }

    public void noteLoss(int index) {
        marks[log.at(index)] |= LOSS_NOTED;
    }

    void copy(int from, int to) {
        delivered[to] = delivered[from];
        deliveredNanos[to] = deliveredNanos[from];
        firstSendNanos[to] = firstSendNanos[from];
        lost[to] = lost[from];
        inFlight[to] = inFlight[from];
        marks[to] = marks[from];
    }

    /** As the log grows: the oldest comes first now. What was made for an earlier, larger table is good enough for an empty log. */
    void grow(int head, int size, int capacity, int newCapacity) {
        if (size == 0 && marks.length >= newCapacity) {
            return;
        }
        delivered = regrow(delivered, head, size, capacity, newCapacity);
        deliveredNanos = regrow(deliveredNanos, head, size, capacity, newCapacity);
        firstSendNanos = regrow(firstSendNanos, head, size, capacity, newCapacity);
        lost = regrow(lost, head, size, capacity, newCapacity);
        inFlight = regrow(inFlight, head, size, capacity, newCapacity);
        byte[] grown = new byte[newCapacity];
        int first = Math.min(size, capacity - head);
        System.arraycopy(marks, size == 0 ? 0 : head, grown, 0, first);
        System.arraycopy(marks, 0, grown, first, size - first);
        marks = grown;
    }

    private static long[] regrow(long[] old, int head, int size, int capacity, int newCapacity) {
        long[] grown = new long[newCapacity];
        int first = Math.min(size, capacity - head);
        System.arraycopy(old, size == 0 ? 0 : head, grown, 0, first);
        System.arraycopy(old, 0, grown, first, size - first);
        return grown;
    }
}
