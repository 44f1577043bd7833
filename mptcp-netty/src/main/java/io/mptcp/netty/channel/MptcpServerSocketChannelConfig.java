package io.mptcp.netty.channel;

import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelOption;
import io.netty.channel.DefaultChannelConfig;
import io.netty.channel.MessageSizeEstimator;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.ServerChannelRecvByteBufAllocator;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.ServerSocketChannelConfig;
import io.netty.util.NetUtil;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Options of a {@link MptcpServerSocketChannel}: SO_BACKLOG, TCP_FASTOPEN, and all of a {@link MptcpSocketChannelConfig} that hold for connections; those that are
 * accepted begin with them. To be set before binding.
 */
public final class MptcpServerSocketChannelConfig extends DefaultChannelConfig implements ServerSocketChannelConfig {
    private final ConnectionSettings settings = new ConnectionSettings();
    private volatile int backlog = NetUtil.SOMAXCONN;
    private volatile boolean reuseAddress;
    private volatile int fastOpenQueue;

    MptcpServerSocketChannelConfig(MptcpServerSocketChannel channel) {
        super(channel, new ServerChannelRecvByteBufAllocator());
    }

    ConnectionSettings settings() {
        return settings;
    }

    @Override
    public Map<ChannelOption<?>, Object> getOptions() {
        Set<ChannelOption<?>> own = new HashSet<>(ConnectionSettings.known());
        own.addAll(Set.of(ChannelOption.SO_BACKLOG, ChannelOption.SO_REUSEADDR, ChannelOption.TCP_FASTOPEN));
        return getOptions(super.getOptions(), own.toArray(ChannelOption<?>[]::new));
    }

    @SuppressWarnings("unchecked")
    @Override
    public <T> T getOption(ChannelOption<T> option) {
        if (option == ChannelOption.SO_BACKLOG) {
            return (T) Integer.valueOf(backlog);
        } else if (option == ChannelOption.SO_REUSEADDR) {
            return (T) Boolean.valueOf(reuseAddress);
        } else if (option == ChannelOption.TCP_FASTOPEN) {
            return (T) Integer.valueOf(fastOpenQueue);
        }
        return ConnectionSettings.known().contains(option) ? (T) settings.get(option) : super.getOption(option);
    }

    @Override
    public <T> boolean setOption(ChannelOption<T> option, T value) {
        if (option == ChannelOption.SO_BACKLOG) {
            setBacklog((Integer) value);
        } else if (option == ChannelOption.SO_REUSEADDR) {
            reuseAddress = (Boolean) value;
        } else if (option == ChannelOption.TCP_FASTOPEN) {
            setFastOpenQueue((Integer) value);
        } else if (ConnectionSettings.known().contains(option)) {
            validate(option, value);
            settings.set(option, value);
        } else {
            return super.setOption(option, value);
        }
        return true;
    }

    @Override
    public int getBacklog() {
        return backlog;
    }

    /** Connections that may wait to be taken by {@code ServerBootstrap}, see {@link io.mptcp.stack.Listener#backlog}. */
    @Override
    public MptcpServerSocketChannelConfig setBacklog(int backlog) {
        if (backlog < 0) {
            throw new IllegalArgumentException("a backlog must not be negative: " + backlog);
        }
        this.backlog = backlog;
        return this;
    }

    int fastOpenQueue() {
        return fastOpenQueue;
    }

    private void setFastOpenQueue(int connections) {
        if (connections < 0) {
            throw new IllegalArgumentException("a Fast Open queue must not be negative: " + connections);
        }
        fastOpenQueue = connections;
    }

    @Override
    public boolean isReuseAddress() {
        return reuseAddress;
    }

    @Override
    public MptcpServerSocketChannelConfig setReuseAddress(boolean reuseAddress) {
        this.reuseAddress = reuseAddress;
        return this;
    }

    @Override
    public int getReceiveBufferSize() {
        return settings.socket().receiveBufferBytes();
    }

    @Override
    public MptcpServerSocketChannelConfig setReceiveBufferSize(int receiveBufferSize) {
        setOption(ChannelOption.SO_RCVBUF, receiveBufferSize);
        return this;
    }

    /** Means nothing here. */
    @Override
    public MptcpServerSocketChannelConfig setPerformancePreferences(int connectionTime, int latency, int bandwidth) {
        return this;
    }

    @Override
    public MptcpServerSocketChannelConfig setConnectTimeoutMillis(int connectTimeoutMillis) {
        super.setConnectTimeoutMillis(connectTimeoutMillis);
        return this;
    }

    @Override
    @Deprecated
    public MptcpServerSocketChannelConfig setMaxMessagesPerRead(int maxMessagesPerRead) {
        super.setMaxMessagesPerRead(maxMessagesPerRead);
        return this;
    }

    @Override
    public MptcpServerSocketChannelConfig setWriteSpinCount(int writeSpinCount) {
        super.setWriteSpinCount(writeSpinCount);
        return this;
    }

    @Override
    public MptcpServerSocketChannelConfig setAllocator(ByteBufAllocator allocator) {
        super.setAllocator(allocator);
        return this;
    }

    @Override
    public MptcpServerSocketChannelConfig setRecvByteBufAllocator(RecvByteBufAllocator allocator) {
        super.setRecvByteBufAllocator(allocator);
        return this;
    }

    @Override
    public MptcpServerSocketChannelConfig setAutoRead(boolean autoRead) {
        super.setAutoRead(autoRead);
        return this;
    }

    @Override
    public MptcpServerSocketChannelConfig setMessageSizeEstimator(MessageSizeEstimator estimator) {
        super.setMessageSizeEstimator(estimator);
        return this;
    }

    @Override
    @Deprecated
    public MptcpServerSocketChannelConfig setWriteBufferHighWaterMark(int writeBufferHighWaterMark) {
        super.setWriteBufferHighWaterMark(writeBufferHighWaterMark);
        return this;
    }

    @Override
    @Deprecated
    public MptcpServerSocketChannelConfig setWriteBufferLowWaterMark(int writeBufferLowWaterMark) {
        super.setWriteBufferLowWaterMark(writeBufferLowWaterMark);
        return this;
    }

    @Override
    public MptcpServerSocketChannelConfig setWriteBufferWaterMark(WriteBufferWaterMark writeBufferWaterMark) {
        super.setWriteBufferWaterMark(writeBufferWaterMark);
        return this;
    }
}
