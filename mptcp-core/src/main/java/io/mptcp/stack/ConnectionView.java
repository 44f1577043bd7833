package io.mptcp.stack;

import io.mptcp.spi.SchedulerView;
import java.util.List;

/** A connection's subflows as schedulers see them. One object per stack; valid only during {@code select}. */
final class ConnectionView implements SchedulerView {
    private Connection connection;
    private List<Subflow> subflows;
    private ConnectionOutput output;
    private boolean reinjection;
    private long candidates = -1;
    private long dsn;
    private long pendingBytes;
    private long windowBytes;

    private void begin(Connection shown) {
        connection = shown;
        subflows = shown.subflows();
        output = shown.output();
        candidates = -1;
    }

    ConnectionView forNewData(Connection shown, long pendingBytes, long windowBytes) {
        begin(shown);
        reinjection = false;
        this.pendingBytes = pendingBytes;
        this.windowBytes = windowBytes;
        return this;
    }

    ConnectionView forReinjection(Connection shown, long dsn, long bytes) {
        begin(shown);
        reinjection = true;
        this.dsn = dsn;
        pendingBytes = bytes;
        windowBytes = bytes;
        return this;
    }

    /** Lets only these subflows appear available. */
    ConnectionView among(long mask) {
        candidates = mask;
        return this;
    }

    @Override
    public int subflowCount() {
        return Math.min(64, subflows.size());
    }

    @Override
    public boolean isAvailable(int index) {
        Subflow subflow = subflows.get(index);
        if ((candidates & 1L << index) == 0 || !isActive(index) || !connection.stack.isLinkWritable(subflow.linkId)) {
            return false;
        }
        int bytes = reinjection ? SmallSegments.reinjectionBytes(subflow, pendingBytes) : output.small().newDataBytes(subflow, pendingBytes, windowBytes);
        return bytes > 0;
    }

    @Override
    public boolean isActive(int index) {
        Subflow subflow = subflows.get(index);
        return subflow.isActiveForData() && !(reinjection && subflow.tcb.log().carries(dsn));
    }

    @Override
    public boolean isBackup(int index) {
        return subflows.get(index).isBackup();
    }

    @Override
    public long srttNanos(int index) {
        return subflows.get(index).tcb.rtt().srttNanos();
    }

    @Override
    public long rttVarNanos(int index) {
        return subflows.get(index).tcb.rtt().rttVarNanos();
    }

    @Override
    public long cwndBytes(int index) {
        return subflows.get(index).tcb.congestionController().cwndBytes();
    }

    @Override
    public long inFlightBytes(int index) {
        return subflows.get(index).tcb.inFlightBytes();
    }

    @Override
    public long deliveryNanos(int index) {
        return subflows.get(index).tcb.delivery().nextNanos();
    }

    @Override
    public long rateBytesPerSecond(int index) {
        return subflows.get(index).tcb.pacingBytesPerSecond();
    }

    @Override
    public long ssthreshBytes(int index) {
        return subflows.get(index).tcb.congestionController().ssthreshBytes();
    }

    @Override
    public int mssBytes(int index) {
        return subflows.get(index).tcb.payloadMssBytes();
    }

    @Override
    public boolean isInitial(int index) {
        return !subflows.get(index).isJoin;
    }

    @Override
    public int weight(int index) {
        return connection.stack.linkProperties(subflows.get(index).linkId).weight();
    }

    @Override
    public int cost(int index) {
        return connection.stack.linkProperties(subflows.get(index).linkId).cost();
    }

    @Override
    public long nowNanos() {
        return connection.stack.nowNanos();
    }

    @Override
    public long sendWindowBytes() {
        return connection.data().sender.sendWindowBytes();
    }

    @Override
    public long blockings() {
        return output.blockings();
    }

    @Override
    public boolean isReinjection() {
        return reinjection;
    }

    @Override
    public long pendingBytes() {
        return pendingBytes;
    }

    @Override
    public long windowBytes() {
        return windowBytes;
    }
}
