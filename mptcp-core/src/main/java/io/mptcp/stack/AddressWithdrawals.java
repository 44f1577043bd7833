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
    /** Ids to be told of. */
    private final BitSet pending = new BitSet();
    /** Of these the ones that are not waiting for the end of their subflows. */
    private final BitSet toldAlone = new BitSet();
    private final int[] ids = new int[MptcpOptions.MAX_REMOVE_ADDR_IDS];

    AddressWithdrawals(Connection connection) {
        this.connection = connection;
    }

    /** The peer is told, whatever becomes of the subflows. */
    void announce(int id) {
        pending.set(id);
        toldAlone.set(id);
    }

    void withdraw(int id) {
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
        pending.clear(id);
        toldAlone.clear(id);
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
            toldAlone.clear(ids[i]);
        }
        connection.stack.count(Counter.RmAddrTx);
        return true;
    }

    /** @return how many of {@link #ids} are to be told of here and now */
    private int collect(Subflow subflow) {
        if (pending.isEmpty() || subflow.tcb.isAckDue()) { // which belongs to the data
            return 0;
        }
        int count = 0;
        for (int id = pending.nextSetBit(0); id >= 0 && count < ids.length; id = pending.nextSetBit(id + 1)) {
            if ((toldAlone.get(id) || !isInUse(id)) && connection.signals().isSuitable(subflow, id)) {
                ids[count++] = id;
            }
        }
        return count;
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
