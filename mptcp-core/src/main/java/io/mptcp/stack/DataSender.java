package io.mptcp.stack;

import io.mptcp.buffer.RangeSet;
import io.mptcp.buffer.RingPool;
import io.mptcp.buffer.SegmentLog;
import io.mptcp.buffer.SendBuffer;
import java.util.List;

/**
 * The sending half of a connection at the data level: what is written, sent, acknowledged, allowed, and to be sent again on another
 * subflow. Positions are relative data sequence numbers (first byte = 1).
 */
final class DataSender {
    private final SendBuffer buffer;
    private final RangeSet reinjections;
    private long dsnUna = 1;
    private long dsnNxt = 1;
    /** Highest data sequence number the peer has allowed, exclusive: the largest DATA_ACK + window seen (RFC 8684 section 3.3.5). */
    private long windowEdgeDsn = 1;
    private boolean finRequested;
    private boolean finSent;
    private boolean finAcked;

    DataSender(int maxCapacityBytes, int maxRanges, RingPool pool) {
        buffer = new SendBuffer(1, Math.min(maxCapacityBytes, 64 * 1024), maxCapacityBytes, pool);
        reinjections = new RangeSet(maxRanges);
    }

    SendBuffer buffer() {
        return buffer;
    }

    long dsnUna() {
        return dsnUna;
    }

    long dsnNxt() {
        return dsnNxt;
    }

    /** Bytes written and never sent yet. */
    long pendingBytes() {
        return buffer.tail() - dsnNxt;
    }

    /** Room for new data in the connection's send window. */
    long windowBytes() {
        return windowEdgeDsn - dsnNxt;
    }

    void onSent(int length) {
        dsnNxt += length;
    }

    /** DATA_ACK (or, after fallback, the subflow's ACK). Values for data never sent are ignored. @return whether it advanced */
    boolean onDataAck(long ackDsn) {
        long limit = dsnNxt + (finSent ? 1 : 0);
        if (ackDsn <= dsnUna || ackDsn > limit) {
            return false;
        }
        if (finSent && ackDsn == limit) {
            finAcked = true;
        }
        dsnUna = Math.min(ackDsn, dsnNxt);
        reinjections.removeBelow(dsnUna);
        return true;
    }

    void onWindow(long edgeDsn) {
        windowEdgeDsn = Math.max(windowEdgeDsn, edgeDsn);
    }

    /** RFC 8684 section 3.3.2: bytes are freed only when acknowledged at the data level and on every live subflow that carried them. */
    void release(List<Subflow> subflows) {
        long position = dsnUna;
        for (int i = 0; i < subflows.size() && position > buffer.head(); i++) {
            position = Math.min(position, subflows.get(i).lowestDsn());
        }
        if (position > buffer.head()) {
            buffer.release(position);
        }
    }

    // ---- end of the stream ----

    void requestFin() {
        finRequested = true;
    }

    boolean isFinRequested() {
        return finRequested;
    }

    /** Everything written has been sent once, and the end of the stream is wanted but not yet signalled. */
    boolean isFinDue() {
        return finRequested && !finSent && pendingBytes() == 0;
    }

    void onFinSent() {
        finSent = true;
    }

    /** A DATA_FIN sent before means nothing in TCP: the end has to be signalled again, by a FIN. */
    void onFallback() {
        finSent = false;
    }

    boolean isFinSent() {
        return finSent;
    }

    boolean isFinAcked() {
        return finAcked;
    }

    /** Data sequence number of the DATA_FIN. */
    long finDsn() {
        return buffer.tail();
    }

    // ---- reinjection ----

    /** Everything in the log that the peer's data level has not acknowledged is to be sent on another subflow (RFC 8684 section 3.3.6). */
    boolean reinject(SegmentLog log) {
        boolean any = false;
        for (int i = 0; i < log.size(); i++) {
            int length = log.payloadLength(i);
            long start = Math.max(log.dsn(i), dsnUna);
            long end = log.dsn(i) + length;
            if (length > 0 && start < end) {
                any |= reinjections.add(start, end);
            }
        }
        return any;
    }

    void reinject(long startDsn, long endDsn) {
        reinjections.add(Math.max(startDsn, dsnUna), endDsn);
    }

    boolean hasReinjection() {
        return !reinjections.isEmpty();
    }

    long reinjectionStart() {
        return reinjections.start(0);
    }

    long reinjectionEnd() {
        return reinjections.end(0);
    }

    /** The range up to {@code endDsn} has been dealt with. */
    void reinjected(long endDsn) {
        reinjections.removeBelow(endDsn);
    }

    void close() {
        buffer.close();
        reinjections.clear();
    }
}
