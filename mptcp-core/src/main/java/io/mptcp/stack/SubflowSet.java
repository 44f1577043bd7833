package io.mptcp.stack;

import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.RandomAccess;

/** The subflows of a connection in order of creation, and a memory of those that have closed. */
final class SubflowSet extends AbstractList<Subflow> implements RandomAccess {
    private static final int MAX_CLOSED_INFOS = 32;

    private final List<Subflow> subflows = new ArrayList<>(2);
    private final List<SubflowInfo> closed = new ArrayList<>(0);
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
        return subflows.add(subflow);
    }

    void close(Subflow subflow) {
        subflows.remove(subflow);
        if (closed.size() == MAX_CLOSED_INFOS) {
            closed.removeFirst();
        }
        subflow.stale = false;
        closed.add(subflow.info());
    }

    boolean hasActiveBeside(Subflow subflow) {
        for (int i = 0; i < subflows.size(); i++) {
            if (subflows.get(i) != subflow && subflows.get(i).isActiveForData()) {
                return true;
            }
        }
        return false;
    }

    boolean hasActiveOnOtherLink(int linkId) {
        for (int i = 0; i < subflows.size(); i++) {
            if (subflows.get(i).linkId != linkId && subflows.get(i).isActiveForData()) {
                return true;
            }
        }
        return false;
    }

    /** Of the slowest subflow on which data came in, or of the slowest at all before any came; 0 when unknown. */
    long receiveRttNanos() {
        long measured = 0;
        long any = 0;
        for (int i = 0; i < subflows.size(); i++) {
            long rttNanos = subflows.get(i).tcb.receiveRttNanos();
            any = Math.max(any, rttNanos);
            if (subflows.get(i).tcb.hasReceiveRtt()) {
                measured = Math.max(measured, rttNanos);
            }
        }
        return measured == 0 ? any : measured;
    }

    int maxRcvMssBytes() {
        int mss = 0;
        for (int i = 0; i < subflows.size(); i++) {
            mss = Math.max(mss, subflows.get(i).tcb.path().rcvMssBytes());
        }
        return mss;
    }

    /** Congestion windows of the subflows new data may use. */
    long sumCwndBytes() {
        long sum = 0;
        for (int i = 0; i < subflows.size(); i++) {
            if (subflows.get(i).isActiveForData()) {
                sum += subflows.get(i).tcb.congestionController().cwndBytes();
            }
        }
        return sum;
    }

    /** What the subflows new data may use would send at once, in whole segments. */
    long sumSendableBytes() {
        long sum = 0;
        for (int i = 0; i < subflows.size(); i++) {
            if (subflows.get(i).isActiveForData()) {
                int mss = subflows.get(i).tcb.payloadMssBytes();
                sum += Math.max(0, subflows.get(i).tcb.sendableBytes()) / mss * mss;
            }
        }
        return sum;
    }

    int maxSuperSegmentBytes() {
        int most = 0;
        for (int i = 0; i < subflows.size(); i++) {
            most = Math.max(most, subflows.get(i).tcb.superSegmentBytes());
        }
        return most;
    }

    int minPayloadMssBytes() {
        int mss = 65_535;
        for (int i = 0; i < subflows.size(); i++) {
            mss = Math.min(mss, subflows.get(i).tcb.payloadMssBytes());
        }
        return mss;
    }

    List<SubflowInfo> infos() {
        List<SubflowInfo> infos = new ArrayList<>(closed);
        for (Subflow subflow : subflows) {
            infos.add(subflow.info());
        }
        infos.sort(Comparator.comparingInt(SubflowInfo::id));
        return infos;
    }

    @Override
    public Subflow get(int index) {
        return subflows.get(index);
    }

    @Override
    public int size() {
        return subflows.size();
    }
}
