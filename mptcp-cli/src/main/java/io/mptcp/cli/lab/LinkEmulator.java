package io.mptcp.cli.lab;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * Links with rate, delay, queue and loss between pairs of devices of one namespace: a thread that relays whole Ethernet frames from one device
 * to the other when an {@link EmulatedLink} says so. Needs no queueing discipline of the kernel.
 */
public final class LinkEmulator implements AutoCloseable {
    private static final int POLLIN = 1;
    private static final int POLLFD_BYTES = 8;
    private static final int FRAME_BYTES = 65_536;
    /** Frames read from one device before the others have their turn. */
    private static final int READ_BUDGET = 64;
    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    private final LabNamespace namespace;
    private final Arena arena = Arena.ofShared();
    private final List<Direction> directions = new ArrayList<>();
    private final List<EmulatedPath> paths = new ArrayList<>();
    private final int wakeUp;
    private Thread thread;
    private volatile boolean closing;

    /** An emulator for devices of {@code namespace}. Add its links, then {@link #start} it. */
    public LinkEmulator(LabNamespace namespace) {
        this.namespace = namespace;
        this.wakeUp = namespace.call(LinuxCalls::eventfd);
    }

    /**
     * Joins two devices by an emulated link. Their peers must have their offloads off, so that they send what a wire would carry.
     *
     * @param aToB what happens to frames that come in on device {@code a}
     * @param seed decides which frames random loss takes
     */
    public EmulatedPath join(String a, String b, LinkProfile aToB, LinkProfile bToA, long seed) {
        if (thread != null) {
            throw new IllegalStateException("the emulator runs already");
        }
        PacketSocket socketA = namespace.call(() -> new PacketSocket(a));
        PacketSocket socketB = namespace.call(() -> new PacketSocket(b));
        Direction forward = new Direction(socketA, socketB, new EmulatedLink(aToB, seed));
        Direction backward = new Direction(socketB, socketA, new EmulatedLink(bToA, ~seed));
        directions.add(forward);
        directions.add(backward);
        EmulatedPath path = new EmulatedPath(forward.link, backward.link);
        paths.add(path);
        return path;
    }

    /** Starts to relay. */
    public void start() {
        thread = Thread.ofPlatform().daemon().name("link-emulator").start(this::run);
    }

    @Override
    public void close() throws IOException {
        closing = true;
        LinuxCalls.signal(wakeUp);
        if (thread != null) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return; // The thread still uses the sockets and the memory: they end with the process.
            }
        }
        for (int i = 0; i < directions.size(); i++) {
            directions.get(i).in.close(); // Each socket is the entrance of exactly one direction.
            directions.get(i).link.close();
        }
        LinuxCalls.close(wakeUp);
        arena.close();
    }

    private void run() {
        int sockets = directions.size();
        MemorySegment pollfds = arena.allocate((long) (sockets + 1) * POLLFD_BYTES, 8);
        for (int i = 0; i < sockets; i++) {
            setPollfd(pollfds, i, directions.get(i).in.fd());
        }
        setPollfd(pollfds, sockets, wakeUp);
        MemorySegment timeout = arena.allocate(16, 8);
        MemorySegment frame = arena.allocate(FRAME_BYTES, 8);
        while (!closing) {
            long next = deliverDue();
            LinuxCalls.ppoll(pollfds, sockets + 1, next == EmulatedLink.NEVER ? MemorySegment.NULL : until(next, timeout));
            for (int i = 0; i < sockets; i++) {
                if (pollfds.get(ValueLayout.JAVA_SHORT, (long) i * POLLFD_BYTES + 6) != 0) {
                    directions.get(i).read(frame);
                }
            }
        }
    }

    /** Sends every frame whose time has come; when the next one's comes. */
    private long deliverDue() {
        long next = EmulatedLink.NEVER;
        long now = System.nanoTime();
        for (int i = 0; i < directions.size(); i++) {
            next = Math.min(next, directions.get(i).deliverDue(now));
        }
        return next;
    }

    private static MemorySegment until(long next, MemorySegment timespec) {
        long nanos = Math.max(0, next - System.nanoTime());
        timespec.set(ValueLayout.JAVA_LONG, 0, nanos / NANOS_PER_SECOND);
        timespec.set(ValueLayout.JAVA_LONG, 8, nanos % NANOS_PER_SECOND);
        return timespec;
    }

    private static void setPollfd(MemorySegment pollfds, int index, int fd) {
        pollfds.set(ValueLayout.JAVA_INT, (long) index * POLLFD_BYTES, fd);
        pollfds.set(ValueLayout.JAVA_SHORT, (long) index * POLLFD_BYTES + 4, (short) POLLIN);
    }

    /** Frames from one device to the other. */
    private static final class Direction {
        private final PacketSocket in;
        private final PacketSocket out;
        private final EmulatedLink link;

        Direction(PacketSocket in, PacketSocket out, EmulatedLink link) {
            this.in = in;
            this.out = out;
            this.link = link;
        }

        void read(MemorySegment frame) {
            for (int i = 0; i < READ_BUDGET; i++) {
                long bytes = LinuxCalls.recv(in.fd(), frame, LinuxCalls.MSG_DONTWAIT);
                if (bytes <= 0) {
                    return;
                }
                link.offer(System.nanoTime(), frame, 0, (int) bytes);
            }
        }

        long deliverDue(long now) {
            long next = link.nextDepartureNanos();
            while (next <= now) {
                // A full device drops here as any device does; the frame counts as delivered because the link has done its part.
                LinuxCalls.send(out.fd(), link.memory().asSlice(link.nextFrameOffset(), link.nextFrameBytes()), link.nextFrameBytes(),
                        LinuxCalls.MSG_DONTWAIT);
                link.removeDelivered();
                next = link.nextDepartureNanos();
            }
            return next;
        }
    }
}
