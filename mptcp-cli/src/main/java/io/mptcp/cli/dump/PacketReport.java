package io.mptcp.cli.dump;

import java.util.ArrayList;
import java.util.List;

/** What is to be said about one packet; reused for the next. Numbers are relative. */
final class PacketReport {
    /** A piece of the payload's place in the data sequence, the end exclusive. */
    record DataRange(long from, long to) {
    }

    Segment segment;
    TracedSubflow subflow;
    int side;
    long seq;
    long ack;
    long retransmittedBytes;
    long reinjectedBytes;
    /** Of the DATA_ACK. */
    long dataAck;
    /** Of the mapping. */
    long dsn;
    final List<DataRange> data = new ArrayList<>();
    final List<Mark> marks = new ArrayList<>();

    void begin(Segment segment, TracedSubflow subflow) {
        this.segment = segment;
        this.subflow = subflow;
        side = subflow.side(segment);
        retransmittedBytes = 0;
        reinjectedBytes = 0;
        data.clear();
    }

    void mark(Mark.Kind kind, String detail) {
        marks.add(new Mark(kind, detail));
    }

    /** Neighbours become one. */
    void addData(long from, long to) {
        int last = data.size() - 1;
        if (last >= 0 && data.get(last).to == from) {
            data.set(last, new DataRange(data.get(last).from, to));
        } else {
            data.add(new DataRange(from, to));
        }
    }
}
