package io.mptcp.cli.lab;

import io.mptcp.netty.linux.FrameSocket;
import io.mptcp.netty.linux.Poll;
import io.mptcp.netty.linux.Syscalls;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * Links with rate, delay, queue and loss between pairs of devices of one namespace: a thread that relays whole Ethernet frames from one device
 * to the other when an {@link EmulatedLink} says so. Needs no queueing discipline of the kernel.
 */
public final class LinkEmulator implements AutoCloseable {
    private static final int FRAME_BYTES = 65_536;
    /** Frames read from one device before the others have their turn. */
    private static final int READ_BUDGET = 64;
    /** How long it may take until the emulator notices that it is closed. */
    private static final long IDLE_NANOS = 50_000_000L;
    /** The kernel lets sleepers of ordinary threads wait up to 50 microseconds longer: almost a full frame at 200 Mbit/s. */
    private static final long TIMER_SLACK_NANOS = 1_000;

    private final LabNamespace namespace;
    private final Arena arena = Arena.ofShared();
    private final List<Direction> directions = new ArrayList<>();
    private final List<EmulatedPath> paths = new ArrayList<>();
    private Thread thread;
    private volatile boolean closing;
    private volatile long maxLatenessNanos;
    private boolean realTime;

    /** An emulator for devices of {@code namespace}. Add its links, then {@link #start} it. */
    public LinkEmulator(LabNamespace namespace) {
        this.namespace = namespace;
    }

    /**
     * Joins two devices by an emulated link. Their peers must have their offloads off, so that they send what a wire would carry.
     *
     * @param aToB what happens to frames that come in on device {@code a}
     * @param seed decides which frames random loss takes, and which are late
     */
    public EmulatedPath join(String a, String b, LinkProfile aToB, LinkProfile bToA, long seed) {
        if (thread != null) {
            throw new IllegalStateException("the emulator runs already");
        }
        FrameSocket socketA = namespace.call(() -> new FrameSocket(a));
        FrameSocket socketB = namespace.call(() -> new FrameSocket(b));
        Direction forward = new Direction(socketA, socketB, new EmulatedLink(aToB, seed));
        Direction backward = new Direction(socketB, socketA, new EmulatedLink(bToA, ~seed));
        directions.add(forward);
        directions.add(backward);
        EmulatedPath path = new EmulatedPath(forward.link, backward.link);
        paths.add(path);
        return path;
    }

    /** As {@link #start}, on a thread that goes before all others, as far as the system permits: for measurements. */
    public synchronized void startRealTime() {
        realTime = true;
        start();
    }

    /** How much later than it should have a frame left at most, since the last call: what this machine, and not the link, did to frames. */
    public long takeMaxLatenessNanos() {
        long max = maxLatenessNanos;
        maxLatenessNanos = 0;
        return max;
    }

    /** Starts to relay, unless it is closed already: the process may be told to end at any time. */
    public synchronized void start() {
        if (closing) {
            return;
        }
        thread = Thread.ofPlatform().daemon().name("link-emulator").start(this::run);
    }

    @Override
    public synchronized void close() {
        closing = true;
        if (thread != null) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return; // The thread still uses the sockets and the memory: they end with the process.
            }
        }
        for (Direction direction : directions) {
            direction.in.close(); // Each socket is the entrance of exactly one direction.
            direction.link.close();
        }
        arena.close();
    }

    private void run() {
        Syscalls syscalls = new Syscalls();
        syscalls.setTimerSlack(TIMER_SLACK_NANOS);
        if (realTime) {
            syscalls.setRealTime(1);
        }
        Poll poll = new Poll(arena, directions.stream().mapToInt(direction -> direction.in.fd()).toArray());
        MemorySegment frame = arena.allocate(FRAME_BYTES, 8);
        while (!closing) {
            long next = deliverDue(syscalls);
            poll.await(Math.clamp(next - System.nanoTime(), 0, IDLE_NANOS));
            for (int i = 0; i < directions.size(); i++) {
                if (poll.isReady(i)) {
                    directions.get(i).read(syscalls, frame);
                }
            }
        }
    }

    /** Sends every frame whose time has come; when the next one's comes. */
    private long deliverDue(Syscalls syscalls) {
        long next = EmulatedLink.NEVER;
        long now = System.nanoTime();
        for (int i = 0; i < directions.size(); i++) {
            Direction direction = directions.get(i);
            long due = direction.link.nextDepartureNanos();
            if (due != EmulatedLink.NEVER && now - due > maxLatenessNanos) {
                maxLatenessNanos = now - due;
            }
            next = Math.min(next, direction.deliverDue(syscalls, now));
        }
        return next;
    }

    /** Frames from one device to the other. */
    private static final class Direction {
        private final FrameSocket in;
        private final FrameSocket out;
        private final EmulatedLink link;

        Direction(FrameSocket in, FrameSocket out, EmulatedLink link) {
            this.in = in;
            this.out = out;
            this.link = link;
        }

        void read(Syscalls syscalls, MemorySegment frame) {
            for (int i = 0; i < READ_BUDGET; i++) {
                int bytes = syscalls.recv(in.fd(), frame, FRAME_BYTES, Syscalls.MSG_DONTWAIT);
                if (bytes <= 0) {
                    return;
                }
                link.offer(System.nanoTime(), frame, 0, bytes);
            }
        }

        long deliverDue(Syscalls syscalls, long now) {
            long next = link.nextDepartureNanos();
            while (next <= now) {
                // A full device drops here as any device does; the frame counts as delivered because the link has done its part.
                MemorySegment frame = link.memory().asSlice(link.nextFrameOffset(), link.nextFrameBytes());
                syscalls.sendto(out.fd(), frame, frame.byteSize(), Syscalls.MSG_DONTWAIT, MemorySegment.NULL, 0);
                link.removeDelivered();
                next = link.nextDepartureNanos();
            }
            return next;
        }
    }
}
