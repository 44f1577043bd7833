package io.mptcp.netty.channel;

import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelOption;
import io.netty.channel.DefaultChannelConfig;
import io.netty.channel.MessageSizeEstimator;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.SocketChannelConfig;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Options of a {@link MptcpSocketChannel}: those of Netty's TCP channels, and {@link MptcpChannelOption}. SO_SNDBUF and SO_RCVBUF are 0 for sizes that
 * follow the traffic. SO_REUSEADDR makes no difference: a port may always be used again.
 */
public final class MptcpSocketChannelConfig extends DefaultChannelConfig implements SocketChannelConfig {
    private static final Set<ChannelOption<?>> BEFORE_CONNECTING = Set.of(MptcpChannelOption.MPTCP, MptcpChannelOption.CONGESTION_CONTROL,
            MptcpChannelOption.CHECKSUM, MptcpChannelOption.PATH_MANAGER, MptcpChannelOption.PATHS, ChannelOption.TCP_FASTOPEN_CONNECT,
            MptcpChannelOption.TCP_FASTOPEN_NO_COOKIE);

    private final MptcpSocketChannel owner;
    private final ConnectionSettings settings;
    private volatile int soLinger = -1;
    private volatile boolean allowHalfClosure;
    private volatile boolean reuseAddress;

    MptcpSocketChannelConfig(MptcpSocketChannel channel, ConnectionSettings settings) {
        super(channel);
        owner = channel;
        this.settings = settings;
    }

    ConnectionSettings settings() {
        return settings;
    }

    @Override
    public Map<ChannelOption<?>, Object> getOptions() {
        Set<ChannelOption<?>> own = new HashSet<>(ConnectionSettings.known());
        own.addAll(Set.of(ChannelOption.SO_LINGER, ChannelOption.SO_REUSEADDR, ChannelOption.ALLOW_HALF_CLOSURE));
        return getOptions(super.getOptions(), own.toArray(ChannelOption<?>[]::new));
    }

    @SuppressWarnings("unchecked")
    @Override
    public <T> T getOption(ChannelOption<T> option) {
        if (option == ChannelOption.SO_LINGER) {
            return (T) Integer.valueOf(soLinger);
        } else if (option == ChannelOption.SO_REUSEADDR) {
            return (T) Boolean.valueOf(reuseAddress);
        } else if (option == ChannelOption.ALLOW_HALF_CLOSURE) {
            return (T) Boolean.valueOf(allowHalfClosure);
        }
        return ConnectionSettings.known().contains(option) ? (T) settings.get(option) : super.getOption(option);
    }

    /**
     * Sets an option.
     *
     * @throws IllegalArgumentException when the value makes no sense
     * @throws IllegalStateException    when it would have had to be set before connecting
     */
    @Override
    public <T> boolean setOption(ChannelOption<T> option, T value) {
        if (option == ChannelOption.SO_LINGER) {
            soLinger = (Integer) value;
        } else if (option == ChannelOption.SO_REUSEADDR) {
            reuseAddress = (Boolean) value;
        } else if (option == ChannelOption.ALLOW_HALF_CLOSURE) {
            allowHalfClosure = (Boolean) value;
        } else if (ConnectionSettings.known().contains(option)) {
            validate(option, value);
            if (BEFORE_CONNECTING.contains(option) && owner.isActive()) {
                throw new IllegalStateException(option + " has to be set before connecting: on a server, as option() instead of childOption()");
            }
            settings.set(option, value);
            owner.settingsChanged(option);
        } else {
            return super.setOption(option, value);
        }
        return true;
    }

    @Override
    public boolean isTcpNoDelay() {
        return settings.socket().noDelay();
    }

    @Override
    public MptcpSocketChannelConfig setTcpNoDelay(boolean tcpNoDelay) {
        setOption(ChannelOption.TCP_NODELAY, tcpNoDelay);
        return this;
    }

    @Override
    public int getSoLinger() {
        return soLinger;
    }

    /** @param soLinger 0 resets the connection when the channel is closed; a number of seconds resets it if it has not ended in order by then; -1 does not */
    @Override
    public MptcpSocketChannelConfig setSoLinger(int soLinger) {
        setOption(ChannelOption.SO_LINGER, soLinger);
        return this;
    }

    @Override
    public int getSendBufferSize() {
        return settings.socket().sendBufferBytes();
    }

    @Override
    public MptcpSocketChannelConfig setSendBufferSize(int sendBufferSize) {
        setOption(ChannelOption.SO_SNDBUF, sendBufferSize);
        return this;
    }

    @Override
    public int getReceiveBufferSize() {
        return settings.socket().receiveBufferBytes();
    }

    @Override
    public MptcpSocketChannelConfig setReceiveBufferSize(int receiveBufferSize) {
        setOption(ChannelOption.SO_RCVBUF, receiveBufferSize);
        return this;
    }

    @Override
    public boolean isKeepAlive() {
        return settings.socket().keepAlive();
    }

    @Override
    public MptcpSocketChannelConfig setKeepAlive(boolean keepAlive) {
        setOption(ChannelOption.SO_KEEPALIVE, keepAlive);
        return this;
    }

    @Override
    public int getTrafficClass() {
        return settings.socket().trafficClass();
    }

    @Override
    public MptcpSocketChannelConfig setTrafficClass(int trafficClass) {
        setOption(ChannelOption.IP_TOS, trafficClass);
        return this;
    }

    @Override
    public boolean isReuseAddress() {
        return reuseAddress;
    }

    @Override
    public MptcpSocketChannelConfig setReuseAddress(boolean reuseAddress) {
        this.reuseAddress = reuseAddress;
        return this;
    }

    /** Means nothing here. */
    @Override
    public MptcpSocketChannelConfig setPerformancePreferences(int connectionTime, int latency, int bandwidth) {
        return this;
    }

    @Override
    public boolean isAllowHalfClosure() {
        return allowHalfClosure;
    }

    @Override
    public MptcpSocketChannelConfig setAllowHalfClosure(boolean allowHalfClosure) {
        this.allowHalfClosure = allowHalfClosure;
        return this;
    }

    @Override
    public MptcpSocketChannelConfig setConnectTimeoutMillis(int connectTimeoutMillis) {
        super.setConnectTimeoutMillis(connectTimeoutMillis);
        return this;
    }

    @Override
    @Deprecated
    public MptcpSocketChannelConfig setMaxMessagesPerRead(int maxMessagesPerRead) {
        super.setMaxMessagesPerRead(maxMessagesPerRead);
        return this;
    }

    @Override
    public MptcpSocketChannelConfig setWriteSpinCount(int writeSpinCount) {
        super.setWriteSpinCount(writeSpinCount);
        return this;
    }

    @Override
    public MptcpSocketChannelConfig setAllocator(ByteBufAllocator allocator) {
        super.setAllocator(allocator);
        return this;
    }

    @Override
    public MptcpSocketChannelConfig setRecvByteBufAllocator(RecvByteBufAllocator allocator) {
        super.setRecvByteBufAllocator(allocator);
        return this;
    }

    @Override
    public MptcpSocketChannelConfig setAutoRead(boolean autoRead) {
        super.setAutoRead(autoRead);
        return this;
    }

    @Override
    protected void autoReadCleared() {
        owner.autoReadCleared();
    }

    @Override
    public MptcpSocketChannelConfig setAutoClose(boolean autoClose) {
        super.setAutoClose(autoClose);
        return this;
    }

    @Override
    public MptcpSocketChannelConfig setMessageSizeEstimator(MessageSizeEstimator estimator) {
        super.setMessageSizeEstimator(estimator);
        return this;
    }

    @Override
    public MptcpSocketChannelConfig setWriteBufferWaterMark(WriteBufferWaterMark writeBufferWaterMark) {
        super.setWriteBufferWaterMark(writeBufferWaterMark);
        return this;
    }
}
