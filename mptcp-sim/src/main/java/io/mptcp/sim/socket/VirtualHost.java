package io.mptcp.sim.socket;

import io.mptcp.sim.Segmentation;
import io.mptcp.spi.RandomSource;
import io.mptcp.stack.LinkProperties;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.Readiness;
import io.mptcp.stack.Stack;
import io.mptcp.stack.StackConfig;
import io.mptcp.wire.Checksum;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpHeaders;
import io.mptcp.wire.PacketSlot;
import io.mptcp.wire.TcpSegment;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * One stack with a virtual clock that only its owner moves, IP packets in and out, and calls that wait. Whatever a call, a packet or a timer
 * causes to be sent is emitted before control returns. One thread at a time.
 */
public final class VirtualHost implements AutoCloseable {
    private static final int SLOT_BYTES = 65_535 + 128;
    private static final int HEADROOM_BYTES = 64;
    private static final int MAX_SUPER_SEGMENT_BYTES = 64_000;
    /** No event makes a stack send as many segments; more is an endless loop. */
    private static final int MAX_SEGMENTS = 100_000;

    private final Stack stack;
    private final List<IpAddress> addresses = new ArrayList<>();
    private final ArrayDeque<EmittedPacket> emitted = new ArrayDeque<>();
    private final List<Call> waiting = new ArrayList<>();
    private final PacketSlot in = new PacketSlot();
    private final PacketSlot out = new PacketSlot();
    private final PacketSlot piece = new PacketSlot();
    private final MemorySegment inBuffer;
    private final int ipv4MtuBytes;
    private final int ipv6MtuBytes;
    private Runnable observer = () -> { };
    private long nowNanos;
    private int identification;

    public VirtualHost(StackConfig config, RandomSource random, long nowNanos, int ipv4MtuBytes, int ipv6MtuBytes) {
        stack = new Stack(config, random);
        this.nowNanos = nowNanos;
        this.ipv4MtuBytes = ipv4MtuBytes;
        this.ipv6MtuBytes = ipv6MtuBytes;
        Arena arena = Arena.ofAuto();
        inBuffer = arena.allocate(SLOT_BYTES, 8);
        out.buffer = arena.allocate(SLOT_BYTES, 8);
        piece.buffer = arena.allocate(SLOT_BYTES, 8);
    }

    public Stack stack() {
        return stack;
    }

    public long nowNanos() {
        return nowNanos;
    }

    // ---- addresses: each is a link of its own, numbered in the order they were added ----

    /** Adds a local address. @return its link id; that of the existing one if there is already one */
    public int addAddress(IpAddress address) {
        if (!addresses.contains(address)) {
            addresses.add(address);
            stack.addLink(addresses.size() - 1, new LinkProperties(address.isIpv4() ? ipv4MtuBytes : ipv6MtuBytes, MAX_SUPER_SEGMENT_BYTES, 1, false));
        }
        return addresses.indexOf(address);
    }

    /** The link of a local address, -1 when it is not one. */
    public int linkOf(IpAddress address) {
        return addresses.indexOf(address);
    }

    /** The first address of that family, null when there is none. */
    public IpAddress firstAddress(boolean ipv4) {
        return addresses.stream().filter(address -> address.isIpv4() == ipv4).findFirst().orElse(null);
    }

    // ---- time ----

    /** Moves the clock, firing every timer on the way at its own time. A time in the past changes nothing. */
    public void advanceTo(long nanos) {
        while (deadlineNanos() <= nanos) {
            fireTimers();
        }
        nowNanos = Math.max(nowNanos, nanos);
    }

    /** Moves the clock to the next timer and fires it. @return false, with nothing changed, when there is none up to {@code limitNanos} */
    public boolean jump(long limitNanos) {
        long deadline = deadlineNanos();
        if (deadline == Long.MAX_VALUE || deadline > limitNanos) {
            return false;
        }
        fireTimers();
        return true;
    }

    private void fireTimers() {
        nowNanos = Math.max(nowNanos, deadlineNanos());
        if (stack.deadlineNanos() <= nowNanos) {
            stack.expire(nowNanos);
        }
        settle();
    }

    private long deadlineNanos() {
        long deadline = stack.deadlineNanos();
        for (Call call : waiting) {
            deadline = Math.min(deadline, call.deadlineNanos());
        }
        return deadline;
    }

    // ---- packets ----

    /** Takes in one IP packet. What is no TCP for a local address is dropped, as a host does. */
    public void inject(byte[] packet) {
        if (packet.length > SLOT_BYTES) {
            return;
        }
        MemorySegment.copy(packet, 0, inBuffer, ValueLayout.JAVA_BYTE, 0, packet.length);
        if (!IpHeaders.toSlot(inBuffer, 0, packet.length, in)) {
            return;
        }
        int linkId = linkOf(new IpAddress(in.destinationHi, in.destinationLo));
        if (linkId < 0) {
            return;
        }
        in.linkId = linkId;
        in.checksumState = PacketSlot.CHECKSUM_UNVERIFIED;
        in.segmentSize = 0;
        stack.receive(nowNanos, in);
        settle();
    }

    /** The oldest packet emitted and not taken yet, null when there is none. */
    public EmittedPacket pollEmitted() {
        return emitted.poll();
    }

    // ---- calls ----

    /** Begins a call: on return it is done, or waits. The consumer hears of it once, at completion, maybe before this returns. */
    void begin(Call call) {
        boolean atOnce = call.tryToComplete(nowNanos);
        if (!atOnce) {
            waiting.add(call);
        }
        settle();
        if (atOnce) {
            call.tellDone();
        }
    }

    /** Runs timers until the call is done; what waits for something that can never come is given up with EDEADLK. */
    Outcome await(Call call) {
        begin(call);
        while (!call.isDone()) {
            if (!jump(Long.MAX_VALUE - 1)) {
                waiting.remove(call);
                return Outcome.error(Errno.EDEADLK);
            }
        }
        return call.outcome();
    }

    /** Brings everything to rest: news to sockets, segments out, waiting calls that can go on. */
    void settle() {
        boolean progress;
        do {
            progress = takeNews() | transmitAll();
            observer.run();
            progress |= completeCalls();
        } while (progress);
    }

    /** Who looks after everything that happens, before calls go on because of it. */
    void onChange(Runnable observer) {
        this.observer = observer;
    }

    private boolean takeNews() {
        boolean any = false;
        for (MptcpConnection connection = stack.nextReady(); connection != null; connection = stack.nextReady()) {
            any = true;
            if ((connection.takeReadiness() & Readiness.ACCEPTED) != 0 && connection.listener() != null) {
                ((VirtualSocket) connection.listener().attachment()).offer(connection);
            }
        }
        return any;
    }

    private boolean completeCalls() {
        List<Call> done = new ArrayList<>(0);
        for (Call call : List.copyOf(waiting)) {
            if (call.tryToComplete(nowNanos)) {
                waiting.remove(call);
                done.add(call);
            }
        }
        done.forEach(Call::tellDone);
        return !done.isEmpty();
    }

    private boolean transmitAll() {
        int segments = 0;
        out.offset = HEADROOM_BYTES;
        while (stack.transmit(nowNanos, out)) {
            if (++segments > MAX_SEGMENTS) {
                throw new IllegalStateException("the stack never comes to rest");
            }
            emit();
        }
        return segments > 0;
    }

    /** What may leave at once is cut as a device with segmentation offload does it. */
    private void emit() {
        int headerLength = TcpSegment.headerLength(out.buffer, out.offset);
        int payload = out.length - headerLength;
        int size = out.segmentSize > 0 ? out.segmentSize : Math.max(payload, 1);
        int at = 0;
        do {
            int length = Math.min(size, payload - at);
            piece.copyIpFields(out);
            piece.offset = HEADROOM_BYTES;
            piece.length = Segmentation.copyPiece(out, at, length, piece.buffer, HEADROOM_BYTES);
            Checksum.fillTcp(piece);
            int ipLength = IpHeaders.encodeHeader(piece, identification++ & 0xffff);
            byte[] packet = new byte[ipLength + piece.length];
            MemorySegment.copy(piece.buffer, ValueLayout.JAVA_BYTE, HEADROOM_BYTES - ipLength, packet, 0, packet.length);
            emitted.add(new EmittedPacket(nowNanos, packet));
            at += length;
        } while (at < payload);
    }

    /** Frees the stack's memory; nobody is told. */
    @Override
    public void close() {
        stack.close();
    }
}
