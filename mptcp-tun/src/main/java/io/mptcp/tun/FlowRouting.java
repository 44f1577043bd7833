package io.mptcp.tun;

import io.mptcp.netty.host.ConnectListener;
import io.mptcp.netty.host.Uplinks;
import io.mptcp.scheduler.Schedulers;
import io.mptcp.stack.ConnectOptions;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import java.util.List;

/** How connections are carried: by which rule, and by what. On the loop. */
final class FlowRouting {
    private final RelayDialer dialer;
    private final Uplinks uplinks;
    private List<FlowRule> rules;

    FlowRouting(List<FlowRule> rules, RelayDialer dialer, Uplinks uplinks) {
        this.rules = rules;
        this.dialer = dialer;
        this.uplinks = uplinks;
    }

    RelayDialer dialer() {
        return dialer;
    }

    Uplinks uplinks() {
        return uplinks;
    }

    /** For connections from now on. */
    void setRules(List<FlowRule> rules) {
        this.rules = rules;
    }

    FlowRule choose(IpAddress source, IpEndpoint destination, int codePoint) {
        FlowRule rule = FlowRule.choose(rules, source, destination, codePoint);
        boolean otherwiseDirect = rule.relay() != null && rule.relay().convert() != null && rule.relay().convert().otherwiseDirect();
        return otherwiseDirect && dialer.isLeft(rule.relay()) ? rule.straight() : rule;
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
            case BYPASS -> uplinks.connect(destination, null, options(rule).withMptcp(false), timeoutMillis, direct)::cancel;
        };
    }

    private ConnectOptions options(FlowRule rule) {
        ConnectOptions options = uplinks.defaultOptions();
        if (rule.scheduler() != null) {
            options = options.withScheduler(() -> Schedulers.create(rule.scheduler()));
        }
        if (!rule.paths().isEmpty()) {
            options = options.withLinks(uplinks.linksNamed(rule.paths()));
        }
        return rule.congestion() == null ? options : options.withCongestionControl(rule.congestion());
    }
}
