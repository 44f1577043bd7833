package io.mptcp.tun;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Everything the daemon carries now, however it came in, within one limit. On the loop. */
final class FlowTable {
    private int maxFlows;
    private final Set<CarriedFlow> flows = new LinkedHashSet<>();
    private long accepted;
    private long failed;
    private long rejected;
    private boolean closed;

    FlowTable(int maxFlows) {
        this.maxFlows = maxFlows;
    }

    /** More than that are turned away from now on; those that are there stay. */
    void setMax(int flows) {
        maxFlows = flows;
    }

    /** Whether there is room for one more; one that finds none is counted. */
    boolean admits() {
        if (closed || flows.size() >= maxFlows) {
            rejected++;
            return false;
        }
        return true;
    }

    void add(CarriedFlow flow) {
        flows.add(flow);
    }

    void remove(CarriedFlow flow) {
        flows.remove(flow);
    }

    void onAccepted() {
        accepted++;
    }

    void onFailed() {
        failed++;
    }

    List<CarriedFlow> list() {
        return List.copyOf(flows);
    }

    int active() {
        return flows.size();
    }

    /** Connections carried, past and present. */
    long accepted() {
        return accepted;
    }

    /** Connections whose destination could not be reached. */
    long failed() {
        return failed;
    }

    /** Connections turned away because there were too many. */
    long rejected() {
        return rejected;
    }

    /** Resets every connection; no more are admitted. */
    void close() {
        closed = true;
        list().forEach(CarriedFlow::abort);
    }
}
