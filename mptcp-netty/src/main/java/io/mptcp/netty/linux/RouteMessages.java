package io.mptcp.netty.linux;

import io.mptcp.wire.IpAddress;

/**
 * Numbers of rtnetlink and the reading of its messages. Fixed headers: rtmsg 12 bytes {family @0, dst_len @1, type @7}, ifinfomsg 16 {type
 * u16 @2, index @4, flags @8, change @12}, ndmsg 12 {family @0, ifindex @4, state u16 @8, flags @10}, ifaddrmsg 8 {family @0, prefixlen @1,
 * flags @2, scope @3, index @4}.
 */
final class RouteMessages {
    static final int RTM_NEWLINK = 16;
    static final int RTM_DELLINK = 17;
    static final int RTM_GETLINK = 18;
    static final int RTM_NEWADDR = 20;
    static final int RTM_DELADDR = 21;
    static final int RTM_GETADDR = 22;
    static final int RTM_NEWROUTE = 24;
    static final int RTM_DELROUTE = 25;
    static final int RTM_GETROUTE = 26;
    static final int RTM_NEWNEIGH = 28;
    static final int RTM_DELNEIGH = 29;
    static final int RTM_GETNEIGH = 30;

    static final int RTMSG_BYTES = 12;
    static final int IFINFOMSG_BYTES = 16;
    static final int NDMSG_BYTES = 12;
    static final int IFADDRMSG_BYTES = 8;
    /** Answer only from a route that exists (Linux 4.13). */
    static final int RTM_F_FIB_MATCH = 0x2000;

    static final int RTA_DST = 1;
    static final int RTA_SRC = 2;
    static final int RTA_OIF = 4;
    static final int RTA_GATEWAY = 5;
    static final int RTA_PRIORITY = 6;
    static final int RTA_PREFSRC = 7;
    static final int RTA_METRICS = 8;
    static final int RTAX_MTU = 2;
    static final int IFA_ADDRESS = 1;
    static final int IFA_LOCAL = 2;
    static final int IFLA_ADDRESS = 1;
    static final int IFLA_IFNAME = 3;
    static final int IFLA_MTU = 4;
    static final int NDA_DST = 1;
    static final int NDA_LLADDR = 2;

    private RouteMessages() {
    }

    static Route route(NetlinkReader message) {
        int type = message.body8(7);
        int outputInterface = 0;
        int mtuBytes = 0;
        IpAddress gateway = null;
        IpAddress preferredSource = null;
        NetlinkReader.Attributes attributes = message.attributes(RTMSG_BYTES);
        while (attributes.next()) {
            switch (attributes.type()) {
                case RTA_OIF -> outputInterface = attributes.as32();
                case RTA_GATEWAY -> gateway = attributes.asAddress();
                case RTA_PREFSRC -> preferredSource = attributes.asAddress();
                case RTA_METRICS -> mtuBytes = metric(attributes.nested(), RTAX_MTU);
                default -> { }
            }
        }
        return new Route(type, outputInterface, gateway, preferredSource, mtuBytes);
    }

    private static int metric(NetlinkReader.Attributes metrics, int wanted) {
        while (metrics.next()) {
            if (metrics.type() == wanted) {
                return metrics.as32();
            }
        }
        return 0;
    }

    static LinkInfo link(NetlinkReader message) {
        String name = "";
        int mtuBytes = 0;
        long mac = -1;
        NetlinkReader.Attributes attributes = message.attributes(IFINFOMSG_BYTES);
        while (attributes.next()) {
            switch (attributes.type()) {
                case IFLA_IFNAME -> name = attributes.asString();
                case IFLA_MTU -> mtuBytes = attributes.as32();
                case IFLA_ADDRESS -> mac = attributes.asMac();
                default -> { }
            }
        }
        return new LinkInfo(message.body32(4), name, message.body16(2), message.body32(8), mtuBytes, mac);
    }

    /** An interface's own address; null if it has none. */
    static IpAddress address(NetlinkReader message) {
        IpAddress address = null;
        NetlinkReader.Attributes attributes = message.attributes(IFADDRMSG_BYTES);
        while (attributes.next()) {
            // On a point-to-point link IFA_ADDRESS is the other end's.
            if (attributes.type() == IFA_LOCAL || attributes.type() == IFA_ADDRESS && address == null) {
                address = attributes.asAddress();
            }
        }
        return address;
    }

    /** Null when it has no IP address (a bridge's entry). */
    static Neighbour neighbour(NetlinkReader message) {
        IpAddress address = null;
        long mac = -1;
        NetlinkReader.Attributes attributes = message.attributes(NDMSG_BYTES);
        while (attributes.next()) {
            switch (attributes.type()) {
                case NDA_DST -> address = attributes.asAddress();
                case NDA_LLADDR -> mac = attributes.asMac();
                default -> { }
            }
        }
        return address == null ? null : new Neighbour(message.body32(4), address, message.body16(8), mac);
    }
}
