package io.mptcp.sim.script;

import io.mptcp.sim.IcmpErrors;
import io.mptcp.stack.ConnectOptions;
import io.mptcp.stack.Counter;
import io.mptcp.stack.LinkProperties;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.Readiness;
import io.mptcp.stack.Stack;
import io.mptcp.stack.StackConfig;
import io.mptcp.tcp.SocketOptions;
import io.mptcp.wire.Checksum;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import io.mptcp.wire.IpHeaders;
import io.mptcp.wire.PacketSlot;
import io.mptcp.wire.TcpSegment;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * A stack under test in virtual time, and the wire to it. {@link FakePeer}s put segments on the wire and take what the stack sends. Nothing
 * happens by itself: a peer answers only what the test makes it answer, and time passes only with {@link #advance}.
 */
public final class Script {
    public static final long MS = 1_000_000L;
    public static final int PORT = 5000;
    public static final IpEndpoint STACK = new IpEndpoint(IpAddress.parse("10.9.9.9"), PORT);

    private static final long START_NANOS = 1_000_000L * MS;
    private static final int SLOT_OFFSET = 64;

    /** Of connections opened and accepted from now on. Nothing is held back: what a script writes is to be seen. */
    public ConnectOptions options = ConnectOptions.DEFAULT.withSocket(SocketOptions.NO_DELAY);
    public final Stack stack;
    private long nowNanos = START_NANOS;
    private final List<Segment> wire = new ArrayList<>();
    private final PacketSlot slot = new PacketSlot();
    private final MemorySegment memory = Arena.ofAuto().allocate(SLOT_OFFSET + 60 + 65_535);

    public Script(StackConfig config) {
        this(config, LinkProperties.ofMtu(1500));
    }

    public Script(StackConfig config, LinkProperties link) {
        stack = new Stack(config, new Random(1)::nextLong);
        for (int id = 0; id < 4; id++) {
            stack.addLink(id, link);
        }
    }

    /** A script whose stack speaks TCP only. */
    public static Script tcp() {
        return new Script(StackConfig.defaults().withMptcp(false));
    }

    /** Listens on {@link #STACK}'s port on every address. */
    public Script listen() {
        stack.listen(new IpEndpoint(IpAddress.ANY, PORT), false, options, null);
        return this;
    }

    /** An active open over link 0 to a fixed far endpoint; {@link FakePeer#server} is that endpoint. */
    public MptcpConnection connect() {
        return stack.connect(0, new IpEndpoint(STACK.address(), 0), new IpEndpoint(FakePeer.address(0), 80), options, null);
    }

    /** The connection the listener has accepted last. */
    public MptcpConnection accepted() {
        MptcpConnection last = null;
        for (MptcpConnection c = stack.nextReady(); c != null; c = stack.nextReady()) {
            if (c.listener() != null && (c.takeReadiness() & Readiness.ACCEPTED) != 0) {
                last = c;
            }
        }
        if (last == null) {
            throw new AssertionError("no connection was accepted");
        }
        return last;
    }

    public long nowNanos() {
        return nowNanos;
    }

    /** Virtual milliseconds since the script began. */
    public long millis() {
        return (nowNanos - START_NANOS) / MS;
    }

    /** Lets virtual time pass; timers fire when they are due, and what the stack sends waits on the wire. */
    public void advance(long millis) {
        long end = nowNanos + millis * MS;
        drain();
        while (stack.deadlineNanos() <= end) {
            nowNanos = Math.max(nowNanos, stack.deadlineNanos());
            stack.expire(nowNanos);
            drain();
            if (stack.deadlineNanos() <= nowNanos) {
                throw new AssertionError("the stack spins: its deadline does not move on");
            }
        }
        nowNanos = end;
    }

    /** Goes on to {@code millis} since the script began. */
    public void at(long millis) {
        if (millis < millis()) {
            throw new IllegalArgumentException("it is " + millis() + " already");
        }
        advance(millis - millis());
    }

    /** The stack receives a segment; its answer is on the wire when this returns. */
    public void inject(int linkId, IpEndpoint from, IpEndpoint to, byte[] bytes) {
        injectHeld(linkId, from, to, bytes);
        drain();
    }

    /** As {@link #inject}, but the stack does not get to answer before the next segment: one burst. */
    public void injectHeld(int linkId, IpEndpoint from, IpEndpoint to, byte[] bytes) {
        slot.linkId = linkId;
        slot.sourceHi = from.address().hi();
        slot.sourceLo = from.address().lo();
        slot.destinationHi = to.address().hi();
        slot.destinationLo = to.address().lo();
        slot.buffer = memory;
        slot.offset = SLOT_OFFSET;
        slot.length = bytes.length;
        slot.protocol = IpHeaders.PROTOCOL_TCP;
        slot.ecn = 0;
        slot.segmentSize = 0;
        slot.clearPayloadReference();
        MemorySegment.copy(bytes, 0, memory, ValueLayout.JAVA_BYTE, SLOT_OFFSET, bytes.length);
        Checksum.fillTcp(slot);
        slot.checksumState = PacketSlot.CHECKSUM_UNVERIFIED;
        stack.receive(nowNanos, slot);
    }

    /**
     * An ICMP error about a segment the stack has sent, as its router or the far host would send it.
     *
     * @param packetBytes length of the packet it is about
     * @param rest        the second word of the message: the MTU of the next hop, or 0
     */
    public void icmp(Segment about, int packetBytes, int type, int code, int rest) {
        PacketSlot quoted = new PacketSlot();
        quoted.sourceHi = about.source.address().hi();
        quoted.sourceLo = about.source.address().lo();
        quoted.destinationHi = about.destination.address().hi();
        quoted.destinationLo = about.destination.address().lo();
        quoted.buffer = Arena.ofAuto().allocate(TcpSegment.MAX_HEADER_LENGTH);
        TcpSegment.encode(quoted.buffer, 0, about.source.port(), about.destination.port(), about.rawSeq, about.rawAck,
                TcpSegment.MIN_HEADER_LENGTH, about.flagBits, about.window);
        quoted.length = packetBytes - IpHeaders.encodedLength(quoted);
        slot.linkId = about.linkId;
        slot.buffer = memory;
        slot.offset = SLOT_OFFSET;
        IcmpErrors.write(quoted, type, code, rest, slot);
        stack.receive(nowNanos, slot);
        drain();
    }

    private void drain() {
        slot.buffer = memory;
        slot.offset = SLOT_OFFSET;
        slot.gather = false;
        int count = 0;
        while (stack.transmit(nowNanos, slot)) {
            wire.add(Segment.of(nowNanos, slot));
            if (++count > 100_000) {
                throw new AssertionError("the stack does not stop sending");
            }
        }
    }

    /** The next segment the stack has sent from {@code local} to {@code remote}, or null. */
    public Segment poll(IpEndpoint local, IpEndpoint remote) {
        drain();
        for (int i = 0; i < wire.size(); i++) {
            Segment segment = wire.get(i);
            if (segment.source.equals(local) && segment.destination.equals(remote)) {
                return wire.remove(i);
            }
        }
        return null;
    }

    /** The next segment from the stack to {@code remote}, whatever its source: for the SYN of an active open. */
    public Segment pollTo(IpEndpoint remote) {
        drain();
        for (int i = 0; i < wire.size(); i++) {
            if (wire.get(i).destination.equals(remote)) {
                return wire.remove(i);
            }
        }
        return null;
    }

    public void expectNothing() {
        drain();
        if (!wire.isEmpty()) {
            throw new AssertionError("nothing was to be sent, but " + wire);
        }
    }

    public long count(Counter counter) {
        return stack.counters().get(counter);
    }

    // ---- the application ----

    public static int write(MptcpConnection connection, String text) {
        return write(connection, text.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1));
    }

    public static int write(MptcpConnection connection, byte[] bytes) {
        return connection.write(MemorySegment.ofArray(bytes), 0, bytes.length);
    }

    /** What can be read now, as text; null at the end of the stream. */
    public static String read(MptcpConnection connection) {
        byte[] bytes = new byte[1 << 20];
        int count = connection.read(MemorySegment.ofArray(bytes), 0, bytes.length);
        return count < 0 ? null : new String(bytes, 0, count, java.nio.charset.StandardCharsets.ISO_8859_1);
    }

    /** {@code length} bytes of which each tells its position. */
    public static byte[] pattern(int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) (i ^ i >> 8);
        }
        return bytes;
    }
}
