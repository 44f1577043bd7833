package io.mptcp.netty.linux;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * An nf_tables table by which the kernel leaves TCP segments to ports of ours alone: its input chain drops them before the kernel's TCP could
 * answer with a reset. Packet sockets have seen them by then, and what is only forwarded through this host does not get there. The table is
 * owned (NFT_TABLE_F_OWNER, Linux 5.12): nobody else can change it, and it vanishes with the socket that made it, so with the process.
 * Needs CAP_NET_ADMIN. Of one network namespace. For one thread at a time.
 *
 * <p>Layout: behind nlmsghdr follows nfgenmsg 4 bytes {family @0, version @1, resource be16 @2}; numbers in attributes are big-endian.
 */
public final class NftOwnerTable implements AutoCloseable {
    static final int NFT_MSG_NEWTABLE = 0xa00;

    private static final int NFNL_MSG_BATCH_BEGIN = 0x10;
    private static final int NFNL_MSG_BATCH_END = 0x11;
    private static final int NFT_MSG_NEWCHAIN = 0xa03;
    private static final int NFT_MSG_NEWRULE = 0xa06;
    private static final int NFT_MSG_DELRULE = 0xa08;
    private static final int NFNL_SUBSYS_NFTABLES = 10;
    private static final int NFPROTO_INET = 1;

    private static final int NFTA_TABLE_NAME = 1;
    private static final int NFTA_TABLE_FLAGS = 2;
    private static final int NFT_TABLE_F_OWNER = 2;
    private static final int NFTA_CHAIN_TABLE = 1;
    private static final int NFTA_CHAIN_NAME = 3;
    private static final int NFTA_CHAIN_HOOK = 4;
    private static final int NFTA_CHAIN_TYPE = 7;
    private static final int NFTA_HOOK_HOOKNUM = 1;
    private static final int NFTA_HOOK_PRIORITY = 2;
    private static final int NF_INET_LOCAL_IN = 1;
    /** Before every filter of the administrator. */
    private static final int PRIORITY = -300;
    private static final int NFTA_RULE_TABLE = 1;
    private static final int NFTA_RULE_CHAIN = 2;
    private static final int NFTA_RULE_HANDLE = 3;
    private static final int NFTA_RULE_EXPRESSIONS = 4;
    private static final int NFTA_LIST_ELEM = 1;
    private static final int NFTA_EXPR_NAME = 1;
    private static final int NFTA_EXPR_DATA = 2;
    private static final int NFTA_DATA_VALUE = 1;
    private static final int NFTA_DATA_VERDICT = 2;
    private static final int NFTA_VERDICT_CODE = 1;
    private static final int NFT_REG_VERDICT = 0;
    private static final int NFT_REG_1 = 1;
    private static final int NFT_META_L4PROTO = 16;
    private static final int NFT_PAYLOAD_TRANSPORT_HEADER = 2;

    private static final String CHAIN = "input";
    private static final AtomicInteger NUMBER = new AtomicInteger();

    private final Netlink netlink;
    private final String name;
    /** What the kernel calls the rule of each range: 64 bits in network byte order. */
    private final Map<PortRange, byte[]> handles = new HashMap<>();

    private NftOwnerTable(Netlink netlink, String name) {
        this.netlink = netlink;
        this.name = name;
    }

    /**
     * Makes a table that drops nothing yet, in the network namespace of the calling thread.
     *
     * @throws LinuxException with a one-line message, if a privilege or nf_tables is missing
     */
    public static NftOwnerTable open() throws LinuxException {
        Netlink netlink;
        try {
            netlink = Netlink.open(Netlink.NETLINK_NETFILTER, 0);
        } catch (LinuxException e) {
            throw explained(e.errno());
        }
        NftOwnerTable table = new NftOwnerTable(netlink, "mptcp-" + ProcessHandle.current().pid() + "-" + NUMBER.incrementAndGet());
        int result = netlink.transact(table.creation());
        if (result < 0) {
            netlink.close();
            throw explained(-result);
        }
        return table;
    }

    private static LinuxException explained(int errno) {
        return switch (errno) {
            case Errno.EPERM -> LinuxException.explained("keeping the kernel quiet on our ports needs CAP_NET_ADMIN:"
                    + " run as root or grant it with setpriv", errno);
            case Errno.EPROTONOSUPPORT, Errno.EOPNOTSUPP, Errno.EINVAL, Errno.ENOENT -> LinuxException.explained(
                    "keeping the kernel quiet on our ports needs nf_tables of Linux 5.12 or newer (modprobe nf_tables)", errno);
            default -> new LinuxException("cannot make an nf_tables table", errno);
        };
    }

    /** Name of the table, family inet. */
    public String name() {
        return name;
    }

    /** From now on the kernel drops TCP segments to these ports. */
    public void add(PortRange ports) throws LinuxException {
        int result = netlink.transact(rule(ports), answer -> {
            if (answer.type() == NFT_MSG_NEWRULE) {
                NetlinkReader.Attributes attributes = answer.attributes(4);
                while (attributes.next()) {
                    if (attributes.type() == NFTA_RULE_HANDLE) {
                        handles.put(ports, attributes.asBytes());
                    }
                }
            }
        });
        Syscalls.check(result, "cannot add ports to nf_tables table " + name);
    }

    /** The kernel deals with ports that were added, as that very range, itself again. */
    public void remove(PortRange ports) throws LinuxException {
        byte[] handle = handles.remove(ports);
        if (handle == null) {
            return;
        }
        NetlinkRequest request = netlink.request();
        begin(request, NFNL_MSG_BATCH_BEGIN, 0, NFNL_SUBSYS_NFTABLES);
        begin(request, NFT_MSG_DELRULE, NetlinkRequest.NLM_F_ACK, 0)
                .attribute(NFTA_RULE_TABLE, name)
                .attribute(NFTA_RULE_CHAIN, CHAIN)
                .attribute(NFTA_RULE_HANDLE, handle);
        Syscalls.check(netlink.transact(end(request)), "cannot take ports out of nf_tables table " + name);
    }

    private NetlinkRequest creation() {
        NetlinkRequest request = netlink.request();
        begin(request, NFNL_MSG_BATCH_BEGIN, 0, NFNL_SUBSYS_NFTABLES);
        begin(request, NFT_MSG_NEWTABLE, NetlinkRequest.NLM_F_CREATE | NetlinkRequest.NLM_F_EXCL | NetlinkRequest.NLM_F_ACK, 0)
                .attribute(NFTA_TABLE_NAME, name)
                .attributeBigEndian(NFTA_TABLE_FLAGS, NFT_TABLE_F_OWNER);
        begin(request, NFT_MSG_NEWCHAIN, NetlinkRequest.NLM_F_CREATE | NetlinkRequest.NLM_F_ACK, 0)
                .attribute(NFTA_CHAIN_TABLE, name)
                .attribute(NFTA_CHAIN_NAME, CHAIN);
        int hook = request.beginNest(NFTA_CHAIN_HOOK);
        request.attributeBigEndian(NFTA_HOOK_HOOKNUM, NF_INET_LOCAL_IN).attributeBigEndian(NFTA_HOOK_PRIORITY, PRIORITY).endNest(hook)
                .attribute(NFTA_CHAIN_TYPE, "filter");
        return end(request);
    }

    /** {@code meta l4proto tcp th dport FIRST-LAST counter drop} */
    private NetlinkRequest rule(PortRange ports) {
        NetlinkRequest request = netlink.request();
        begin(request, NFNL_MSG_BATCH_BEGIN, 0, NFNL_SUBSYS_NFTABLES);
        begin(request, NFT_MSG_NEWRULE, NetlinkRequest.NLM_F_CREATE | NetlinkRequest.NLM_F_APPEND | NetlinkRequest.NLM_F_ECHO | NetlinkRequest.NLM_F_ACK, 0)
                .attribute(NFTA_RULE_TABLE, name)
                .attribute(NFTA_RULE_CHAIN, CHAIN);
        int expressions = request.beginNest(NFTA_RULE_EXPRESSIONS);
        expression(request, "meta", () -> request.attributeBigEndian(1, NFT_REG_1).attributeBigEndian(2, NFT_META_L4PROTO));
        expression(request, "cmp", () -> {
            request.attributeBigEndian(1, NFT_REG_1).attributeBigEndian(2, 0);
            value(request, 3, new byte[] {Syscalls.IPPROTO_TCP});
        });
        expression(request, "payload", () -> request.attributeBigEndian(1, NFT_REG_1)
                .attributeBigEndian(2, NFT_PAYLOAD_TRANSPORT_HEADER).attributeBigEndian(3, 2).attributeBigEndian(4, 2));
        expression(request, "range", () -> {
            request.attributeBigEndian(1, NFT_REG_1).attributeBigEndian(2, 0);
            value(request, 3, port(ports.first()));
            value(request, 4, port(ports.last()));
        });
        expression(request, "counter", () -> { });
        expression(request, "immediate", () -> {
            request.attributeBigEndian(1, NFT_REG_VERDICT);
            int data = request.beginNest(2);
            int verdict = request.beginNest(NFTA_DATA_VERDICT);
            request.attributeBigEndian(NFTA_VERDICT_CODE, 0).endNest(verdict).endNest(data);
        });
        request.endNest(expressions);
        return end(request);
    }

    private static NetlinkRequest begin(NetlinkRequest request, int type, int flags, int resource) {
        boolean batch = type < NFT_MSG_NEWTABLE;
        return request.begin(type, flags).put8(batch ? 0 : NFPROTO_INET).put8(0).put8(resource >> 8).put8(resource);
    }

    private static NetlinkRequest end(NetlinkRequest request) {
        return begin(request, NFNL_MSG_BATCH_END, 0, NFNL_SUBSYS_NFTABLES);
    }

    private static void expression(NetlinkRequest request, String name, Runnable data) {
        int element = request.beginNest(NFTA_LIST_ELEM);
        request.attribute(NFTA_EXPR_NAME, name);
        int nest = request.beginNest(NFTA_EXPR_DATA);
        data.run();
        request.endNest(nest).endNest(element);
    }

    private static void value(NetlinkRequest request, int type, byte[] bytes) {
        int nest = request.beginNest(type);
        request.attribute(NFTA_DATA_VALUE, bytes).endNest(nest);
    }

    private static byte[] port(int port) {
        return new byte[] {(byte) (port >> 8), (byte) port};
    }

    /** The kernel deals with those ports itself again. */
    @Override
    public void close() {
        netlink.close();
    }
}
