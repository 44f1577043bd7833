package io.mptcp.stack;

import io.mptcp.tcp.Tcb;
import io.mptcp.wire.MptcpOptions;
import io.mptcp.wire.OptionWriter;
import java.util.BitSet;
import java.util.List;

/**
 * Addresses this side takes back (RFC 8684 section 3.4.2). A subflow that still works is not ended by REMOVE_ADDR: the peer is asked to use
 * others (MP_PRIO), what it carries is delivered, and a FIN ends it. When none is left, or what is left no longer answers, REMOVE_ADDR goes on
 * another subflow, once: it is neither acknowledged nor needed to be right.
 */
final class AddressWithdrawals {
    private final Connection connection;
    /** Ids to be told of; null until there is one. */
    private BitSet pending;
    /** Of these the ones that are not waiting for the end of their subflows; null until there is one. */
    private BitSet toldAlone;
    private final int[] ids = new int[MptcpOptions.MAX_REMOVE_ADDR_IDS];

    AddressWithdrawals(Connection connection) {
        this.connection = connection;
    }

    /** The peer is told, whatever becomes of the subflows. */
    void announce(int id) {
        if (pending == null) {
            pending = new BitSet();
        }
        if (toldAlone == null) {
            toldAlone = new BitSet();
        }
        pending.set(id);
        toldAlone.set(id);
    }

    void withdraw(int id) {
        if (pending == null) {
            pending = new BitSet();
        }
        pending.set(id);
        for (Subflow subflow : List.copyOf(connection.subflows())) {
            if (subflow.localAddressId != id) {
                continue;
            }
            if (subflow.phase == Subflow.Phase.ESTABLISHED) {
                connection.finishSubflow(subflow);
            } else {
                subflow.reset(ResetReason.UNSPECIFIED);
            }
        }
    }

    /** It is announced or used again. */
    void onUsed(int id) {
        if (pending != null) {
            pending.clear(id);
        }
        if (toldAlone != null) {
            toldAlone.clear(id);
        }
    }

    /** Option bytes of what is due on the next pure acknowledgment of this subflow, 0 when nothing is. */
    int pendingBytes(Subflow subflow) {
        int count = collect(subflow);
        return count == 0 ? 0 : MptcpOptions.LENGTH_REMOVE_ADDR + count + 3 & ~3;
    }

    /** @return whether there was something to write and room for it */
    boolean writePending(Subflow subflow, OptionWriter writer) {
        int count = collect(subflow);
        if (count == 0 || !writer.removeAddr(ids, count)) {
            return false;
        }
        for (int i = 0; i < count; i++) {
            pending.clear(ids[i]);
            connection.signals().onAddressRemoved(ids[i]);
            if (toldAlone != null) {
                toldAlone.clear(ids[i]);
            }
        }
        connection.stack.count(Counter.RmAddrTx);
        return true;
    }

    /** @return how many of {@link #ids} are to be told of here and now */
    private int collect(Subflow subflow) {
        if (pending == null || subflow.tcb.isAckDue()) { // which belongs to the data
            return 0;
        }
        int count = 0;
        for (int id = pending.nextSetBit(0); id >= 0 && count < ids.length; id = pending.nextSetBit(id + 1)) {
            if ((isToldAlone(id) || !isInUse(id)) && connection.signals().isSuitable(subflow, id)) {
                ids[count++] = id;
            }
        }
        return count;
    }

    private boolean isToldAlone(int id) {
        return toldAlone != null && toldAlone.get(id);
    }

    /** A subflow of it delivers what it carries, or waits for the answer to its FIN. */
    private boolean isInUse(int id) {
        for (int i = 0; i < connection.subflows().size(); i++) {
            Subflow subflow = connection.subflows().get(i);
            Tcb tcb = subflow.tcb;
            boolean ended = tcb.isFinSent() && tcb.log().isEmpty();
            if (subflow.localAddressId == id && !ended && !subflow.isSilent()) {
                return true;
            }
        }
        return false;
    }
}
