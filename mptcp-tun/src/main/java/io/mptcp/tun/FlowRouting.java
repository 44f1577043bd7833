package io.mptcp.tun;

import io.mptcp.netty.host.ConnectListener;
import io.mptcp.netty.host.CountingLink;
import io.mptcp.netty.host.Uplinks;
import io.mptcp.scheduler.Schedulers;
import io.mptcp.stack.CloseReason;
import io.mptcp.stack.ConnectOptions;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import java.util.List;

/** How connections are carried: by which rule, and by what. On the loop. */
record FlowRouting(List<FlowRule> rules, RelayDialer dialer, Uplinks uplinks) {
    FlowRule choose(IpAddress source, IpEndpoint destination, int codePoint) {
        return FlowRule.choose(rules, source, destination, codePoint);
    }

    /**
     * Opens a connection as a rule says.
     *
     * @param direct hears of one that is straight to the destination
     * @param relayed hears of one by way of a relay
     * @return gives up
     */
    Runnable open(FlowRule rule, IpEndpoint destination, long timeoutMillis, ConnectListener direct, RelayDialer.Listener relayed) {
        return switch (rule.use()) {
            case DIRECT -> uplinks.connect(destination, null, options(rule), timeoutMillis, direct)::cancel;
            case RELAY -> dialer.dial(rule, destination, timeoutMillis, relayed)::cancel;
            case BYPASS -> bypass(rule, destination, timeoutMillis, direct);
        };
    }

    private ConnectOptions options(FlowRule rule) {
        ConnectOptions options = uplinks.defaultOptions();
        if (rule.scheduler() != null) {
            options = options.withScheduler(() -> Schedulers.create(rule.scheduler()));
        }
        return rule.congestion() == null ? options : options.withCongestionControl(rule.congestion());
    }

    private Runnable bypass(FlowRule rule, IpEndpoint destination, long timeoutMillis, ConnectListener listener) {
        IpEndpoint local = null;
        if (rule.path() != null) {
            IpAddress address = null;
            for (CountingLink link : uplinks.links()) {
                if (link.name().equals(rule.path()) && link.isUp()) {
                    address = link.localAddressFor(destination.address());
                }
            }
            if (address == null) {
                uplinks.loop().execute(() -> listener.failed(CloseReason.UNREACHABLE));
                return () -> { };
            }
            local = new IpEndpoint(address, 0);
        }
        return uplinks.connect(destination, local, options(rule).withMptcp(false), timeoutMillis, listener)::cancel;
    }
}
