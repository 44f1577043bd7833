package io.mptcp.buffer;

/**
 * Where a connection's deliveries stood when each entry of a {@link SegmentLog} was sent last: the per-packet state of delivery-rate samples
 * (draft-ietf-ccwg-bbr, "Delivery Rate Samples", under its names). Kept only where somebody measures rates.
 */
public final class SendRecords {
    private static final byte APP_LIMITED = 1;
    private static final byte LOSS_NOTED = 1 << 1;

    private final SegmentLog log;
    private long[] delivered;
    private long[] deliveredNanos;
    private long[] firstSendNanos;
    private long[] lost;
    private long[] inFlight;
    private byte[] marks;

    SendRecords(SegmentLog log, int capacity) {
        this.log = log;
        delivered = new long[capacity];
        deliveredNanos = new long[capacity];
        firstSendNanos = new long[capacity];
        lost = new long[capacity];
        inFlight = new long[capacity];
        marks = new byte[capacity];
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

    /** As the log grows: twice the room, the oldest first. */
    void grow(int head) {
        delivered = SegmentLog.regrow(delivered, head);
        deliveredNanos = SegmentLog.regrow(deliveredNanos, head);
        firstSendNanos = SegmentLog.regrow(firstSendNanos, head);
        lost = SegmentLog.regrow(lost, head);
        inFlight = SegmentLog.regrow(inFlight, head);
        marks = SegmentLog.regrow(marks, head);
    }
}
