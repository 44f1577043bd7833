package io.mptcp.stack;

import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import io.mptcp.wire.MptcpOptions;
import io.mptcp.wire.OptionWriter;
import java.util.ArrayList;
import java.util.List;

/** Address ids of a connection and the signals about addresses: ADD_ADDR received and echoed, REMOVE_ADDR, MP_PRIO (RFC 8684 sections 3.3.8 and 3.4). */
final class AddressSignals {
    private final Connection connection;
    private final DataSequence sequence;
    /** Local addresses by id; id 0 is the initial subflow's. */
    private final List<IpAddress> localAddresses = new ArrayList<>(2);

    private boolean echoDue;
    private int echoId;
    private IpAddress echoAddress;
    private int echoPort;
    /** Subflow on which MP_PRIO has to be told, null for none. */
    private Subflow prioDue;

    AddressSignals(Connection connection, DataSequence sequence) {
        this.connection = connection;
        this.sequence = sequence;
    }

    void noteLocalAddress(IpAddress address) {
        if (!localAddresses.contains(address)) {
            localAddresses.add(address);
        }
    }

    /** One id for one address for the life of the connection. */
    int localAddressId(IpAddress address) {
        noteLocalAddress(address);
        return localAddresses.indexOf(address) & 0xff;
    }

    /** @return false when the segment's subflow was closed by what it said */
    boolean onSegment(Subflow subflow, MptcpOptions mptcp) {
        if (mptcp.has(MptcpOptions.MP_PRIO)) {
            connection.stack.count(Counter.MPPrioRx);
            subflow.remoteBackup = mptcp.prioBackup;
            connection.stack.trace("SF_PRIO", connection, subflow, mptcp.prioBackup ? "backup" : "");
        }
        if (mptcp.has(MptcpOptions.ADD_ADDR) && !mptcp.addAddrEcho) {
            onAddAddr(subflow, mptcp);
        }
        if (mptcp.has(MptcpOptions.REMOVE_ADDR)) {
            for (int i = 0; i < mptcp.removeAddrCount; i++) {
                onRemoveAddr(mptcp.removeAddrIds[i]);
            }
        }
        return subflow.phase != Subflow.Phase.CLOSED;
    }

    private void onAddAddr(Subflow subflow, MptcpOptions mptcp) {
        long expected = connection.stack.keys().addAddrHmac(sequence.remoteKey(), sequence.localKey(), mptcp.addAddrId,
                mptcp.addAddrHi, mptcp.addAddrLo, mptcp.addAddrPort);
        if (expected != mptcp.addAddrHmac) {
            connection.stack.count(Counter.AddAddrDrop); // section 3.4.1: silently ignored
            return;
        }
        connection.stack.count(Counter.AddAddr);
        echoDue = true;
        echoId = mptcp.addAddrId;
        echoAddress = new IpAddress(mptcp.addAddrHi, mptcp.addAddrLo);
        echoPort = mptcp.addAddrPort;
        subflow.tcb.requestAck();
        IpEndpoint announced = new IpEndpoint(echoAddress, echoPort);
        connection.stack.trace("ANNOUNCED", connection, subflow, announced.toString());
        connection.paths().onAddressAnnounced(echoId, announced);
    }

    private void onRemoveAddr(int id) {
        connection.stack.count(Counter.RmAddr);
        connection.stack.trace("REMOVED", connection, null, "id " + id);
        connection.paths().closeSubflowsTo(id);
        connection.paths().onAddressRemoved(id);
    }

    void announcePriority(Subflow subflow) {
        prioDue = subflow;
        subflow.tcb.requestAck();
    }

    /** Writes what is due on a pure acknowledgment of this subflow. @return whether the acknowledgment carries it instead of a DSS */
    boolean writePending(Subflow subflow, OptionWriter writer) {
        if (prioDue == subflow) {
            prioDue = null;
            connection.stack.count(Counter.MPPrioTx);
            return writer.mpPrio(subflow.localBackup);
        }
        if (!echoDue) {
            return false;
        }
        echoDue = false;
        connection.stack.count(Counter.EchoAddTx);
        return writer.addAddrEcho(echoId, echoAddress.hi(), echoAddress.lo(), echoPort);
    }
}
