package io.mptcp.stack;

import io.mptcp.spi.PathCommands;
import io.mptcp.spi.PathManager;
import io.mptcp.spi.PathStatus;
import io.mptcp.spi.SubflowState;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/** Between a connection and its path manager: events are kept until the segment or timer that caused them is done with, commands act on subflows. */
final class PathControl implements PathCommands {
    /** A manager that asks to be woken at once, each time it is woken, must not stop the stack. */
    private static final long MIN_WAKE_NANOS = 1_000_000L;

    private final Connection connection;
    private final List<Subflow> subflows;
    private final ConnectOptions options;
    private final PathManager manager;
    /** Null while there are none. */
    private ArrayDeque<Runnable> events;
    private long timerNanos = Long.MAX_VALUE;
    private boolean created;
    private boolean keysExchanged;

    PathControl(Connection connection, List<Subflow> subflows, ConnectOptions options, PathManager manager) {
        this.connection = connection;
        this.subflows = subflows;
        this.options = options;
        this.manager = manager;
    }

    // ---- events ----

    void onCreated() {
        created = true;
        events().addFirst(() -> manager.onCreated(this));
    }

    /** Whether this was an MPTCP connection that others were told of. */
    boolean wasCreated() {
        return created;
    }

    /** The connection is gone, and there is nothing left it could interrupt. */
    void onRemoved() {
        events = null;
        if (created) {
            manager.onClosed(this);
        }
    }

    void onKeysExchanged() {
        if (!keysExchanged) {
            keysExchanged = true;
            events().add(() -> manager.onKeysExchanged(this));
        }
    }

    void onEstablished() {
        onKeysExchanged();
        events().add(() -> manager.onEstablished(this));
    }

    void onSubflowEstablished(Subflow subflow) {
        if (subflow.isJoin) {
            events().add(() -> manager.onSubflowEstablished(this, subflow.id));
        }
    }

    void onSubflowClosed(Subflow subflow) {
        if (isUseful()) {
            IpEndpoint local = subflow.local();
            IpEndpoint remote = subflow.remote();
            int reason = subflow.receivedResetReason;
            events().add(() -> manager.onSubflowClosed(this, subflow.id, subflow.linkId, local, remote, reason));
        }
    }

    void onAddressAnnounced(int addressId, IpEndpoint remote) {
        events().add(() -> manager.onAddressAnnounced(this, addressId, remote));
    }

    void onAddressRemoved(int addressId) {
        events().add(() -> manager.onAddressRemoved(this, addressId));
    }

    void onLinkChange(int linkId, boolean up) {
        if (isUseful()) {
            events().add(() -> manager.onLinkChange(this, linkId, up));
        }
    }

    private boolean isUseful() {
        return isAlive() && connection.isFullyEstablished();
    }

    private boolean isAlive() {
        return connection.isMptcp() && connection.closeReason() == CloseReason.NONE;
    }

    // ---- questions ----

    boolean acceptsJoin(int linkId, IpAddress local) {
        return mayUseLink(linkId) && manager.acceptsJoin(this, linkId, local);
    }

    boolean echoesAnnouncements() {
        return manager.echoesAnnouncements(this);
    }

    /** @param wanted the id an address without one should have, 0 for the one the manager says; {@link LocalAddressIds#NONE} when there is none left */
    int localAddressId(int linkId, IpAddress local, int wanted) {
        int id = wanted > 0 ? wanted : manager.addressId(this, linkId, local);
        return connection.signals().localAddressId(local, Math.max(0, id) > LocalAddressIds.MAX_ID ? 0 : Math.max(0, id));
    }

    boolean isBackup(int linkId, IpAddress local) {
        return manager.isBackup(this, linkId, local);
    }

    List<PathStatus> status() {
        return manager.paths(this);
    }

    void deliverEvents() {
        while (events != null) {
            Runnable event = events.poll();
            if (events.isEmpty()) {
                events = null;
            }
            if (isAlive()) { // events other than the first are kept only when they are useful
                event.run();
            }
        }
    }

    private ArrayDeque<Runnable> events() {
        if (events == null) {
            events = new ArrayDeque<>(2);
        }
        return events;
    }

    void expire(long nowNanos) {
        connection.signals().announcements().expire(nowNanos);
        if (timerNanos <= nowNanos) {
            timerNanos = Long.MAX_VALUE;
            if (isAlive()) {
                manager.onTimer(this);
            }
        }
    }

    long timerNanos() {
        return connection.closeReason() != CloseReason.NONE ? Long.MAX_VALUE
                : Math.min(timerNanos, connection.signals().announcements().deadlineNanos());
    }

    /** REMOVE_ADDR: the peer no longer answers there, or somebody says so. */
    void closeSubflowsTo(int remoteAddressId) {
        for (Subflow subflow : List.copyOf(subflows)) {
            int id = subflow.isJoin ? subflow.remoteAddressId : 0;
            if (id != remoteAddressId) {
                continue;
            }
            if (subflow.phase == Subflow.Phase.ESTABLISHED && !connection.stack.config().wire().resetOnRemoveAddr()) {
                SilentSubflows.onTimeout(subflow); // until it has answered, data goes elsewhere
                subflow.checkRemoval(nowNanos());
            } else {
                connection.stack.count(Counter.RmSubflow);
                subflow.reset(ResetReason.UNSPECIFIED);
            }
        }
    }

    // ---- PathCommands ----

    @Override
    public long nowNanos() {
        return connection.stack.nowNanos();
    }

    @Override
    public int token() {
        return connection.data().sequence.localToken();
    }

    @Override
    public boolean isServer() {
        return connection.listener() != null;
    }

    @Override
    public IpEndpoint initialLocal() {
        return connection.local();
    }

    @Override
    public IpEndpoint initialRemote() {
        return connection.remote();
    }

    @Override
    public int initialLinkId() {
        return connection.linkId();
    }

    @Override
    public boolean peerDeniesJoinToInitialAddress() {
        return connection.handshake().peerDeniesJoinToInitialAddress();
    }

    @Override
    public boolean isEstablished() {
        return connection.isFullyEstablished();
    }

    @Override
    public String fallbackReason() {
        String reason = connection.fallback().reason();
        return connection.isMptcp() ? null : reason == null ? "not MPTCP" : reason;
    }

    @Override
    public boolean isClosed() {
        return connection.closeReason() != CloseReason.NONE;
    }

    @Override
    public List<SubflowState> subflows() {
        List<SubflowState> states = new ArrayList<>(subflows.size());
        for (Subflow subflow : subflows) {
            states.add(stateOf(subflow));
        }
        return states;
    }

    private static SubflowState stateOf(Subflow subflow) {
        return new SubflowState(subflow.id, subflow.linkId, subflow.local(), subflow.remote(), subflow.localAddressId, subflow.isJoin ? subflow.remoteAddressId : 0,
                !subflow.isJoin, subflow.isActive, subflow.phase == Subflow.Phase.ESTABLISHED, subflow.tcb.isFinRequested() || subflow.tcb.isFinSent(),
                subflow.localBackup, subflow.remoteBackup, subflow.stale, subflow.tcb.lastReceiveNanos());
    }

    /** What the manager lets there be, as far as the stack allows it. */
    int subflowsMax() {
        return Math.min(manager.subflowsMax(), maxSubflows() - 1);
    }

    int addAddrAcceptedMax() {
        return manager.addAddrAcceptedMax();
    }

    @Override
    public int maxSubflows() {
        return connection.stack.config().limits().maxSubflows();
    }

    @Override
    public int subflowCount() {
        return subflows.size();
    }

    @Override
    public boolean hasSubflowOnLink(int linkId) {
        return subflows.stream().anyMatch(s -> s.linkId == linkId);
    }

    @Override
    public boolean mayUseLink(int linkId) {
        return options.allowsLink(linkId);
    }

    @Override
    public boolean isLinkUp(int linkId) {
        return connection.stack.isLinkUp(linkId);
    }

    @Override
    public int openSubflow(int linkId, IpAddress local, int addressId, IpEndpoint remote, boolean backup) {
        Stack stack = connection.stack;
        if (!isUseful() || connection.fallback().isFailing() || !stack.hasLink(linkId) || !mayUseLink(linkId)
                || subflows.size() >= stack.config().limits().maxSubflows()
                || local.isIpv4() != remote.address().isIpv4()) {
            return -1;
        }
        int port = stack.allocatePort(local, remote);
        int id = port < 0 ? LocalAddressIds.NONE : localAddressId(linkId, local, addressId);
        if (id < 0) {
            return -1;
        }
        connection.signals().onAddressKnown(id);
        Subflow subflow = connection.addJoin(linkId, FlowKey.of(new IpEndpoint(local, port), remote), true, id);
        subflow.localBackup = backup;
        subflow.tcb.openActive();
        stack.enqueue(connection);
        return subflow.id;
    }

    @Override
    public boolean announceAddress(int addressId, IpEndpoint address, long retryNanos) {
        if (addressId < 0 || addressId > LocalAddressIds.MAX_ID || retryNanos <= 0) {
            throw new IllegalArgumentException("address id " + addressId + ", again after " + retryNanos + " ns");
        }
        boolean taken = isAlive() && connection.signals().announce(addressId, address, retryNanos);
        if (taken) {
            connection.stack.enqueue(connection);
        }
        return taken;
    }

    @Override
    public boolean withdrawAddress(IpAddress address) {
        boolean known = isAlive() && connection.signals().withdraw(address);
        if (known) {
            connection.stack.enqueue(connection);
        }
        return known;
    }

    @Override
    public boolean removeAddress(int addressId) {
        boolean known = addressId >= 0 && isAlive() && connection.signals().remove(addressId);
        if (known) {
            connection.stack.enqueue(connection);
        }
        return known;
    }

    @Override
    public void finishSubflow(int subflowId) {
        for (Subflow subflow : List.copyOf(subflows)) {
            if (subflow.id == subflowId) {
                connection.finishSubflow(subflow);
            }
        }
    }

    @Override
    public void closeSubflow(int subflowId, int reason) {
        for (Subflow subflow : List.copyOf(subflows)) {
            if (subflow.id == subflowId) {
                subflow.reset(reason);
                connection.stack.enqueue(connection);
            }
        }
    }

    @Override
    public void setBackup(int subflowId, boolean backup) {
        for (Subflow subflow : subflows) {
            if (subflow.id == subflowId && subflow.localBackup != backup) {
                subflow.localBackup = backup;
                connection.signals().announcePriority(subflow);
                connection.stack.enqueue(connection);
            }
        }
    }

    @Override
    public void wakeAt(long nanos) {
        timerNanos = Math.max(nanos, nowNanos() + MIN_WAKE_NANOS);
    }
}
