package io.mptcp.netty.linux;

import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * TCP ports of this host that a stack of ours may use: no other program gets them from the kernel, two processes of ours never share them, and
 * once {@linkplain #silenceKernel silenced} the kernel answers nothing on them. They are held by kernel sockets that are bound but do not
 * listen, so all of it ends with {@link #close} or with the process. Of the network namespace of the calling thread.
 *
 * <p>Clients take a slot of {@value #SLOT_PORTS} ports above the kernel's default range for outgoing connections (32768..60999).
 */
public final class PortReservation implements AutoCloseable {
    public static final int SLOT_PORTS = 256;

    private static final int FIRST_SLOT = 61000;
    private static final Path KERNEL_RANGE = Path.of("/proc/sys/net/ipv4/ip_local_port_range");
    private static final IpAddress ANY_IPV4 = IpAddress.ofIpv4(0);

    private final Syscalls syscalls = new Syscalls();
    private final List<Integer> sockets = new ArrayList<>();
    /** Ports taken one by one. */
    private final Map<Integer, Single> singles = new HashMap<>();
    private final List<PortRange> ranges = new CopyOnWriteArrayList<>();
    private final List<Runnable> changeListeners = new CopyOnWriteArrayList<>();
    private NftOwnerTable table;
    private boolean closed;

    /** The kernel sockets of a port, and how many want it. */
    private record Single(List<Integer> sockets, int users) {
    }

    private PortReservation() {
    }

    /** Takes a slot of ports for outgoing connections; {@link #ranges} tells which. */
    public static PortReservation forClients() throws LinuxException {
        return forClients(1);
    }

    /**
     * Takes adjacent slots of ports for outgoing connections: as many of those wanted as are free in a row, at least one. A port serves one
     * connection to each remote endpoint at a time. {@link #ranges} lists the slots in ascending order.
     */
    public static PortReservation forClients(int slots) throws LinuxException {
        PortReservation reservation = new PortReservation();
        try {
            reservation.takeSlots(slots);
            return reservation;
        } catch (LinuxException e) {
            reservation.close();
            throw e;
        }
    }

    private void takeSlots(int slots) throws LinuxException {
        PortRange kernelRange = kernelRange();
        for (int first = FIRST_SLOT; first + SLOT_PORTS <= 0x10000 && ranges.size() < slots; first += SLOT_PORTS) {
            PortRange slot = new PortRange(first, first + SLOT_PORTS - 1);
            boolean taken = takeSlot(slot, overlap(slot, kernelRange));
            if (!taken && !ranges.isEmpty()) {
                break;
            }
        }
        if (ranges.isEmpty()) {
            throw LinuxException.explained("no free block of " + SLOT_PORTS + " TCP ports above " + FIRST_SLOT
                    + ": too many of our processes run on this host", Errno.EADDRINUSE);
        }
    }

    /** Takes exact ports, to listen on. */
    public static PortReservation forListener(int... ports) throws LinuxException {
        PortReservation reservation = new PortReservation();
        try {
            for (int port : ports) {
                reservation.add(port);
            }
            return reservation;
        } catch (LinuxException | RuntimeException e) {
            reservation.close();
            throw e;
        }
    }

    /**
     * Takes one more port, or the same once more.
     *
     * @throws LinuxException with a one-line message, for instance if the port is in use
     */
    public synchronized void add(int port) throws LinuxException {
        Single known = singles.get(port);
        if (known != null) {
            singles.put(port, new Single(known.sockets, known.users + 1));
            return;
        }
        if (ranges.stream().anyMatch(range -> range.contains(port))) {
            return;
        }
        PortRange range = PortRange.of(port);
        int before = sockets.size();
        int result = take(port);
        if (result == 0 && table != null) {
            try {
                table.add(range);
            } catch (LinuxException e) {
                release(before);
                throw e;
            }
        }
        switch (-result) {
            case 0 -> { }
            case Errno.EADDRINUSE -> throw LinuxException.explained("port " + port + " is already in use", Errno.EADDRINUSE);
            case Errno.EACCES -> throw LinuxException.explained("port " + port
                    + " is below 1024 and needs CAP_NET_BIND_SERVICE: choose a higher one or run as root", Errno.EACCES);
            default -> throw new LinuxException("cannot take port " + port, -result);
        }
        List<Integer> own = sockets.subList(before, sockets.size());
        singles.put(port, new Single(List.copyOf(own), 1));
        own.clear();
        ranges.add(range);
        changeListeners.forEach(Runnable::run);
    }

    /**
     * Gives back a port that was taken by {@link #add}, as often as it was taken; does nothing for others.
     *
     * @throws LinuxException with a one-line message, when the kernel keeps quiet on it all the same
     */
    public synchronized void remove(int port) throws LinuxException {
        Single known = singles.remove(port);
        if (known == null) {
            return;
        }
        if (known.users > 1) {
            singles.put(port, new Single(known.sockets, known.users - 1));
            return;
        }
        ranges.remove(PortRange.of(port));
        changeListeners.forEach(Runnable::run);
        known.sockets.forEach(syscalls::close);
        if (table != null) {
            table.remove(PortRange.of(port));
        }
    }

    /** Keeps the kernel from answering on these ports, and on those added later. Needs CAP_NET_ADMIN; the second call does nothing. */
    public synchronized void silenceKernel() throws LinuxException {
        if (table != null) {
            return;
        }
        NftOwnerTable opened = NftOwnerTable.open();
        try {
            for (PortRange range : ranges) {
                opened.add(range);
            }
        } catch (LinuxException e) {
            opened.close();
            throw e;
        }
        table = opened;
    }

    /** The slots, adjacent and in ascending order. */
    public synchronized List<PortRange> slots() {
        return ranges.stream().filter(range -> !singles.containsKey(range.first())).toList();
    }

    /** What is reserved now. */
    public List<PortRange> ranges() {
        return List.copyOf(ranges);
    }

    /** Calls back, on the thread of {@link #add} or {@link #remove}, whenever ports were added or removed. */
    public void onChange(Runnable listener) {
        changeListeners.add(listener);
    }

    /** Ends the calls of {@link #onChange}. */
    public void removeOnChange(Runnable listener) {
        changeListeners.remove(listener);
    }

    /**
     * Tries every port once: somebody may sit in the middle of the slot. All of them stay bound only where the kernel itself hands out ports
     * of that range; else the first one stands for the slot.
     */
    private boolean takeSlot(PortRange slot, boolean holdAll) throws LinuxException {
        int before = sockets.size();
        int keep = before;
        for (int port = slot.first(); port <= slot.last(); port++) {
            int result = take(port);
            if (result == -Errno.EADDRINUSE) {
                release(before);
                return false;
            }
            Syscalls.check(result, "cannot take port " + port);
            if (holdAll || port == slot.first()) {
                keep = sockets.size();
            } else {
                release(keep);
            }
        }
        ranges.add(slot);
        return true;
    }

    private static boolean overlap(PortRange one, PortRange other) {
        return one.first() <= other.last() && other.first() <= one.last();
    }

    /**
     * From where the kernel takes ports; everything when that cannot be read. In one read: such a file shows nothing at any other offset than
     * 0, and {@link Files#readString} begins with a single byte when a file claims to be empty.
     */
    private static PortRange kernelRange() {
        byte[] text = new byte[64];
        try (InputStream file = Files.newInputStream(KERNEL_RANGE)) {
            String[] ends = new String(text, 0, Math.max(0, file.read(text)), StandardCharsets.US_ASCII).strip().split("\\s+");
            return new PortRange(Integer.parseInt(ends[0]), Integer.parseInt(ends[1]));
        } catch (IOException | RuntimeException e) {
            return new PortRange(1, 0xffff);
        }
    }

    /** Binds a port for IPv6 and, unless that covers it, for IPv4. @return 0 or minus the error number, with nothing taken */
    private int take(int port) {
        int before = sockets.size();
        int result = bind(IpAddress.ANY, port);
        boolean noIpv6 = result == -Errno.EAFNOSUPPORT || result == -Errno.EADDRNOTAVAIL;
        if (noIpv6) {
            result = bind(ANY_IPV4, port);
        }
        if (result < 0) {
            release(before);
        }
        return result;
    }

    /** An IPv6 socket that is not IPv6-only takes the port for both. */
    private int bind(IpAddress address, int port) {
        int fd = syscalls.socket(SocketAddresses.family(address), Syscalls.SOCK_STREAM, 0);
        if (fd < 0) {
            return fd;
        }
        sockets.add(fd);
        if (!address.isIpv4()) {
            int result = syscalls.setsockopt(fd, Syscalls.IPPROTO_IPV6, Syscalls.IPV6_V6ONLY, 0);
            if (result < 0) {
                return result;
            }
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = SocketAddresses.encode(new IpEndpoint(address, port), arena);
            return syscalls.bind(fd, name, (int) name.byteSize());
        }
    }

    private void release(int downTo) {
        while (sockets.size() > downTo) {
            syscalls.close(sockets.removeLast());
        }
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            release(0);
            singles.values().forEach(single -> single.sockets.forEach(syscalls::close));
            singles.clear();
            if (table != null) {
                table.close();
            }
        }
    }
}
