package io.mptcp.stack;

import io.mptcp.wire.PacketSlot;
import java.util.ArrayDeque;

/** Closed subflows whose RST has not left yet: nothing else knows them any more. */
final class LastResets {
    private final Stack stack;
    private final Containment containment;
    private final ArrayDeque<Subflow> dying = new ArrayDeque<>();

    LastResets(Stack stack, Containment containment) {
        this.stack = stack;
        this.containment = containment;
    }

    void add(Subflow subflow) {
        dying.add(subflow);
        subflow.connection.closing().onDying();
    }

    /** @return whether the slot was filled */
    boolean transmit(long nowNanos, PacketSlot out) {
        while (!dying.isEmpty()) {
            Subflow subflow = dying.poll();
            try {
                if (stack.isLinkUp(subflow.linkId) && subflow.transmitControl(nowNanos, out)) {
                    stack.count(Counter.OutRsts);
                    return true;
                }
            } catch (RuntimeException e) {
                containment.report(subflow.connection, e);
            } finally {
                subflow.connection.closing().onLastReset();
            }
        }
        return false;
    }
}
