package io.mptcp.pm;

import io.mptcp.spi.PathCommands;
import io.mptcp.spi.PathManager;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * {@code paths}: keeps one subflow on each configured path. The client opens them as soon as joins are possible, and opens them again when
 * they are lost: at once when their link comes up, otherwise after 1 s, doubling up to 60 s. A server opens none.
 *
 * <p>Subflows go to the peer's initial address and port, or to an address it announced when it takes no joins there
 * (RFC 8684 section 3.1, flag C), when the path has no address of that family, or when attempts keep failing. Beyond that, announced
 * addresses get subflows of their own only as far as {@code maxAnnouncedSubflows} allows, as {@code ip mptcp limits add_addr_accepted}.
 */
public final class PathListPathManager implements PathManager {
    private final int maxAnnouncedSubflows;
    private final List<SignalAddress> signals;
    private final List<Path> paths;
    private final List<Slot> slots = new ArrayList<>();
    /** Addresses the peer announced, by id, in the order of their ids. */
    private final Map<Integer, IpEndpoint> announced = new TreeMap<>();
    private boolean established;

    /** Opens no subflows for the sake of announced addresses, as Linux by default. */
    public PathListPathManager(List<Path> paths) {
        this(paths, 0);
    }

    /** @param maxAnnouncedSubflows subflows opened to announced addresses beyond one for each path */
    public PathListPathManager(List<Path> paths, int maxAnnouncedSubflows) {
        this(paths, maxAnnouncedSubflows, List.of());
    }

    /** @param signals addresses the peer is told of as soon as it can be, but for the one it knows already */
    public PathListPathManager(List<Path> paths, int maxAnnouncedSubflows, List<SignalAddress> signals) {
        if (maxAnnouncedSubflows < 0) {
            throw new IllegalArgumentException("maxAnnouncedSubflows must not be negative: " + maxAnnouncedSubflows);
        }
        this.paths = List.copyOf(paths);
        this.signals = List.copyOf(signals);
        this.maxAnnouncedSubflows = maxAnnouncedSubflows;
        for (Path path : this.paths) {
            slots.add(new Slot(path, Slot.INITIAL_ADDRESS));
        }
    }

    @Override
    public String name() {
        return "paths";
    }

    // ---- events ----

    @Override
    public void onKeysExchanged(PathCommands commands) {
        for (SignalAddress signal : signals) {
            if (!signal.address().equals(commands.initialLocal().address())) {
                commands.announceAddress(signal.id(), signal.address(), signal.retryNanos());
            }
        }
    }

    @Override
    public void onEstablished(PathCommands commands) {
        established = true;
        openWanted(commands);
    }

    @Override
    public void onSubflowEstablished(PathCommands commands, int subflowId) {
        Slot slot = slotOf(subflowId);
        if (slot != null) {
            slot.onEstablished(commands.nowNanos());
            slots.forEach(Slot::calm);
        }
    }

    @Override
    public void onSubflowClosed(PathCommands commands, int subflowId, int linkId, IpEndpoint local, IpEndpoint remote, int resetReason) {
        Slot lost = slotOf(subflowId);
        if (lost == null && !commands.hasSubflowOnLink(linkId)) {
            lost = wantingSlotOn(linkId); // the initial subflow, which this manager did not open
        }
        if (lost != null) {
            lost.onClosed(commands.nowNanos(), resetReason);
        }
        if (commands.subflowCount() == 0) {
            for (Slot slot : slots) {
                if (slot != lost) {
                    slot.hurry(commands.nowNanos());
                }
            }
        }
        openWanted(commands);
    }

    @Override
    public void onAddressAnnounced(PathCommands commands, int addressId, IpEndpoint remote) {
        IpEndpoint withPort = remote.port() != 0 ? remote : new IpEndpoint(remote.address(), commands.initialRemote().port());
        if (withPort.equals(announced.put(addressId, withPort))) {
            return;
        }
        long announcedSlots = slots.stream().filter(slot -> slot.path == null).count();
        boolean isNew = addressId != Slot.INITIAL_ADDRESS && announcedSlot(addressId) == null && !withPort.equals(commands.initialRemote());
        if (isNew && announcedSlots < maxAnnouncedSubflows) {
            slots.add(new Slot(null, addressId));
        }
        openWanted(commands);
    }

    /** The engine closes the subflows to that address; what is lost goes elsewhere. */
    @Override
    public void onAddressRemoved(PathCommands commands, int addressId) {
        announced.remove(addressId);
        slots.remove(announcedSlot(addressId));
        openWanted(commands);
    }

    @Override
    public void onLinkChange(PathCommands commands, int linkId, boolean up) {
        if (up) {
            for (Slot slot : slots) {
                if (slot.path == null || slot.path.linkId() == linkId) {
                    slot.retryAtOnce(commands.nowNanos());
                }
            }
        } else if (commands.subflowCount() > 0 && !commands.hasSubflowOnLink(linkId)) {
            withdraw(commands, linkId);
        }
        openWanted(commands);
    }

    /** The peer would go on sending to where nobody answers until its own timers tell it. */
    private void withdraw(PathCommands commands, int linkId) {
        for (Path path : paths) {
            if (path.linkId() == linkId && path.localV4() != null) {
                commands.withdrawAddress(path.localV4());
            }
            if (path.linkId() == linkId && path.localV6() != null) {
                commands.withdrawAddress(path.localV6());
            }
        }
    }

    @Override
    public void onTimer(PathCommands commands) {
        openWanted(commands);
    }

    // ---- decisions ----

    /** Opens what is missing and may be tried now, and asks to be woken for the rest. */
    private void openWanted(PathCommands commands) {
        if (!established || commands.isServer()) {
            return;
        }
        long wakeNanos = Long.MAX_VALUE;
        for (Slot slot : slots) {
            if (!slot.isWanting() || !isPossible(commands, slot)) {
                continue;
            }
            if (slot.retryNanos() <= commands.nowNanos()) {
                open(commands, slot);
            }
            if (slot.isWanting()) {
                wakeNanos = Math.min(wakeNanos, slot.retryNanos());
            }
        }
        commands.wakeAt(wakeNanos);
    }

    /** Whether an attempt makes sense as things are; if not, an event will tell when they have changed. */
    private boolean isPossible(PathCommands commands, Slot slot) {
        if (slot.path == null) {
            IpEndpoint remote = announced.get(slot.addressId);
            return pathTo(commands, remote.address()) != null && slots.stream().noneMatch(other -> other.isConnectedTo(remote));
        }
        int linkId = slot.path.linkId();
        return commands.isLinkUp(linkId) && !commands.hasSubflowOnLink(linkId) && !targets(commands, slot.path).isEmpty();
    }

    private void open(PathCommands commands, Slot slot) {
        Path path = slot.path;
        IpEndpoint remote;
        if (path == null) {
            remote = announced.get(slot.addressId);
            path = pathTo(commands, remote.address());
        } else {
            List<IpEndpoint> targets = targets(commands, path);
            // The best target gets a second chance after its first failure; then all in turn.
            remote = targets.get(Math.max(0, slot.failures() - 1) % targets.size());
        }
        IpAddress local = path.localFor(remote.address());
        int subflowId = commands.openSubflow(path.linkId(), local, remote, path.backup());
        if (subflowId >= 0) {
            slot.onOpened(subflowId, remote);
        } else {
            slot.backOff(commands.nowNanos());
        }
    }

    /** Where a subflow over this path may go, best first. */
    private List<IpEndpoint> targets(PathCommands commands, Path path) {
        List<IpEndpoint> targets = new ArrayList<>();
        if (!commands.peerDeniesJoinToInitialAddress() && path.localFor(commands.initialRemote().address()) != null) {
            targets.add(commands.initialRemote());
        }
        for (IpEndpoint remote : announced.values()) {
            if (path.localFor(remote.address()) != null && !targets.contains(remote)) {
                targets.add(remote);
            }
        }
        return targets;
    }

    /** The first path that is up and has an address of that family, null if there is none; backups come last. */
    private Path pathTo(PathCommands commands, IpAddress remote) {
        Path found = null;
        for (Path path : paths) {
            boolean fits = path.localFor(remote) != null && commands.isLinkUp(path.linkId());
            if (fits && (found == null || found.backup() && !path.backup())) {
                found = path;
            }
        }
        return found;
    }

    private Slot slotOf(int subflowId) {
        for (Slot slot : slots) {
            if (slot.subflowId() == subflowId) {
                return slot;
            }
        }
        return null;
    }

    private Slot wantingSlotOn(int linkId) {
        for (Slot slot : slots) {
            if (slot.path != null && slot.path.linkId() == linkId && slot.isWanting()) {
                return slot;
            }
        }
        return null;
    }

    private Slot announcedSlot(int addressId) {
        for (Slot slot : slots) {
            if (slot.path == null && slot.addressId == addressId) {
                return slot;
            }
        }
        return null;
    }
}
