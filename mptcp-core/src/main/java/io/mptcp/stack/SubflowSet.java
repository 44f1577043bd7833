package io.mptcp.stack;

import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.RandomAccess;

/** The subflows of a connection in order of creation, and a memory of those that have closed. */
final class SubflowSet extends AbstractList<Subflow> implements RandomAccess {
    private static final int MAX_CLOSED_INFOS = 32;

    private Subflow[] subflows = new Subflow[2];
    private int size;
    /** Null before one has closed. */
    private List<SubflowInfo> closed;
    private int created;

    int nextId() {
        return created++;
    }

    /** Subflows there have ever been. */
    int created() {
        return created;
    }

    @Override
    public boolean add(Subflow subflow) {
        if (size == subflows.length) {
            subflows = Arrays.copyOf(subflows, 2 * size);
        }
        subflows[size++] = subflow;
        return true;
    }

    void close(Subflow subflow) {
        remove(subflow);
        closed = closed == null ? new ArrayList<>(1) : closed;
        if (closed.size() == MAX_CLOSED_INFOS) {
            closed.removeFirst();
        }
        subflow.stale = false;
        closed.add(SubflowInfo.of(subflow));
    }

    boolean hasActiveBeside(Subflow subflow) {
        for (int i = 0; i < size; i++) {
            if (subflows[i] != subflow && subflows[i].isActiveForData()) {
                return true;
            }
        }
        return false;
    }

    boolean hasActiveOnOtherLink(int linkId) {
        for (int i = 0; i < size; i++) {
            if (subflows[i].linkId != linkId && subflows[i].isActiveForData()) {
                return true;
            }
        }
        return false;
    }

    /** Of the slowest subflow on which data came in, or of the slowest at all before any came; 0 when unknown. */
    long receiveRttNanos() {
        long measured = 0;
        long any = 0;
        for (int i = 0; i < size; i++) {
            long rttNanos = subflows[i].tcb.receiveRttNanos();
            any = Math.max(any, rttNanos);
            if (subflows[i].tcb.hasReceiveRtt()) {
                measured = Math.max(measured, rttNanos);
            }
        }
        return measured == 0 ? any : measured;
    }

    int maxRcvMssBytes() {
        int mss = 0;
        for (int i = 0; i < size; i++) {
            mss = Math.max(mss, subflows[i].tcb.path().rcvMssBytes());
        }
        return mss;
    }

    /** Congestion windows of the subflows new data may use. */
    long sumCwndBytes() {
        long sum = 0;
        for (int i = 0; i < size; i++) {
            if (subflows[i].isActiveForData()) {
                sum += subflows[i].tcb.congestionController().cwndBytes();
            }
        }
        return sum;
    }

    /** What the subflows new data may use would send at once, in whole segments. */
    long sumSendableBytes() {
        long sum = 0;
        for (int i = 0; i < size; i++) {
            if (subflows[i].isActiveForData()) {
                int mss = subflows[i].tcb.payloadMssBytes();
                sum += Math.max(0, subflows[i].tcb.sendableBytes()) / mss * mss;
            }
        }
        return sum;
    }

    int maxSuperSegmentBytes() {
        int most = 0;
        for (int i = 0; i < size; i++) {
            most = Math.max(most, subflows[i].tcb.superSegmentBytes());
        }
        return most;
    }

    int minPayloadMssBytes() {
        int mss = 65_535;
        for (int i = 0; i < size; i++) {
            mss = Math.min(mss, subflows[i].tcb.payloadMssBytes());
        }
        return mss;
    }

    List<SubflowInfo> infos() {
        List<SubflowInfo> infos = closed == null ? new ArrayList<>(size) : new ArrayList<>(closed);
        for (Subflow subflow : this) {
            infos.add(SubflowInfo.of(subflow));
        }
        infos.sort(Comparator.comparingInt(SubflowInfo::id));
        return infos;
    }

    @Override
    public Subflow get(int index) {
        return subflows[Objects.checkIndex(index, size)];
    }

    @Override
    public Subflow remove(int index) {
        Subflow removed = get(index);
        System.arraycopy(subflows, index + 1, subflows, index, size - index - 1);
        subflows[--size] = null;
        return removed;
    }

    @Override
    public int size() {
        return size;
    }
}
