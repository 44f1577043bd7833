package io.mptcp.stack;

import io.mptcp.spi.PathEvent;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import io.mptcp.wire.MptcpOptions;
import io.mptcp.wire.OptionWriter;
import java.util.ArrayList;
import java.util.List;

/** Address ids of a connection and the signals about addresses: ADD_ADDR both ways and its echoes, REMOVE_ADDR, MP_PRIO (RFC 8684 sections 3.3.8 and 3.4). */
final class AddressSignals {
    /** An announcement that is not echoed comes again. */
    private static final int MAX_ECHOES = 8;
    private static final int MP_PRIO_BYTES = 4;

    private record Echo(Subflow subflow, int id, IpAddress address, int port) {
        int optionBytes() {
            return 4 + (address.isIpv4() ? 4 : 16) + (port == 0 ? 0 : 4);
        }
    }

    private final Connection connection;
    private final DataSequence sequence;
    private final LocalAddressIds ids;
    private int addressesTaken;
    /** Announcements to be echoed, each on the subflow it came on. */
    private List<Echo> echoes = List.of();
    private AddressAnnouncements announcements = AddressAnnouncements.NONE;
    /** Null before an address was taken back. */
    private AddressWithdrawals withdrawals;

    AddressSignals(Connection connection, DataSequence sequence) {
        this.connection = connection;
        this.sequence = sequence;
        ids = new LocalAddressIds(connection.subflows());
    }

    /** The address of the initial subflow. */
    void begin(IpAddress initial) {
        ids.begin(initial);
    }

    /**
     * The id by which the peer may know an address.
     *
     * @param wanted the id it should have if it has none, 0 for any
     * @return {@link LocalAddressIds#NONE} when there is no id left
     */
    int localAddressId(IpAddress address, int wanted) {
        return ids.allocate(address, wanted);
    }

    /** The peer is told of an address by this id, or has shown that it knows it. */
    void onAddressKnown(int id) {
        ids.onKnown(id);
        if (withdrawals != null) {
            withdrawals.onUsed(id);
        }
    }

    private AddressWithdrawals withdrawals() {
        if (withdrawals == null) {
            withdrawals = new AddressWithdrawals(connection);
        }
        return withdrawals;
    }

    void onAddressRemoved(int id) {
        ids.onRemoved(id);
    }

    /** REMOVE_ADDR alone. @return false when no address has this id */
    boolean remove(int id) {
        IpAddress address = ids.addressOf(id);
        if (address != null) {
            announcements.cancel(address);
            withdrawals().announce(id);
        }
        return address != null;
    }

    /** @return false for an address the peer does not go by */
    boolean withdraw(IpAddress address) {
        int id = ids.knownIdOf(address);
        if (id < 0) {
            return false;
        }
        announcements.cancel(address);
        withdrawals().withdraw(id);
        return true;
    }

    /** Section 3.4: signals about an address go on a subflow that works and is not of that address, if there is one. */
    boolean isSuitable(Subflow subflow, int addressId) {
        if (isGood(subflow, addressId)) {
            return true;
        }
        List<Subflow> subflows = connection.subflows();
        for (int i = 0; i < subflows.size(); i++) {
            if (isGood(subflows.get(i), addressId)) {
                return false;
            }
        }
        return true;
    }

    private static boolean isGood(Subflow subflow, int addressId) {
        return subflow.phase == Subflow.Phase.ESTABLISHED && subflow.localAddressId != addressId && !subflow.stale && !subflow.isSilent()
                && !subflow.tcb.isFinSent();
    }

    /** @param id from 1 to 255, 0 for any */
    boolean announce(int id, IpEndpoint endpoint, long retryNanos) {
        int given = localAddressId(endpoint.address(), id);
        announcements = announcements == AddressAnnouncements.NONE ? new AddressAnnouncements(connection) : announcements;
        if (given < 0 || !announcements.announce(given, endpoint, retryNanos)) {
            return false;
        }
        onAddressKnown(given);
        return true;
    }

    /** Announcements of the peer that were good. */
    int addressesTaken() {
        return addressesTaken;
    }

    AddressAnnouncements announcements() {
        return announcements;
    }

    /** @return false when the segment's subflow was closed by what it said */
    boolean onSegment(Subflow subflow, MptcpOptions mptcp) {
        if (mptcp.has(MptcpOptions.MP_PRIO)) {
            connection.stack.count(Counter.MPPrioRx);
            subflow.remoteBackup = mptcp.prioBackup;
            connection.stack.trace(PathEvent.Type.SF_PRIO, connection, subflow, "");
        }
        if (mptcp.has(MptcpOptions.ADD_ADDR)) {
            if (mptcp.addAddrEcho) {
                connection.stack.count(Counter.EchoAdd);
                announcements.onEcho(mptcp);
            } else {
                onAddAddr(subflow, mptcp);
            }
        }
        if (mptcp.has(MptcpOptions.REMOVE_ADDR)) {
            for (int i = 0; i < mptcp.removeAddrCount; i++) {
                onRemoveAddr(mptcp.removeAddrIds[i]);
            }
        }
        return subflow.phase != Subflow.Phase.CLOSED;
    }

    /** Whether there is an ADD_ADDR, or an echo of one of ours, that only the peer can have sent. */
    boolean isAddAddrOfPeer(MptcpOptions mptcp) {
        return mptcp.has(MptcpOptions.ADD_ADDR) && (mptcp.addAddrEcho ? announcements.isPending(mptcp) : hasRightHmac(mptcp));
    }

    private boolean hasRightHmac(MptcpOptions mptcp) {
        return mptcp.addAddrHmac == connection.stack.keys().addAddrHmac(sequence.remoteKey(), sequence.localKey(), mptcp.addAddrId,
                mptcp.addAddrHi, mptcp.addAddrLo, mptcp.addAddrPort);
    }

    private void onAddAddr(Subflow subflow, MptcpOptions mptcp) {
        if (!hasRightHmac(mptcp)) {
            connection.stack.count(Counter.AddAddrDrop); // section 3.4.1: silently ignored
            return;
        }
        connection.stack.count(Counter.AddAddr);
        addressesTaken++;
        IpEndpoint announced = new IpEndpoint(new IpAddress(mptcp.addAddrHi, mptcp.addAddrLo), mptcp.addAddrPort);
        if (echoes.size() < MAX_ECHOES && connection.paths().echoesAnnouncements()) {
            echoes = echoes.isEmpty() ? new ArrayList<>(1) : echoes;
            echoes.add(new Echo(subflow, mptcp.addAddrId, announced.address(), announced.port()));
        }
        connection.stack.events().ofAddress(PathEvent.Type.ANNOUNCED, connection, mptcp.addAddrId, announced);
        connection.paths().onAddressAnnounced(mptcp.addAddrId, announced);
    }

    private void onRemoveAddr(int id) {
        connection.stack.count(Counter.RmAddr);
        connection.stack.events().ofAddress(PathEvent.Type.REMOVED, connection, id, null);
        connection.paths().closeSubflowsTo(id);
        connection.paths().onAddressRemoved(id);
    }

    void announcePriority(Subflow subflow) {
        subflow.prioDue = true;
    }

    void onSubflowClosed(Subflow subflow) {
        if (!echoes.isEmpty()) {
            echoes.removeIf(echo -> echo.subflow == subflow);
        }
    }

    /** Option bytes of what is due on the next pure acknowledgment of this subflow, 0 when nothing is. */
    int pendingBytes(Subflow subflow) {
        if (subflow.prioDue) {
            return MP_PRIO_BYTES;
        }
        Echo echo = nextEcho(subflow);
        if (echo != null) {
            return echo.optionBytes();
        }
        int announcementBytes = announcements.pendingBytes(subflow);
        return announcementBytes > 0 || withdrawals == null ? announcementBytes : withdrawals.pendingBytes(subflow);
    }

    private Echo nextEcho(Subflow subflow) {
        for (int i = 0; i < echoes.size(); i++) {
            if (echoes.get(i).subflow == subflow) {
                return echoes.get(i);
            }
        }
        return null;
    }

    /** Writes what is due on a pure acknowledgment of this subflow. @return whether the acknowledgment carries it instead of a DSS */
    boolean writePending(Subflow subflow, OptionWriter writer) {
        if (subflow.prioDue) {
            subflow.prioDue = false;
            connection.stack.count(Counter.MPPrioTx);
            return writer.mpPrio(subflow.localBackup);
        }
        Echo echo = nextEcho(subflow);
        if (echo == null) {
            return announcements.writePending(subflow, writer) || withdrawals != null && withdrawals.writePending(subflow, writer);
        }
        echoes.remove(echo);
        connection.stack.count(Counter.EchoAddTx);
        return writer.addAddrEcho(echo.id, echo.address.hi(), echo.address.lo(), echo.port);
    }
}
