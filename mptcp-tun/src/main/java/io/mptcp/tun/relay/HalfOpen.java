package io.mptcp.tun.relay;

import io.mptcp.wire.IpAddress;
import io.netty.channel.Channel;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * Connections that have not said yet who they are: so many per client and no more, and when there are too many altogether the oldest makes room for the newest.
 * So neither one slow client nor many keep others out. Who has proved where he is still counts for his client, and makes no room any more. A client is an IPv4
 * address or an IPv6 network of 64 bits. Any thread.
 */
final class HalfOpen {
    private int max;
    private int maxPerClient;
    private final Set<Channel> channels = new LinkedHashSet<>();
    private final Set<Channel> proved = new HashSet<>();
    private final Map<IpAddress, Integer> perClient = new HashMap<>();

    HalfOpen(int max, int maxPerClient) {
        this.max = max;
        this.maxPerClient = maxPerClient;
    }

    /** From the next one on. */
    synchronized void setLimits(int max, int maxPerClient) {
        this.max = max;
        this.maxPerClient = maxPerClient;
    }

    static IpAddress client(IpAddress address) {
        return address.isIpv4() ? address : new IpAddress(address.hi(), 0);
    }

    /**
     * One more.
     *
     * @return the channel that has to be closed: itself when the client has too many, the oldest when all have too many, null for none
     */
    synchronized Channel enters(Channel channel, IpAddress address) {
        IpAddress client = client(address);
        if (perClient.getOrDefault(client, 0) >= maxPerClient) {
            return channel;
        }
        perClient.merge(client, 1, Integer::sum);
        channels.add(channel);
        return channels.size() > max ? channels.iterator().next() : null;
    }

    /** From now on it is only its own client's connections that it may be one too many of. */
    synchronized void proves(Channel channel) {
        if (channels.remove(channel)) {
            proved.add(channel);
        }
    }

    /** It has said who it is, or is gone. */
    synchronized void leaves(Channel channel, IpAddress address) {
        if (channels.remove(channel) || proved.remove(channel)) {
            perClient.computeIfPresent(client(address), (_, count) -> count == 1 ? null : count - 1);
        }
    }

    synchronized int size() {
        return channels.size() + proved.size();
    }
}
