package io.mptcp.netty.linux;

import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Socket addresses in memory: sockaddr_in 16 bytes {family u16 @0, port be16 @2, address @4} and sockaddr_in6 28 bytes {family u16 @0,
 * port be16 @2, flowinfo @4, address @8, scope u32 @24}.
 */
public final class SocketAddresses {
    /** Room for either. */
    public static final int MAX_LENGTH = 28;

    private static final int IPV4_LENGTH = 16;
    private static final int PORT = 2;
    private static final int IPV4_ADDRESS = 4;
    private static final int IPV6_ADDRESS = 8;
    private static final int IPV6_SCOPE = 24;
    private static final ValueLayout.OfShort SHORT_BE = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    private static final ValueLayout.OfInt INT_BE = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfLong LONG_BE = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    private SocketAddresses() {
    }

    /** The address family that belongs to the address: {@link Syscalls#AF_INET} or {@link Syscalls#AF_INET6}. */
    public static int family(IpAddress address) {
        return address.isIpv4() ? Syscalls.AF_INET : Syscalls.AF_INET6;
    }

    /** The endpoint as the kernel wants it; its {@code byteSize()} is the length to pass. */
    public static MemorySegment encode(IpEndpoint endpoint, SegmentAllocator allocator) {
        return encode(endpoint, 0, allocator);
    }

    /** @param scope index of the interface, for IPv6 link-local addresses */
    public static MemorySegment encode(IpEndpoint endpoint, int scope, SegmentAllocator allocator) {
        boolean ipv4 = endpoint.address().isIpv4();
        MemorySegment memory = allocator.allocate(ipv4 ? IPV4_LENGTH : MAX_LENGTH, 8);
        memory.set(ValueLayout.JAVA_SHORT, 0, (short) family(endpoint.address()));
        memory.set(SHORT_BE, PORT, (short) endpoint.port());
        byte[] address = endpoint.address().toBytes();
        MemorySegment.copy(address, 0, memory, ValueLayout.JAVA_BYTE, ipv4 ? IPV4_ADDRESS : IPV6_ADDRESS, address.length);
        if (!ipv4) {
            memory.set(ValueLayout.JAVA_INT, IPV6_SCOPE, scope);
        }
        return memory;
    }

    /** The endpoint as an IPv6 socket wants it; one of IPv4 is mapped (RFC 4291 section 2.5.5.2). */
    public static MemorySegment encodeForIpv6(IpEndpoint endpoint, SegmentAllocator allocator) {
        if (!endpoint.address().isIpv4()) {
            return encode(endpoint, allocator);
        }
        MemorySegment memory = allocator.allocate(MAX_LENGTH, 8);
        memory.set(ValueLayout.JAVA_SHORT, 0, (short) Syscalls.AF_INET6);
        memory.set(SHORT_BE, PORT, (short) endpoint.port());
        memory.set(SHORT_BE, IPV6_ADDRESS + 10, (short) 0xffff);
        MemorySegment.copy(endpoint.address().toBytes(), 0, memory, ValueLayout.JAVA_BYTE, IPV6_ADDRESS + 12, 4);
        return memory;
    }

    /** The endpoint of an encoded address of either family; a mapped one is of IPv4. */
    public static IpEndpoint decode(MemorySegment address) {
        IpAddress ip = address.get(ValueLayout.JAVA_SHORT, 0) == Syscalls.AF_INET ? IpAddress.ofIpv4(address.get(INT_BE, IPV4_ADDRESS))
                : new IpAddress(address.get(LONG_BE, IPV6_ADDRESS), address.get(LONG_BE, IPV6_ADDRESS + Long.BYTES));
        return new IpEndpoint(ip, port(address));
    }

    /** Changes the address of an encoded endpoint, which must be of the same family. */
    public static void setAddress(MemorySegment endpoint, long hi, long lo) {
        if (endpoint.byteSize() == IPV4_LENGTH) {
            endpoint.set(INT_BE, IPV4_ADDRESS, (int) lo);
        } else {
            endpoint.set(LONG_BE, IPV6_ADDRESS, hi);
            endpoint.set(LONG_BE, IPV6_ADDRESS + Long.BYTES, lo);
        }
    }

    /** Port of an encoded address of either family. */
    public static int port(MemorySegment address) {
        return address.get(SHORT_BE, PORT) & 0xffff;
    }
}
