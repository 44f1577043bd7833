package io.mptcp.sim.fuzz;

import io.mptcp.sim.Pattern;
import io.mptcp.spi.RandomSource;
import io.mptcp.stack.ConnectOptions;
import io.mptcp.stack.LinkProperties;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.Stack;
import io.mptcp.stack.StackConfig;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import io.mptcp.wire.PacketSlot;
import io.mptcp.wire.TcpSegment;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/** A stack with its applications: some that do anything, and orderly ones whose streams are checked byte by byte. */
final class FuzzHost {
    static final int LINKS = 2;
    private static final int MTU_BYTES = 1500;
    private static final int SLOT_OFFSET = 66;
    private static final int MAX_SEGMENTS = 20_000;
    private static final int COPY_BYTES = 16 * 1024;

    /** Sends {@code length} bytes of a pattern, expects as many of another, and ends its stream. */
    static final class Orderly {
        private final Pattern sends;
        private final Pattern expects;
        private final long length;
        private long sent;
        private long received;
        private boolean shutDown;
        private boolean ended;

        Orderly(Pattern sends, Pattern expects, long length) {
            this.sends = sends;
            this.expects = expects;
            this.length = length;
        }

        boolean isDone() {
            return ended && sent == length;
        }

        @Override
        public String toString() {
            return "sent " + sent + " received " + received + " of " + length + (ended ? ", ended" : "");
        }
    }

    final String name;
    final Stack stack;
    final List<IpAddress> addresses;
    /** Connections with applications that do anything; closed ones leave the list. */
    final List<MptcpConnection> wild = new ArrayList<>();
    /** From here orderly applications are connected to: others may forge a SYN to their port, too. */
    final Set<IpAddress> friends = new HashSet<>();
    final FuzzOracle oracle;
    private final PacketSlot slot = new PacketSlot();
    private final MemorySegment copy = Arena.ofAuto().allocate(COPY_BYTES, 8);

    FuzzHost(String name, StackConfig config, RandomSource random, List<IpAddress> addresses, boolean gather) {
        this.name = name;
        this.addresses = addresses;
        oracle = new FuzzOracle(name, config.limits().maxHalfOpen() < 1_024);
        stack = new Stack(config, random);
        for (int link = 0; link < LINKS; link++) {
            stack.addLink(link, new LinkProperties(MTU_BYTES, link == 0 ? 0 : 64_000, 1, false));
        }
        slot.buffer = Arena.ofAuto().allocate(SLOT_OFFSET + 128 + 65_535, 8);
        slot.gather = gather;
    }

    /** The link that an address belongs to, -1 if it is another host's. */
    int linkOf(FuzzPacket packet) {
        for (int link = 0; link < addresses.size(); link++) {
            if (addresses.get(link).hi() == packet.destinationHi && addresses.get(link).lo() == packet.destinationLo) {
                return link;
            }
        }
        return -1;
    }

    void listen(int port, Object attachment) {
        stack.listen(new IpEndpoint(IpAddress.ANY, port), false, ConnectOptions.DEFAULT, attachment);
    }

    MptcpConnection connect(FuzzHost to, int port, Object attachment) {
        IpEndpoint local = new IpEndpoint(addresses.getFirst(), 0);
        return stack.connect(0, local, new IpEndpoint(to.addresses.getFirst(), port), ConnectOptions.DEFAULT, attachment);
    }

    void receive(long nowNanos, FuzzPacket packet, int link) {
        slot.offset = SLOT_OFFSET;
        slot.linkId = link;
        packet.to(slot);
        stack.receive(nowNanos, slot);
    }

    /** A segment nobody should send: it must not do what it has no right to. */
    void attack(long nowNanos, FuzzPacket packet, int link) {
        oracle.before(packet, wild);
        receive(nowNanos, packet, link);
        oracle.after();
    }

    /** Timers, applications and transmission, until the stack has come to rest. */
    void run(long nowNanos, Consumer<FuzzPacket> wire) {
        if (stack.deadlineNanos() <= nowNanos) {
            stack.expire(nowNanos);
        }
        int segments = 0;
        boolean progress = true;
        while (progress) {
            progress = applications();
            slot.offset = SLOT_OFFSET;
            while (stack.transmit(nowNanos, slot)) {
                progress = true;
                FuzzPacket packet = FuzzPacket.of(slot);
                checkSent(packet);
                oracle.onSent(packet);
                wire.accept(packet);
                slot.offset = SLOT_OFFSET;
                if (++segments > MAX_SEGMENTS) {
                    throw new AssertionError(name + " does not stop sending");
                }
            }
        }
        if (stack.deadlineNanos() <= nowNanos) {
            throw new AssertionError(name + " spins: its deadline does not move on");
        }
    }

    private void checkSent(FuzzPacket packet) {
        MemorySegment bytes = MemorySegment.ofArray(packet.bytes);
        if (!TcpSegment.validate(bytes, 0, packet.bytes.length)) {
            throw new AssertionError(name + " has sent what is not TCP: " + packet);
        }
        int headerLength = TcpSegment.headerLength(bytes, 0);
        int payload = packet.bytes.length - headerLength;
        int onWire = headerLength + (slot.segmentSize > 0 ? Math.min(payload, slot.segmentSize) : payload) + (slot.isIpv4() ? 20 : 40);
        if (onWire > MTU_BYTES) {
            throw new AssertionError(name + " has sent a packet of " + onWire + " bytes");
        }
    }

    private boolean applications() {
        boolean any = false;
        for (MptcpConnection c = stack.nextReady(); c != null; c = stack.nextReady()) {
            any = true;
            c.takeReadiness();
            if (c.attachment() == null && c.listener() != null && c.listener().attachment() instanceof Orderly template
                    && friends.contains(c.remote().address())) {
                c.attach(new Orderly(template.sends, template.expects, template.length));
            }
            if (c.attachment() instanceof Orderly orderly) {
                serve(c, orderly);
            } else if (!wild.contains(c)) {
                wild.add(c);
            }
        }
        return any;
    }

    private void serve(MptcpConnection connection, Orderly app) {
        for (int count = connection.read(copy, 0, COPY_BYTES); count != 0; count = connection.read(copy, 0, COPY_BYTES)) {
            if (count < 0) {
                app.ended = true;
                if (app.received != app.length) {
                    throw new AssertionError(name + ": an orderly stream ended early: " + app);
                }
                break;
            }
            if (app.expects.matching(app.received, copy, 0, count) != count) {
                throw new AssertionError(name + ": corruption in an orderly stream: " + app);
            }
            app.received += count;
        }
        if (connection.isClosed() && !app.isDone()) {
            throw new AssertionError(name + ": an orderly connection was closed: " + connection.closeReason() + ", " + app);
        }
        while (!connection.isClosed() && app.sent < app.length) {
            int length = (int) Math.min(COPY_BYTES, app.length - app.sent);
            app.sends.fill(app.sent, copy, 0, length);
            int taken = connection.write(copy, 0, length);
            app.sent += taken;
            if (taken < length) {
                return;
            }
        }
        if (!app.shutDown && !connection.isClosed()) {
            app.shutDown = true;
            connection.shutdownOutput();
        }
    }
}
