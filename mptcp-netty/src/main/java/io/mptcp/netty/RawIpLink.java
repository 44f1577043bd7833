package io.mptcp.netty;

import io.mptcp.netty.linux.LinuxException;
import io.mptcp.netty.linux.SocketAddresses;
import io.mptcp.netty.linux.PacketSyscalls;
import io.mptcp.netty.linux.Syscalls;
import io.mptcp.stack.LinkProperties;
import io.mptcp.wire.Checksum;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import io.mptcp.wire.IpHeaders;
import io.mptcp.wire.PacketSlot;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;

/**
 * Sends whole IP packets by raw IP sockets bound to the interface, and receives as {@link PacketLink} does. The kernel sees to next hop, neighbour
 * and output filter, as for any packet of the host; the price is that nobody cuts super-segments or fills in checksums, so each segment is
 * one packet and its checksum is computed here.
 */
public final class RawIpLink extends ForwardingLink {
    private static final int IPPROTO_RAW = 255;

    private final Syscalls syscalls = new Syscalls();
    private final PacketSyscalls packets = new PacketSyscalls(syscalls);
    private final Arena memory = Arena.ofAuto();
    private final MemorySegment ipv4Target = SocketAddresses.encode(new IpEndpoint(IpAddress.ofIpv4(0), 0), memory);
    private final MemorySegment ipv6Target = SocketAddresses.encode(new IpEndpoint(IpAddress.ANY, 0), memory);
    private int ipv4Fd = -1;
    private int ipv6Fd = -1;
    private int identification;

    /**
     * @param receiving what receives; closed with this link
     * @throws LinuxException with one line when raw sockets are not allowed
     */
    public RawIpLink(PacketLink receiving) throws LinuxException {
        super(receiving);
        try {
            ipv4Fd = open(Syscalls.AF_INET, receiving.name());
            ipv6Fd = open(Syscalls.AF_INET6, receiving.name());
        } catch (LinuxException e) {
            close();
            throw e;
        }
    }

    private int open(int family, String device) throws LinuxException {
        int fd = Syscalls.check(syscalls.socket(family, Syscalls.SOCK_RAW | Syscalls.SOCK_NONBLOCK | Syscalls.SOCK_CLOEXEC, IPPROTO_RAW),
                "cannot open a raw IP socket");
        MemorySegment name = memory.allocateFrom(device, StandardCharsets.US_ASCII);
        int result = syscalls.setsockopt(fd, Syscalls.SOL_SOCKET, Syscalls.SO_BINDTODEVICE, name);
        if (result < 0) {
            syscalls.close(fd);
        }
        Syscalls.check(result, "cannot bind a raw IP socket to " + device);
        return fd;
    }

    @Override
    public LinkProperties properties() {
        LinkProperties link = super.properties();
        return new LinkProperties(link.mtuBytes(), 0, link.weight(), link.backup());
    }

    @Override
    public boolean gathers() {
        return false;
    }

    @Override
    protected void onReceived(PacketSlot slot) {
        // Nothing to see to: what comes in comes by the packet socket.
    }

    @Override
    public SendResult send(PacketSlot slot) {
        Checksum.fillTcp(slot);
        int header = IpHeaders.encodeHeader(slot, identification++ & 0xffff);
        boolean ipv4 = slot.isIpv4();
        MemorySegment target = ipv4 ? ipv4Target : ipv6Target;
        SocketAddresses.setAddress(target, slot.destinationHi, slot.destinationLo);
        MemorySegment packet = slot.buffer.asSlice(slot.offset - header, header + slot.length);
        int result = packets.sendto(ipv4 ? ipv4Fd : ipv6Fd, packet, packet.byteSize(), Syscalls.MSG_DONTWAIT, target, (int) target.byteSize());
        // A full socket buffer drains by itself within a packet's time; like any other refusal it counts as a loss on the way.
        return result >= 0 ? SendResult.SENT : SendResult.DROPPED;
    }

    @Override
    public void close() {
        super.close();
        if (ipv4Fd >= 0) {
            syscalls.close(ipv4Fd);
        }
        if (ipv6Fd >= 0) {
            syscalls.close(ipv6Fd);
        }
        ipv4Fd = -1;
        ipv6Fd = -1;
    }
}
