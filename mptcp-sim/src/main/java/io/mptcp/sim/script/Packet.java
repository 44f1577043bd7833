package io.mptcp.sim.script;

import io.mptcp.wire.MptcpOption;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A segment a {@link FakePeer} is about to send, or one it expects. In what is sent, what is not said follows from the peer's state; in what is
 * expected it may be anything. Numbers are relative: a SYN has number 0, the first byte 1.
 */
public final class Packet {
    public final String flags;
    public Long seq;
    public Long ack;
    Integer window;
    public byte[] payload = {};
    boolean payloadSaid;
    int ecn;
    public int urgentPointer = -1;
    int mss = -1;
    int windowScale = -1;
    boolean sackPermitted;
    Integer tsVal;
    Integer tsEcr;
    boolean withoutTimestamps;
    long[] sack = {};
    byte[] raw = {};
    final List<MptcpOption> mptcp = new ArrayList<>();

    private Packet(String flags) {
        this.flags = flags;
    }

    /** Flags as packetdrill writes them: {@code S}, {@code S.}, {@code .}, {@code P.}, {@code F.}, {@code R}, {@code R.}, {@code E} and {@code W} for ECE and CWR. */
    public static Packet packet(String flags) {
        return new Packet(flags);
    }

    public Packet seq(long relative) {
        seq = relative;
        return this;
    }

    public Packet ack(long relative) {
        ack = relative;
        return this;
    }

    /** The window field as it is on the wire. */
    public Packet window(int field) {
        window = field;
        return this;
    }

    public Packet data(String text) {
        return data(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    public Packet data(byte[] bytes) {
        payload = bytes;
        payloadSaid = true;
        return this;
    }

    /** The two ECN bits of the IP header as {@link io.mptcp.wire.PacketSlot#ecn} has them. */
    public Packet ecn(int bits) {
        ecn = bits;
        return this;
    }

    public Packet mss(int bytes) {
        mss = bytes;
        return this;
    }

    public Packet windowScale(int shift) {
        windowScale = shift;
        return this;
    }

    public Packet sackPermitted() {
        sackPermitted = true;
        return this;
    }

    public Packet tsVal(int value) {
        tsVal = value;
        return this;
    }

    public Packet tsEcr(int value) {
        tsEcr = value;
        return this;
    }

    public Packet withoutTimestamps() {
        withoutTimestamps = true;
        return this;
    }

    /** Edges of what the stack sent: left, right, left, right, ... */
    public Packet sack(long... edges) {
        sack = edges;
        return this;
    }

    /** Option bytes as they are, in hexadecimal, behind all others. */
    public Packet raw(String hex) {
        raw = java.util.HexFormat.of().parseHex(hex);
        return this;
    }

    /** URG, and the pointer field as it is on the wire. */
    public Packet urgent(int pointer) {
        urgentPointer = pointer;
        return this;
    }

    public Packet option(MptcpOption option) {
        mptcp.add(option);
        return this;
    }
}
