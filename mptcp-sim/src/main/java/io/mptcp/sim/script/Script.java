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
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * A stack under test in virtual time, and the wire to it. {@link FakePeer}s put segments on the wire and take what the stack sends. Nothing
 * happens by itself: a peer answers only what the test makes it answer, and time passes only with {@link #advance}. What the first
 * connection counts wraps within its first bytes: sequence numbers of both sides at 2^32, data sequence numbers of both sides at a multiple
 * of 2^32. A failed expectation ends with the packets so far.
 */
public final class Script {
    public static final long MS = 1_000_000L;
    public static final int PORT = 5000;
    public static final IpEndpoint STACK = new IpEndpoint(IpAddress.parse("10.9.9.9"), PORT);
    public static final IpEndpoint STACK_IPV6 = new IpEndpoint(IpAddress.parse("2001:db8:9::9"), PORT);

    /** The stack's first initial sequence number. */
    private static final int STACK_ISS = 0xffff_fffd;
    private static final long NANOS_PER_SEQUENCE_NUMBER = 4_000L;
    private static final int LINKS = 4;
    private static final int SLOT_OFFSET = 64;

    /** Of connections opened and accepted from now on. Nothing is held back: what a script writes is to be seen. */
    public ConnectOptions options = ConnectOptions.DEFAULT.withSocket(SocketOptions.NO_DELAY);
    public final Stack stack;
    private boolean ipv6;
    private int nextPeerPort = 40_000;
    private long startNanos = 1_000_000L * MS;
    private long nowNanos = startNanos;
    private final Trace trace = new Trace();
    private final List<Segment> wire = new ArrayList<>();
    private final PacketSlot slot = new PacketSlot();
    private final MemorySegment memory = Arena.ofAuto().allocate(SLOT_OFFSET + 60 + 65_535);

    public Script(StackConfig config) {
        this(config, LinkProperties.ofMtu(1500));
    }

    public Script(StackConfig config, LinkProperties link) {
        WrapRandom random = new WrapRandom();
        stack = new Stack(config, random);
        random.giveKeys();
        trace.learnKey(FakePeer.KEY);
        for (int id = 0; id < LINKS; id++) {
            stack.addLink(id, link);
        }
    }

    /** A script whose stack speaks TCP only. */
    public static Script tcp() {
        return new Script(StackConfig.defaults().withMptcp(false));
    }

    /** From here on, addresses are IPv6 ones where the test names none. */
    public Script overIpv6() {
        ipv6 = true;
        return this;
    }

    public boolean isIpv6() {
        return ipv6;
    }

    /** The stack's end of connections that peers open: {@link #STACK} or {@link #STACK_IPV6}. */
    public IpEndpoint stackEnd() {
        return ipv6 ? STACK_IPV6 : STACK;
    }

    /** Where the far ends behind a link are. */
    public IpAddress peerAddress(int linkId) {
        return IpAddress.parse(ipv6 ? "2001:db8:" + linkId + "::1" : "10.1." + linkId + ".1");
    }

    int nextPeerPort() {
        return nextPeerPort++;
    }

    /** Listens on {@link #STACK}'s port on every address. */
    public Script listen() {
        stack.listen(new IpEndpoint(IpAddress.ANY, PORT), false, options, null);
        return this;
    }

    /** An active open over link 0 to a fixed far endpoint; {@link FakePeer#server} is that endpoint. */
    public MptcpConnection connect() {
        return connect(options);
    }

    /** As {@link #connect()}. */
    public MptcpConnection connect(ConnectOptions options) {
        IpEndpoint local = new IpEndpoint(stackEnd().address(), 0);
        IpEndpoint remote = new IpEndpoint(peerAddress(0), 80);
        if (isUntouched()) {
            Stack probe = probe();
            probe.expire(nowNanos);
            probe.connect(0, local, remote, ConnectOptions.DEFAULT, null);
            startBeforeWrap(probe);
        }
        stack.expire(nowNanos); // which tells it the time
        return stack.connect(0, local, remote, options, null);
    }

    // ---- initial sequence numbers ----

    private boolean isUntouched() {
        return trace.isEmpty() && stack.connectionCount() == 0 && stack.deadlineNanos() == Long.MAX_VALUE;
    }

    private static Stack probe() {
        WrapRandom random = new WrapRandom();
        Stack probe = new Stack(StackConfig.defaults().withMptcp(false), random);
        random.giveKeys();
        probe.addLink(0, LinkProperties.ofMtu(1500));
        return probe;
    }

    /**
     * An initial sequence number is a secret of the 4-tuple plus the time (RFC 6528). What a stack of the same secrets would use now tells at
     * what time it is the one wanted; there this script begins.
     */
    private void startBeforeWrap(Stack probe) {
        prepare(slot);
        if (probe.transmit(nowNanos, slot)) {
            int ticks = STACK_ISS - TcpSegment.sequenceNumber(memory, SLOT_OFFSET);
            long skipNanos = Integer.toUnsignedLong(ticks) * NANOS_PER_SEQUENCE_NUMBER;
            nowNanos += skipNanos;
            startNanos += skipNanos;
        }
        probe.close();
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
            throw failure("no connection was accepted");
        }
        return last;
    }

    public long nowNanos() {
        return nowNanos;
    }

    /** Virtual milliseconds since the script began, rounded down. */
    public long millis() {
        return millisAt(nowNanos);
    }

    long millisAt(long nanos) {
        return (nanos - startNanos) / MS;
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
                throw failure("the stack spins: its deadline does not move on");
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
        injectHeld(linkId, from, to, bytes, 0);
    }

    /** As {@link #injectHeld(int, IpEndpoint, IpEndpoint, byte[])}, with the two ECN bits of the IP header as {@link PacketSlot#ecn} has them. */
    public void injectHeld(int linkId, IpEndpoint from, IpEndpoint to, byte[] bytes, int ecn) {
        fill(linkId, from, to, bytes, ecn);
        if (isUntouched() && linkId == 0 && (TcpSegment.flags(memory, SLOT_OFFSET) & (TcpSegment.SYN | TcpSegment.ACK)) == TcpSegment.SYN) {
            Stack probe = probe();
            probe.listen(new IpEndpoint(IpAddress.ANY, to.port()), false, ConnectOptions.DEFAULT, null);
            probe.receive(nowNanos, slot);
            startBeforeWrap(probe);
            fill(linkId, from, to, bytes, ecn);
        }
        trace.add(exactMillis(), true, slot);
        stack.receive(nowNanos, slot);
    }

    private void fill(int linkId, IpEndpoint from, IpEndpoint to, byte[] bytes, int ecn) {
        slot.linkId = linkId;
        slot.sourceHi = from.address().hi();
        slot.sourceLo = from.address().lo();
        slot.destinationHi = to.address().hi();
        slot.destinationLo = to.address().lo();
        slot.buffer = memory;
        slot.offset = SLOT_OFFSET;
        slot.length = bytes.length;
        slot.protocol = IpHeaders.PROTOCOL_TCP;
        slot.ecn = ecn;
        slot.segmentSize = 0;
        slot.clearPayloadReference();
        MemorySegment.copy(bytes, 0, memory, ValueLayout.JAVA_BYTE, SLOT_OFFSET, bytes.length);
        Checksum.fillTcp(slot);
        slot.checksumState = PacketSlot.CHECKSUM_UNVERIFIED;
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
        trace.note(exactMillis(), "ICMP type " + type + " code " + code + (rest != 0 ? " mtu " + rest : "") + " about " + about);
        stack.receive(nowNanos, slot);
        drain();
    }

    private double exactMillis() {
        return (nowNanos - startNanos) / (double) MS;
    }

    private void prepare(PacketSlot out) {
        out.buffer = memory;
        out.offset = SLOT_OFFSET;
        out.gather = false;
    }

    void drain() {
        prepare(slot);
        int count = 0;
        while (stack.transmit(nowNanos, slot)) {
            trace.add(exactMillis(), false, slot);
            wire.add(new Segment(this, nowNanos, slot));
            if (++count > 100_000) {
                throw failure("the stack does not stop sending");
            }
            prepare(slot);
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
            throw failure("expected that nothing is sent, but there came\n    " + wire.stream().map(Segment::toString).collect(Collectors.joining("\n    ")));
        }
    }

    /** Nothing is sent until so many milliseconds since the script began have passed, nor has anything been left untaken before. */
    public void expectNothingUntil(long millis) {
        expectNothing();
        at(millis);
        expectNothing();
    }

    /** A failed expectation, followed by the packets so far. */
    AssertionError failure(String what) {
        return new AssertionError(String.format(Locale.ROOT, "at %.3f ms: %s%n%s", exactMillis(), what, trace));
    }

    Trace trace() {
        return trace;
    }

    public long count(Counter counter) {
        return stack.counters().get(counter);
    }

    // ---- the application ----

    public static int write(MptcpConnection connection, String text) {
        return write(connection, text.getBytes(StandardCharsets.ISO_8859_1));
    }

    public static int write(MptcpConnection connection, byte[] bytes) {
        return connection.write(MemorySegment.ofArray(bytes), 0, bytes.length);
    }

    /** What can be read now, as text; null at the end of the stream. */
    public static String read(MptcpConnection connection) {
        byte[] bytes = new byte[1 << 20];
        int count = connection.read(MemorySegment.ofArray(bytes), 0, bytes.length);
        return count < 0 ? null : new String(bytes, 0, count, StandardCharsets.ISO_8859_1);
    }

    static String text(byte[] bytes) {
        String start = new String(bytes, 0, Math.min(bytes.length, 40), StandardCharsets.ISO_8859_1).replaceAll("[^ -~]", ".");
        return bytes.length + " bytes '" + start + (bytes.length > 40 ? "..." : "") + "'";
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
