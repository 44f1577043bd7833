package io.mptcp.netty.socket;

import io.mptcp.tcp.SocketOptions;
import io.mptcp.tcp.TcpConfig;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import jdk.net.ExtendedSocketOptions;

/** The JDK's socket options as those of the stack. */
final class StackOptions {
    private static final int MIN_BUFFER_BYTES = 4096;

    private StackOptions() {
    }

    static <T> SocketOptions with(SocketOptions options, SocketOption<T> option, T value) {
        SocketOptions.Builder builder = options.toBuilder();
        if (option == StandardSocketOptions.TCP_NODELAY) {
            builder.noDelay((Boolean) value);
        } else if (option == StandardSocketOptions.SO_KEEPALIVE) {
            builder.keepAlive((Boolean) value);
        } else if (option == StandardSocketOptions.SO_SNDBUF) {
            builder.sendBufferBytes(Math.max(MIN_BUFFER_BYTES, (Integer) value));
        } else if (option == StandardSocketOptions.SO_RCVBUF) {
            builder.receiveBufferBytes(Math.max(MIN_BUFFER_BYTES, (Integer) value));
        } else if (option == StandardSocketOptions.IP_TOS) {
            builder.trafficClass((Integer) value);
        } else if (option == ExtendedSocketOptions.TCP_KEEPIDLE) {
            builder.keepAliveIdleSeconds((Integer) value);
        } else if (option == ExtendedSocketOptions.TCP_KEEPINTERVAL) {
            builder.keepAliveIntervalSeconds((Integer) value);
        } else if (option == ExtendedSocketOptions.TCP_KEEPCOUNT) {
            builder.keepAliveProbes((Integer) value);
        }
        return builder.build(); // SO_REUSEADDR has no counterpart: an address in TIME-WAIT is free for listeners in any case
    }

    @SuppressWarnings("unchecked")
    static <T> T get(SocketOptions options, TcpConfig config, SocketOption<T> option) {
        Object value;
        if (option == StandardSocketOptions.TCP_NODELAY) {
            value = options.noDelay();
        } else if (option == StandardSocketOptions.SO_KEEPALIVE) {
            value = options.keepAlive();
        } else if (option == StandardSocketOptions.SO_SNDBUF) {
            value = bufferBytes(options.sendBufferBytes(), config.sendBufferBytes());
        } else if (option == StandardSocketOptions.SO_RCVBUF) {
            value = bufferBytes(options.receiveBufferBytes(), config.receiveBufferBytes());
        } else if (option == StandardSocketOptions.IP_TOS) {
            value = options.trafficClass();
        } else if (option == ExtendedSocketOptions.TCP_KEEPIDLE) {
            value = options.keepAliveIdleSeconds();
        } else if (option == ExtendedSocketOptions.TCP_KEEPINTERVAL) {
            value = options.keepAliveIntervalSeconds();
        } else if (option == ExtendedSocketOptions.TCP_KEEPCOUNT) {
            value = options.keepAliveProbes();
        } else {
            throw new UnsupportedOperationException("'" + option + "' not supported");
        }
        return (T) value;
    }

    /** Of a buffer that sizes itself: what it may grow to. */
    private static int bufferBytes(int chosen, int most) {
        return chosen == 0 ? most : Math.min(chosen, most);
    }
}
