package io.mptcp.netty;

import io.mptcp.netty.linux.LinuxException;
import io.mptcp.netty.linux.PortReservation;
import io.mptcp.wire.IpAddress;
import io.netty.channel.IoEventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;

/** A process of its own with a link: {@code DEVICE REMOTE}. Prints "ready", or why not. */
final class PacketLinkProcess {
    private PacketLinkProcess() {
    }

    public static void main(String[] arguments) throws Exception {
        try {
            PortReservation ports = PortReservation.forClients();
            PacketLink link = PacketLink.open(0, arguments[0], null, ports, PacketLinkOptions.DEFAULT);
            IoEventLoop loop = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory()).next();
            LinkProbe probe = new LinkProbe(loop, link);
            probe.onLoop(() -> link.localAddressFor(IpAddress.parse(arguments[1])));
            System.out.println("ready");
            Thread.currentThread().join();
        } catch (LinuxException e) {
            System.out.println(e.getMessage());
        }
    }
}
