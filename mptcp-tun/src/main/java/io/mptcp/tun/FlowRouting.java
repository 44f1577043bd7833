package io.mptcp.tun;

import java.util.List;

/** How connections are carried: by which rule, and by what the relays are reached. On the loop. */
record FlowRouting(List<FlowRule> rules, RelayDialer dialer) {
}
