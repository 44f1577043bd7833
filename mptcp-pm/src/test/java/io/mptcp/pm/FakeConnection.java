package io.mptcp.pm;

import io.mptcp.spi.PathCommands;
import io.mptcp.spi.PathManager;
import io.mptcp.spi.SubflowState;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.Set;

/** A connection as a path manager sees it, in virtual time. Subflow 0 is the initial one, over link 0 unless said otherwise. */
final class FakeConnection implements PathCommands {
    static final long SECOND = 1_000_000_000L;

    record Subflow(int id, int linkId, IpAddress local, IpEndpoint remote, boolean backup) {
        @Override
        public String toString() {
            return local + " -> " + remote + " over " + linkId + (backup ? " backup" : "");
        }
    }

    final PathManager manager;
    final List<Subflow> subflows = new ArrayList<>();
    final Set<Integer> linksDown = new TreeSet<>();
    /** Links this connection is not to use. */
    final Set<Integer> excluded = new TreeSet<>();
    boolean server;
    boolean denied;
    int maxSubflows = 8;
    IpEndpoint initialRemote = new IpEndpoint(IpAddress.parse("203.0.113.1"), 443);
    private final int token;
    private long now = 100 * SECOND;
    private long wakeNanos = Long.MAX_VALUE;
    private int nextId = 1;
    int opened;
    final List<String> announced = new ArrayList<>();
    final List<String> withdrawn = new ArrayList<>();
    final List<Integer> removed = new ArrayList<>();
    final List<String> priorities = new ArrayList<>();
    final Set<Integer> finished = new TreeSet<>();
    String fallbackReason;
    int maxAnnounced = 8;

    FakeConnection(PathManager manager) {
        this(manager, 1);
    }

    FakeConnection(PathManager manager, int token) {
        this.manager = manager;
        this.token = token;
        subflows.add(new Subflow(0, 0, initialLocal().address(), initialRemote, false));
    }

    // ---- what happens to it ----

    FakeConnection establish() {
        manager.onEstablished(this);
        return this;
    }

    /** All there is up to the moment joins are possible. */
    FakeConnection open() {
        manager.onCreated(this);
        manager.onKeysExchanged(this);
        return establish();
    }

    /** A subflow the peer opened to this address of ours. */
    Subflow accept(int linkId, String local, String remote) {
        Subflow accepted = new Subflow(nextId++, linkId, IpAddress.parse(local), new IpEndpoint(IpAddress.parse(remote), 40_000), false);
        subflows.add(accepted);
        manager.onSubflowEstablished(this, accepted.id);
        return accepted;
    }

    /** As the engine does it: what was asked to finish is gone. */
    void finishAll() {
        for (Subflow subflow : List.copyOf(subflows)) {
            if (finished.contains(subflow.id) || withdrawn.contains(subflow.local.toString())) {
                subflows.remove(subflow);
                manager.onSubflowClosed(this, subflow.id, subflow.linkId, new IpEndpoint(subflow.local, 50_000), subflow.remote, -1);
            }
        }
        withdrawn.clear();
    }

    /** Lets time pass, waking the manager when it asked for it. */
    void run(long nanos) {
        long end = now + nanos;
        while (wakeNanos <= end) {
            if (wakeNanos < now) {
                throw new AssertionError("asked to be woken in the past");
            }
            now = wakeNanos;
            wakeNanos = Long.MAX_VALUE;
            manager.onTimer(this);
            if (wakeNanos <= now) {
                throw new AssertionError("asked to be woken at once, for ever");
            }
        }
        now = end;
    }

    Subflow onLink(int linkId) {
        return subflows.stream().filter(s -> s.linkId == linkId).findFirst().orElse(null);
    }

    void join(int linkId) {
        manager.onSubflowEstablished(this, onLink(linkId).id);
    }

    /** The subflow over a link is over. */
    void lose(int linkId, int resetReason) {
        Subflow lost = onLink(linkId);
        subflows.remove(lost);
        manager.onSubflowClosed(this, lost.id, linkId, new IpEndpoint(lost.local, 50_000), lost.remote, resetReason);
    }

    void linkDown(int linkId) {
        linksDown.add(linkId);
        while (onLink(linkId) != null) {
            lose(linkId, -1);
        }
        manager.onLinkChange(this, linkId, false);
    }

    void linkUp(int linkId) {
        linksDown.remove(linkId);
        manager.onLinkChange(this, linkId, true);
    }

    void announce(int addressId, String address, int port) {
        manager.onAddressAnnounced(this, addressId, new IpEndpoint(IpAddress.parse(address), port));
    }

    boolean isAsleep() {
        return wakeNanos == Long.MAX_VALUE;
    }

    // ---- PathCommands ----

    @Override
    public long nowNanos() {
        return now;
    }

    @Override
    public int token() {
        return token;
    }

    @Override
    public boolean isServer() {
        return server;
    }

    @Override
    public IpEndpoint initialLocal() {
        return new IpEndpoint(IpAddress.parse("192.0.2.1"), 50_000);
    }

    @Override
    public IpEndpoint initialRemote() {
        return initialRemote;
    }

    @Override
    public int initialLinkId() {
        return 0;
    }

    @Override
    public boolean peerDeniesJoinToInitialAddress() {
        return denied;
    }

    @Override
    public boolean isEstablished() {
        return true;
    }

    @Override
    public String fallbackReason() {
        return fallbackReason;
    }

    @Override
    public boolean isClosed() {
        return false;
    }

    @Override
    public List<SubflowState> subflows() {
        return subflows.stream().map(s -> new SubflowState(s.id, s.linkId, new IpEndpoint(s.local, 50_000 + s.id), s.remote, 0, 0, s.id == 0, s.id != 0,
                true, finished.contains(s.id), s.backup, false, false, now)).toList();
    }

    @Override
    public int maxSubflows() {
        return maxSubflows;
    }

    @Override
    public boolean removeAddress(int addressId) {
        removed.add(addressId);
        return true;
    }

    @Override
    public int subflowCount() {
        return subflows.size();
    }

    @Override
    public boolean hasSubflowOnLink(int linkId) {
        return onLink(linkId) != null;
    }

    @Override
    public boolean mayUseLink(int linkId) {
        return !excluded.contains(linkId);
    }

    @Override
    public boolean isLinkUp(int linkId) {
        return !linksDown.contains(linkId);
    }

    @Override
    public int openSubflow(int linkId, IpAddress local, int addressId, IpEndpoint remote, boolean backup) {
        if (local.isIpv4() != remote.address().isIpv4() || !isLinkUp(linkId)) {
            throw new AssertionError("cannot open " + local + " -> " + remote + " over " + linkId);
        }
        if (subflows.size() >= maxSubflows) {
            return -1;
        }
        opened++;
        subflows.add(new Subflow(nextId, linkId, local, remote, backup));
        return nextId++;
    }

    @Override
    public boolean announceAddress(int addressId, IpEndpoint address, long retryNanos) {
        if (announced.size() >= maxAnnounced) {
            return false;
        }
        announced.add(addressId + " " + (address.port() == 0 ? address.address() : address));
        return true;
    }

    @Override
    public boolean withdrawAddress(IpAddress address) {
        withdrawn.add(address.toString());
        return true;
    }

    @Override
    public void finishSubflow(int subflowId) {
        finished.add(subflowId);
    }

    @Override
    public void closeSubflow(int subflowId, int reason) {
        throw new AssertionError("not expected");
    }

    @Override
    public void setBackup(int subflowId, boolean backup) {
        subflows.replaceAll(s -> s.id == subflowId ? new Subflow(s.id, s.linkId, s.local, s.remote, backup) : s);
        priorities.add(subflowId + (backup ? " backup" : " regular"));
    }

    @Override
    public void wakeAt(long nanos) {
        wakeNanos = nanos;
    }
}
