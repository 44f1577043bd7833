package io.mptcp.netty;

import io.mptcp.netty.linux.Errno;
import io.mptcp.netty.linux.LinuxException;
import io.mptcp.netty.linux.Syscalls;
import io.mptcp.wire.IpAddress;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Gives a TUN device its MTU, addresses and routes by rtnetlink. All of it belongs to the device and vanishes with it. Needs CAP_NET_ADMIN.
 *
 * <p>Layouts (rtnetlink(7), native byte order): nlmsghdr 16 bytes {length u32, type u16 @4, flags u16 @6, sequence u32 @8, port u32 @12},
 * followed by ifinfomsg, ifaddrmsg or rtmsg and attributes {length u16, type u16 @2, value}, all aligned to 4.
 */
public final class TunConfigurator implements AutoCloseable {
    private static final int NETLINK_ROUTE = 0;
    private static final int NLMSG_ERROR = 2;
    private static final int NLM_F_REQUEST = 0x01;
    private static final int NLM_F_ACK = 0x04;
    private static final int NLM_F_REPLACE = 0x100;
    private static final int NLM_F_CREATE = 0x400;
    private static final int RTM_NEWLINK = 16;
    private static final int RTM_NEWADDR = 20;
    private static final int RTM_NEWROUTE = 24;
    private static final int IFF_UP = 1;
    private static final int IFLA_MTU = 4;
    private static final int IFA_ADDRESS = 1;
    private static final int IFA_LOCAL = 2;
    private static final int IFA_F_NODAD = 0x02;
    private static final int RTA_DST = 1;
    private static final int RTA_OIF = 4;
    private static final int RTA_PREFSRC = 7;
    private static final int RT_TABLE_MAIN = 254;
    private static final int RTPROT_STATIC = 4;
    private static final int RT_SCOPE_UNIVERSE = 0;
    private static final int RT_SCOPE_LINK = 253;
    private static final int RTN_UNICAST = 1;
    private static final long SIOCGIFINDEX = 0x8933;
    private static final int IFREQ_BYTES = 40;
    private static final int IFREQ_VALUE = 16;
    private static final int HEADER_BYTES = 16;
    private static final int BUFFER_BYTES = 4096;

    private final Syscalls syscalls = new Syscalls();
    private final MemorySegment memory = Arena.ofAuto().allocate(BUFFER_BYTES, 8);
    private final ByteBuffer message = memory.asByteBuffer().order(ByteOrder.nativeOrder());
    private final String device;
    private final int fd;
    private final int index;
    private int sequence;

    private TunConfigurator(String device) throws LinuxException {
        this.device = device;
        this.fd = Syscalls.check(syscalls.socket(Syscalls.AF_NETLINK, Syscalls.SOCK_RAW, NETLINK_ROUTE), "cannot open a netlink socket");
        try {
            this.index = indexOf(device);
        } catch (LinuxException e) {
            close();
            throw e;
        }
    }

    /** @throws LinuxException if there is no such device in the network namespace of the calling thread */
    public static TunConfigurator of(String device) throws LinuxException {
        return new TunConfigurator(device);
    }

    /** Sets the MTU and switches the device on. */
    public void up(int mtuBytes) throws LinuxException {
        begin(RTM_NEWLINK, 0);
        message.put((byte) 0).put((byte) 0).putShort((short) 0).putInt(index).putInt(IFF_UP).putInt(IFF_UP);
        putInt(IFLA_MTU, mtuBytes);
        request("cannot switch on " + device + " with an MTU of " + mtuBytes);
    }

    /** Adds an address; its prefix becomes a route to the device. */
    public void addAddress(IpAddress address, int prefixLength) throws LinuxException {
        checkPrefix(address, prefixLength);
        begin(RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE);
        // Nobody else can have an IPv6 address behind a TUN device: without duplicate address detection it is usable at once.
        int flags = address.isIpv4() ? 0 : IFA_F_NODAD;
        message.put((byte) family(address)).put((byte) prefixLength).put((byte) flags).put((byte) RT_SCOPE_UNIVERSE).putInt(index);
        putBytes(IFA_LOCAL, address.toBytes());
        putBytes(IFA_ADDRESS, address.toBytes());
        request("cannot give " + device + " the address " + address + "/" + prefixLength);
    }

    /** Routes a prefix to the device, which has to be up. @param source preferred source address, null to leave it to the kernel */
    public void addRoute(IpAddress destination, int prefixLength, IpAddress source) throws LinuxException {
        checkPrefix(destination, prefixLength);
        begin(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE);
        int scope = destination.isIpv4() ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
        message.put((byte) family(destination)).put((byte) prefixLength).put((byte) 0).put((byte) 0);
        message.put((byte) RT_TABLE_MAIN).put((byte) RTPROT_STATIC).put((byte) scope).put((byte) RTN_UNICAST).putInt(0);
        if (prefixLength > 0) {
            putBytes(RTA_DST, destination.toBytes());
        }
        putInt(RTA_OIF, index);
        if (source != null) {
            putBytes(RTA_PREFSRC, source.toBytes());
        }
        request("cannot route " + destination + "/" + prefixLength + " to " + device);
    }

    /** Closes the netlink socket; what was configured stays as long as the device. */
    @Override
    public void close() {
        syscalls.close(fd);
    }

    private static void checkPrefix(IpAddress address, int prefixLength) {
        if (prefixLength < 0 || prefixLength > (address.isIpv4() ? 32 : 128)) {
            throw new IllegalArgumentException(address + "/" + prefixLength + ": no such prefix length");
        }
    }

    private static int family(IpAddress address) {
        return address.isIpv4() ? Syscalls.AF_INET : Syscalls.AF_INET6;
    }

    private int indexOf(String name) throws LinuxException {
        int socket = Syscalls.check(syscalls.socket(Syscalls.AF_INET, Syscalls.SOCK_DGRAM, 0), "cannot open a socket");
        try {
            memory.fill((byte) 0);
            memory.asSlice(0, IFREQ_VALUE).setString(0, name);
            if (syscalls.ioctl(socket, SIOCGIFINDEX, memory.asSlice(0, IFREQ_BYTES)) < 0) {
                throw LinuxException.explained("no such interface: " + name, Errno.ENODEV);
            }
            return message.getInt(IFREQ_VALUE);
        } finally {
            syscalls.close(socket);
        }
    }

    private void begin(int type, int flags) {
        message.clear();
        message.putInt(0).putShort((short) type).putShort((short) (NLM_F_REQUEST | NLM_F_ACK | flags)).putInt(++sequence).putInt(0);
    }

    private void putInt(int type, int value) {
        message.putShort((short) 8).putShort((short) type).putInt(value);
    }

    private void putBytes(int type, byte[] value) {
        message.putShort((short) (4 + value.length)).putShort((short) type).put(value);
    }

    private void request(String what) throws LinuxException {
        int length = message.position();
        message.putInt(0, length);
        Syscalls.check(syscalls.sendto(fd, memory, length, 0, MemorySegment.NULL, 0), what);
        while (true) {
            int received = Syscalls.check(syscalls.recv(fd, memory, BUFFER_BYTES, 0), what);
            if (received >= HEADER_BYTES + 4 && message.getShort(4) == NLMSG_ERROR && message.getInt(8) == sequence) {
                int error = -message.getInt(HEADER_BYTES);
                if (error == Errno.EPERM) {
                    throw LinuxException.explained(what + ": needs CAP_NET_ADMIN; run as root or grant it with setpriv", error);
                }
                Syscalls.check(-error, what);
                return;
            }
        }
    }
}
