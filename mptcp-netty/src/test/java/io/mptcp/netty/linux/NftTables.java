package io.mptcp.netty.linux;

import java.util.ArrayList;
import java.util.List;

/** What {@code nft list tables} would print, for tests. */
public final class NftTables {
    private static final int NFT_MSG_GETTABLE = 0xa01;

    private NftTables() {
    }

    /** Names of the tables in a namespace. */
    public static List<String> names(String namespace) {
        return Namespaces.in(namespace).call(() -> {
            List<String> names = new ArrayList<>();
            try (Netlink netlink = Netlink.open(Netlink.NETLINK_NETFILTER, 0)) {
                NetlinkRequest request = netlink.request().begin(NFT_MSG_GETTABLE, NetlinkRequest.NLM_F_DUMP).put32(0);
                Syscalls.check(netlink.transact(request, message -> {
                    NetlinkReader.Attributes attributes = message.attributes(4);
                    while (attributes.next()) {
                        if (attributes.type() == 1) {
                            names.add(attributes.asString());
                        }
                    }
                }), "list tables");
            }
            return names;
        });
    }
}
