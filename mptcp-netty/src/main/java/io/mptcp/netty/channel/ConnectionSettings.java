package io.mptcp.netty.channel;

import io.mptcp.cc.CongestionControllers;
import io.mptcp.netty.host.Uplinks;
import io.mptcp.pm.PathManagerType;
import io.mptcp.scheduler.Schedulers;
import io.mptcp.stack.ConnectOptions;
import io.mptcp.tcp.SocketOptions;
import io.netty.channel.ChannelOption;
import java.util.List;
import java.util.Set;

/**
 * The options of a connection, or of those a listener accepts, as channel options say them; null and 0 for the stack's. Set by any thread, used on
 * the loop.
 */
final class ConnectionSettings {
    private static final Set<ChannelOption<?>> KNOWN = Set.of(ChannelOption.TCP_NODELAY, ChannelOption.SO_KEEPALIVE, ChannelOption.SO_SNDBUF,
            ChannelOption.SO_RCVBUF, ChannelOption.IP_TOS, MptcpChannelOption.MPTCP, MptcpChannelOption.SCHEDULER,
            MptcpChannelOption.CONGESTION_CONTROL, MptcpChannelOption.CHECKSUM, MptcpChannelOption.PATH_MANAGER, MptcpChannelOption.PATHS, MptcpChannelOption.TCP_CORK,
            MptcpChannelOption.TCP_KEEPIDLE, MptcpChannelOption.TCP_KEEPINTVL, MptcpChannelOption.TCP_KEEPCNT, MptcpChannelOption.TCP_USER_TIMEOUT, MptcpChannelOption.TCP_NOTSENT_LOWAT,
            ChannelOption.TCP_FASTOPEN_CONNECT, MptcpChannelOption.TCP_FASTOPEN_NO_COOKIE);
    /** As the kernel, which takes no smaller one. */
    private static final int MIN_BUFFER_BYTES = 4096;

    /** Netty's channels have TCP_NODELAY set by default. */
    private volatile SocketOptions socket = SocketOptions.NO_DELAY;
    private volatile Boolean mptcp;
    private volatile String scheduler;
    private volatile String congestionControl;
    private volatile Boolean checksum;
    private volatile String pathManager;
    private volatile List<String> paths;
    private volatile boolean fastOpenConnect;
    private volatile boolean fastOpenNoCookie;

    static Set<ChannelOption<?>> known() {
        return KNOWN;
    }

    SocketOptions socket() {
        return socket;
    }

    String scheduler() {
        return scheduler;
    }

    boolean fastOpenNoCookie() {
        return fastOpenNoCookie;
    }

    /** As the stack's, but for what is set here. */
    ConnectOptions over(Uplinks uplinks) {
        ConnectOptions defaults = uplinks.defaultOptions();
        ConnectOptions options = defaults.withSocket(socket).withFastOpen(fastOpenConnect).withFastOpenWithoutCookie(fastOpenNoCookie);
        List<String> onlyPaths = paths;
        Boolean wantsMptcp = mptcp;
        String schedulerName = scheduler;
        String controllerName = congestionControl;
        Boolean wantsChecksum = checksum;
        String pathManagerName = pathManager;
        if (wantsMptcp != null) {
            options = options.withMptcp(wantsMptcp && defaults.mptcp());
        }
        if (schedulerName != null) {
            options = options.withScheduler(() -> Schedulers.create(schedulerName));
        }
        if (controllerName != null) {
            options = options.withCongestionControl(controllerName);
        }
        if (wantsChecksum != null) {
            options = options.withChecksum(wantsChecksum);
        }
        if (onlyPaths != null) {
            options = options.withLinks(uplinks.linksNamed(onlyPaths));
        }
        return pathManagerName == null ? options : options.withPathManager(pathManagerName);
    }

    /** What inherits from these: the connections of a listener. */
    ConnectionSettings copy() {
        ConnectionSettings copy = new ConnectionSettings();
        copy.socket = socket;
        copy.mptcp = mptcp;
        copy.scheduler = scheduler;
        copy.congestionControl = congestionControl;
        copy.checksum = checksum;
        copy.pathManager = pathManager;
        copy.paths = paths;
        copy.fastOpenConnect = fastOpenConnect;
        copy.fastOpenNoCookie = fastOpenNoCookie;
        return copy;
    }

    /** Null also when the option is none of these. */
    Object get(ChannelOption<?> option) {
        SocketOptions now = socket;
        if (option == ChannelOption.TCP_NODELAY) {
            return now.noDelay();
        } else if (option == ChannelOption.SO_KEEPALIVE) {
            return now.keepAlive();
        } else if (option == ChannelOption.SO_SNDBUF) {
            return now.sendBufferBytes();
        } else if (option == ChannelOption.SO_RCVBUF) {
            return now.receiveBufferBytes();
        } else if (option == ChannelOption.IP_TOS) {
            return now.trafficClass();
        } else if (option == MptcpChannelOption.MPTCP) {
            return mptcp;
        } else if (option == MptcpChannelOption.SCHEDULER) {
            return scheduler;
        } else if (option == MptcpChannelOption.CONGESTION_CONTROL) {
            return congestionControl;
        } else if (option == MptcpChannelOption.CHECKSUM) {
            return checksum;
        } else if (option == MptcpChannelOption.PATH_MANAGER) {
            return pathManager;
        } else if (option == MptcpChannelOption.PATHS) {
            return paths;
        } else if (option == ChannelOption.TCP_FASTOPEN_CONNECT) {
            return fastOpenConnect;
        } else if (option == MptcpChannelOption.TCP_FASTOPEN_NO_COOKIE) {
            return fastOpenNoCookie;
        } else if (option == MptcpChannelOption.TCP_CORK) {
            return now.cork();
        } else if (option == MptcpChannelOption.TCP_KEEPIDLE) {
            return now.keepAliveIdleSeconds();
        } else if (option == MptcpChannelOption.TCP_KEEPINTVL) {
            return now.keepAliveIntervalSeconds();
        } else if (option == MptcpChannelOption.TCP_KEEPCNT) {
            return now.keepAliveProbes();
        } else if (option == MptcpChannelOption.TCP_USER_TIMEOUT) {
            return now.userTimeoutMillis();
        } else if (option == MptcpChannelOption.TCP_NOTSENT_LOWAT) {
            return now.notSentLowatBytes();
        }
        return null;
    }

    /**
     * Sets one of {@link #known}.
     *
     * @throws IllegalArgumentException when the value makes no sense
     */
    void set(ChannelOption<?> option, Object value) {
        if (option == MptcpChannelOption.MPTCP) {
            mptcp = (Boolean) value;
        } else if (option == MptcpChannelOption.SCHEDULER) {
            Schedulers.create((String) value); // unknown: say so now
            scheduler = (String) value;
        } else if (option == MptcpChannelOption.CONGESTION_CONTROL) {
            CongestionControllers.create((String) value);
            congestionControl = (String) value;
        } else if (option == MptcpChannelOption.CHECKSUM) {
            checksum = (Boolean) value;
        } else if (option == MptcpChannelOption.PATH_MANAGER) {
            PathManagerType.of((String) value);
            pathManager = (String) value;
        } else if (option == MptcpChannelOption.PATHS) {
            paths = ((List<?>) value).stream().map(String.class::cast).toList();
        } else if (option == ChannelOption.TCP_FASTOPEN_CONNECT) {
            fastOpenConnect = (Boolean) value;
        } else if (option == MptcpChannelOption.TCP_FASTOPEN_NO_COOKIE) {
            fastOpenNoCookie = (Boolean) value;
        } else {
            SocketOptions.Builder changed = socket.toBuilder();
            setSocket(changed, option, value);
            socket = changed.build();
        }
    }

    private static void setSocket(SocketOptions.Builder changed, ChannelOption<?> option, Object value) {
        if (option == ChannelOption.TCP_NODELAY) {
            changed.noDelay((Boolean) value);
        } else if (option == ChannelOption.SO_KEEPALIVE) {
            changed.keepAlive((Boolean) value);
        } else if (option == ChannelOption.SO_SNDBUF) {
            changed.sendBufferBytes(bufferBytes((Integer) value));
        } else if (option == ChannelOption.SO_RCVBUF) {
            changed.receiveBufferBytes(bufferBytes((Integer) value));
        } else if (option == ChannelOption.IP_TOS) {
            changed.trafficClass((Integer) value);
        } else if (option == MptcpChannelOption.TCP_CORK) {
            changed.cork((Boolean) value);
        } else if (option == MptcpChannelOption.TCP_KEEPIDLE) {
            changed.keepAliveIdleSeconds((Integer) value);
        } else if (option == MptcpChannelOption.TCP_KEEPINTVL) {
            changed.keepAliveIntervalSeconds((Integer) value);
        } else if (option == MptcpChannelOption.TCP_KEEPCNT) {
            changed.keepAliveProbes((Integer) value);
        } else if (option == MptcpChannelOption.TCP_USER_TIMEOUT) {
            changed.userTimeoutMillis((Integer) value);
        } else if (option == MptcpChannelOption.TCP_NOTSENT_LOWAT) {
            changed.notSentLowatBytes((Integer) value);
        } else {
            throw new IllegalArgumentException("no option of connections: " + option);
        }
    }

    private static int bufferBytes(int wanted) {
        if (wanted < 0) {
            throw new IllegalArgumentException("a buffer must not be negative: " + wanted);
        }
        return wanted == 0 ? 0 : Math.max(MIN_BUFFER_BYTES, wanted);
    }
}
