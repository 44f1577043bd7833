package io.mptcp.netty.linux;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The classic BPF program of a packet socket on an Ethernet device: passes TCP over IPv4 and IPv6 that came for this host, without VLAN tag,
 * to some ports, and ICMP errors about TCP from these ports. Fragments and IPv6 extension headers do not pass. Where several sockets share ports, what
 * one connection receives comes to the same one: which, follows from the port of the peer.
 *
 * <p>Layouts: sock_filter 8 bytes {code u16 @0, jump if true u8 @2, jump if false u8 @3, operand u32 @4}; sock_fprog 16 {count u16 @0,
 * pointer @8}.
 */
final class PacketFilter {
    private static final int LOAD_WORD = 0x20;
    private static final int LOAD_HALF = 0x28;
    private static final int LOAD_BYTE = 0x30;
    private static final int LOAD_HALF_INDEXED = 0x48;
    private static final int LOAD_BYTE_INDEXED = 0x50;
    private static final int LOAD_INDEX_IPV4_HEADER_LENGTH = 0xb1;
    private static final int STORE = 0x02;
    private static final int LOAD_STORED = 0x60;
    private static final int MULTIPLY = 0x24;
    private static final int SHIFT_RIGHT = 0x74;
    private static final int MODULO = 0x94;
    private static final int AND = 0x54;
    private static final int SHIFT_LEFT = 0x64;
    private static final int ADD_INDEX = 0x0c;
    private static final int TO_INDEX = 0x07;
    private static final int JUMP = 0x05;
    private static final int JUMP_EQUAL = 0x15;
    private static final int JUMP_GREATER = 0x25;
    private static final int JUMP_GREATER_EQUAL = 0x35;
    private static final int JUMP_ANY_BIT = 0x45;
    private static final int RETURN = 0x06;

    private static final int METADATA = 0xffff_f000;
    private static final int PACKET_TYPE = METADATA + 4;
    private static final int VLAN_TAG_PRESENT = METADATA + 48;
    private static final int PACKET_HOST = 0;
    /** Where the IP header begins: behind the Ethernet header. */
    private static final int IP = 14;
    private static final int IPV6_HEADER_BYTES = 40;
    private static final int ICMP_HEADER_BYTES = 8;
    private static final int WHOLE_PACKET = 0x40000;
    /** More fragments, or a fragment offset: one bit more than the offset has. */
    private static final int FRAGMENT_BITS = 0x3fff;
    /** Knuth's multiplicative hash: the kernel, for one, takes every other port only. */
    private static final int GOLDEN_RATIO = 0x9e37_79b1;

    private final List<long[]> instructions = new ArrayList<>();
    /** Null for everything. */
    private final PortShare share;

    private PacketFilter(PortShare share) {
        this.share = share;
    }

    /** The program as a sock_fprog. @param share null for everything */
    static MemorySegment tcpTo(List<PortRange> ports, PortShare share, SegmentAllocator allocator) {
        PacketFilter filter = new PacketFilter(share);
        filter.program(merged(ports));
        return filter.encode(allocator);
    }

    /** Every branch loads the port of this host before it goes on to the comparison with the ranges. */
    private void program(List<PortRange> ports) {
        add(LOAD_WORD, 0, 0, PACKET_TYPE);
        require(JUMP_EQUAL, PACKET_HOST);
        add(LOAD_WORD, 0, 0, VLAN_TAG_PRESENT);
        require(JUMP_EQUAL, 0);
        add(LOAD_HALF, 0, 0, IP - 2);
        int toIpv6 = add(JUMP_EQUAL, 0, 0, 0x86dd);
        require(JUMP_EQUAL, 0x0800);
        List<Integer> toPorts = new ArrayList<>();
        ipv4(toPorts);
        patchTrue(toIpv6);
        ipv6(toPorts);
        for (int jump : toPorts) {
            instructions.get(jump)[3] = instructions.size() - jump - 1;
        }
        if (share != null) {
            dropOthers();
        }
        for (PortRange range : ports) {
            returnIfIn(range, WHOLE_PACKET);
        }
        add(RETURN, 0, 0, 0);
    }

    /** Goes on with what is for the ports that all listen on, and comes from the peers that are ours. */
    private void dropOthers() {
        returnIfIn(share.own(), WHOLE_PACKET);
        returnIfIn(share.apart(), 0);
        add(STORE, 0, 0, 1);
        add(LOAD_STORED, 0, 0, 0);
        require(JUMP_EQUAL, share.index());
        add(LOAD_STORED, 0, 0, 1);
    }

    private void returnIfIn(PortRange range, int result) {
        add(JUMP_GREATER_EQUAL, 0, 2, range.first());
        add(JUMP_GREATER, 1, 0, range.last());
        add(RETURN, 0, 0, result);
    }

    /** Whose the segment is, by the port of the peer, for {@link #dropOthers}. */
    private void storeOwner(int load, int peerPort) {
        if (share != null) {
            add(load, 0, 0, peerPort);
            add(MULTIPLY, 0, 0, GOLDEN_RATIO);
            add(SHIFT_RIGHT, 0, 0, 16);
            add(MODULO, 0, 0, share.count());
            add(STORE, 0, 0, 0);
        }
    }

    private void ipv4(List<Integer> toPorts) {
        add(LOAD_HALF, 0, 0, IP + 6);
        add(JUMP_ANY_BIT, 0, 1, FRAGMENT_BITS);
        add(RETURN, 0, 0, 0);
        add(LOAD_INDEX_IPV4_HEADER_LENGTH, 0, 0, IP);
        add(LOAD_BYTE, 0, 0, IP + 9);
        int toIcmp = add(JUMP_EQUAL, 0, 0, Syscalls.IPPROTO_ICMP);
        require(JUMP_EQUAL, Syscalls.IPPROTO_TCP);
        storeOwner(LOAD_HALF_INDEXED, IP);
        add(LOAD_HALF_INDEXED, 0, 0, IP + 2);
        toPorts.add(add(JUMP, 0, 0, 0));
        patchTrue(toIcmp);
        add(LOAD_BYTE_INDEXED, 0, 0, IP);
        int unreachable = add(JUMP_EQUAL, 0, 0, 3);
        int timeExceeded = add(JUMP_EQUAL, 0, 0, 11);
        require(JUMP_EQUAL, 12); // parameter problem
        patchTrue(unreachable);
        patchTrue(timeExceeded);
        add(LOAD_BYTE_INDEXED, 0, 0, IP + ICMP_HEADER_BYTES + 9);
        require(JUMP_EQUAL, Syscalls.IPPROTO_TCP);
        add(LOAD_BYTE_INDEXED, 0, 0, IP + ICMP_HEADER_BYTES);
        add(AND, 0, 0, 0x0f);
        add(SHIFT_LEFT, 0, 0, 2);
        add(ADD_INDEX, 0, 0, 0);
        add(TO_INDEX, 0, 0, 0); // both IPv4 headers
        storeOwner(LOAD_HALF_INDEXED, IP + ICMP_HEADER_BYTES + 2);
        add(LOAD_HALF_INDEXED, 0, 0, IP + ICMP_HEADER_BYTES);
        toPorts.add(add(JUMP, 0, 0, 0));
    }

    private void ipv6(List<Integer> toPorts) {
        add(LOAD_BYTE, 0, 0, IP + 6);
        int toIcmp = add(JUMP_EQUAL, 0, 0, Syscalls.IPPROTO_ICMPV6);
        require(JUMP_EQUAL, Syscalls.IPPROTO_TCP);
        storeOwner(LOAD_HALF, IP + IPV6_HEADER_BYTES);
        add(LOAD_HALF, 0, 0, IP + IPV6_HEADER_BYTES + 2);
        toPorts.add(add(JUMP, 0, 0, 0));
        patchTrue(toIcmp);
        add(LOAD_BYTE, 0, 0, IP + IPV6_HEADER_BYTES);
        add(JUMP_ANY_BIT, 0, 1, 0x80); // errors only
        add(RETURN, 0, 0, 0);
        add(LOAD_BYTE, 0, 0, IP + IPV6_HEADER_BYTES + ICMP_HEADER_BYTES + 6);
        require(JUMP_EQUAL, Syscalls.IPPROTO_TCP);
        storeOwner(LOAD_HALF, IP + IPV6_HEADER_BYTES + ICMP_HEADER_BYTES + IPV6_HEADER_BYTES + 2);
        add(LOAD_HALF, 0, 0, IP + IPV6_HEADER_BYTES + ICMP_HEADER_BYTES + IPV6_HEADER_BYTES);
        toPorts.add(add(JUMP, 0, 0, 0));
    }

    /** The conditional jump goes to the next instruction if its condition holds. */
    private void patchTrue(int jump) {
        instructions.get(jump)[1] = instructions.size() - jump - 1;
    }

    /** Drops the packet unless the condition holds. */
    private void require(int jump, int operand) {
        add(jump, 1, 0, operand);
        add(RETURN, 0, 0, 0);
    }

    /** @return the number of the instruction */
    private int add(int code, int ifTrue, int ifFalse, int operand) {
        instructions.add(new long[] {code, ifTrue, ifFalse, operand});
        return instructions.size() - 1;
    }

    /** Ports taken one after the other become one range: a program has at most 4096 instructions. */
    private static List<PortRange> merged(List<PortRange> ports) {
        List<PortRange> sorted = new ArrayList<>(ports);
        sorted.sort(Comparator.comparingInt(PortRange::first));
        List<PortRange> merged = new ArrayList<>();
        for (PortRange range : sorted) {
            PortRange last = merged.isEmpty() ? null : merged.getLast();
            if (last != null && range.first() <= last.last() + 1) {
                merged.set(merged.size() - 1, new PortRange(last.first(), Math.max(last.last(), range.last())));
            } else {
                merged.add(range);
            }
        }
        return merged;
    }

    private MemorySegment encode(SegmentAllocator allocator) {
        MemorySegment code = allocator.allocate(8L * instructions.size(), 8);
        for (int i = 0; i < instructions.size(); i++) {
            long[] instruction = instructions.get(i);
            code.set(ValueLayout.JAVA_SHORT, 8L * i, (short) instruction[0]);
            code.set(ValueLayout.JAVA_BYTE, 8L * i + 2, (byte) instruction[1]);
            code.set(ValueLayout.JAVA_BYTE, 8L * i + 3, (byte) instruction[2]);
            code.set(ValueLayout.JAVA_INT, 8L * i + 4, (int) instruction[3]);
        }
        MemorySegment program = allocator.allocate(16, 8);
        program.set(ValueLayout.JAVA_SHORT, 0, (short) instructions.size());
        program.set(ValueLayout.ADDRESS, 8, code);
        return program;
    }
}
