package io.mptcp.sim.socket;

import io.mptcp.tcp.SocketOptions;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** {@code getsockopt} and {@code setsockopt}: Linux's option numbers on our options. Integers are little endian, as on the hosts that ask. */
final class SocketOptionCalls {
    private static final int MAX_TIMEOUT_SECONDS = 1_000_000;

    // ---- reading ----

    Outcome get(VirtualSocket socket, int level, int name, int length, long nowNanos) {
        if (length < 0) {
            return Outcome.error(Errno.EINVAL);
        }
        byte[] value = switch (level) {
            case SocketConstants.SOL_SOCKET -> getSocketLevel(socket, name);
            case SocketConstants.IPPROTO_TCP -> getTcpLevel(socket, name, nowNanos);
            case SocketConstants.IPPROTO_IP, SocketConstants.IPPROTO_IPV6 -> getIpLevel(socket, level, name);
            default -> null;
        };
        if (value == null && socket.mptcp) {
            return Outcome.error(Errno.EOPNOTSUPP); // as Linux: MPTCP sockets have fewer options, and say so
        }
        return value == null ? Outcome.error(Errno.ENOPROTOOPT) : Outcome.of(0, value.length > length ? Arrays.copyOf(value, length) : value);
    }

    private static byte[] getSocketLevel(VirtualSocket socket, int name) {
        return switch (name) {
            case SocketConstants.SO_ERROR -> integer(socket.takeError());
            case SocketConstants.SO_TYPE -> integer(SocketConstants.SOCK_STREAM);
            case SocketConstants.SO_PROTOCOL -> integer(socket.mptcp ? SocketConstants.IPPROTO_MPTCP : SocketConstants.IPPROTO_TCP);
            case SocketConstants.SO_ACCEPTCONN -> integer(socket.listener != null ? 1 : 0);
            case SocketConstants.SO_KEEPALIVE -> integer(socket.options.keepAlive() ? 1 : 0);
            case SocketConstants.SO_REUSEADDR -> integer(1);
            case SocketConstants.SO_MEMINFO -> new byte[36];
            default -> null;
        };
    }

    private static byte[] getTcpLevel(VirtualSocket socket, int name, long nowNanos) {
        SocketOptions options = socket.options;
        return switch (name) {
            case SocketConstants.TCP_NODELAY -> integer(options.noDelay() ? 1 : 0);
            case SocketConstants.TCP_CORK -> integer(options.cork() ? 1 : 0);
            case SocketConstants.TCP_KEEPIDLE -> integer(options.keepAliveIdleSeconds());
            case SocketConstants.TCP_KEEPINTVL -> integer(options.keepAliveIntervalSeconds());
            case SocketConstants.TCP_KEEPCNT -> integer(options.keepAliveProbes());
            case SocketConstants.TCP_SYNCNT -> integer(options.synRetries());
            case SocketConstants.TCP_USER_TIMEOUT -> integer(options.userTimeoutMillis());
            case SocketConstants.TCP_MAXSEG -> integer(options.maxSegmentBytes());
            case SocketConstants.TCP_INFO -> TcpInfoLayout.encode(socket, nowNanos);
            case SocketConstants.TCP_CC_INFO -> new byte[0];
            default -> null;
        };
    }

    private static byte[] getIpLevel(VirtualSocket socket, int level, int name) {
        boolean ipv4 = level == SocketConstants.IPPROTO_IP;
        if (name == (ipv4 ? SocketConstants.IP_TOS : SocketConstants.IPV6_TCLASS)) {
            return integer(socket.options.trafficClass());
        }
        if (name == (ipv4 ? SocketConstants.IP_TTL : SocketConstants.IPV6_UNICAST_HOPS)) {
            return integer(socket.options.hopLimit());
        }
        return null;
    }

    private static byte[] integer(int value) {
        return ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array();
    }

    // ---- writing ----

    Outcome set(VirtualSocket socket, int level, int name, byte[] value) {
        if (level == SocketConstants.IPPROTO_TCP && name == SocketConstants.TCP_CONGESTION) {
            socket.congestionControl = new String(value, StandardCharsets.US_ASCII).replace("\0", "");
            return Outcome.DONE;
        }
        if (value.length == 0) {
            return Outcome.error(Errno.EINVAL);
        }
        int number = value.length >= 4 ? ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN).getInt() : value[0];
        try {
            return switch (level) {
                case SocketConstants.SOL_SOCKET -> setSocketLevel(socket, name, number, value);
                case SocketConstants.IPPROTO_TCP -> setTcpLevel(socket, name, number);
                case SocketConstants.IPPROTO_IP, SocketConstants.IPPROTO_IPV6 -> setIpLevel(socket, level, name, number);
                default -> Outcome.error(Errno.ENOPROTOOPT);
            };
        } catch (IllegalArgumentException _) {
            return Outcome.error(Errno.EINVAL);
        }
    }

    private static Outcome setSocketLevel(VirtualSocket socket, int name, int number, byte[] value) {
        switch (name) {
            case SocketConstants.SO_REUSEADDR, SocketConstants.SO_MARK -> {
                // Addresses are always reused as far as RFC 6191 allows, and there is nothing a mark could choose.
            }
            case SocketConstants.SO_KEEPALIVE -> apply(socket, socket.options.toBuilder().keepAlive(number != 0));
            case SocketConstants.SO_LINGER -> socket.lingerAtOnce = value.length >= 8 && number != 0 && seconds(value, 4) == 0;
            case SocketConstants.SO_SNDTIMEO -> socket.sendTimeoutNanos = timeoutNanos(value);
            case SocketConstants.SO_RCVTIMEO -> socket.receiveTimeoutNanos = timeoutNanos(value);
            default -> {
                return Outcome.error(Errno.ENOPROTOOPT);
            }
        }
        return Outcome.DONE;
    }

    private static int seconds(byte[] value, int offset) {
        return ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN).getInt(offset);
    }

    /** A {@code struct timeval}: two 64-bit numbers; 0 is no limit. */
    private static long timeoutNanos(byte[] value) {
        if (value.length < 16) {
            throw new IllegalArgumentException("a timeval has 16 bytes");
        }
        ByteBuffer buffer = ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN);
        long seconds = Math.clamp(buffer.getLong(), 0, MAX_TIMEOUT_SECONDS);
        long micros = Math.clamp(buffer.getLong(), 0, 999_999);
        long nanos = seconds * 1_000_000_000L + micros * 1000;
        return nanos == 0 ? Long.MAX_VALUE : nanos;
    }

    private static Outcome setTcpLevel(VirtualSocket socket, int name, int number) {
        SocketOptions.Builder builder = socket.options.toBuilder();
        SocketOptions.Builder changed = switch (name) {
            case SocketConstants.TCP_NODELAY -> builder.noDelay(number != 0);
            case SocketConstants.TCP_CORK -> builder.cork(number != 0);
            case SocketConstants.TCP_KEEPIDLE -> builder.keepAliveIdleSeconds(number);
            case SocketConstants.TCP_KEEPINTVL -> builder.keepAliveIntervalSeconds(number);
            case SocketConstants.TCP_KEEPCNT -> builder.keepAliveProbes(number);
            case SocketConstants.TCP_SYNCNT -> builder.synRetries(number);
            case SocketConstants.TCP_USER_TIMEOUT -> builder.userTimeoutMillis(number);
            case SocketConstants.TCP_MAXSEG -> builder.maxSegmentBytes(number);
            default -> null;
        };
        if (changed == null) {
            return Outcome.error(Errno.ENOPROTOOPT);
        }
        apply(socket, changed);
        return Outcome.DONE;
    }

    private static Outcome setIpLevel(VirtualSocket socket, int level, int name, int number) {
        boolean ipv4 = level == SocketConstants.IPPROTO_IP;
        if (name == (ipv4 ? SocketConstants.IP_TOS : SocketConstants.IPV6_TCLASS)) {
            apply(socket, socket.options.toBuilder().trafficClass(number));
        } else if (name == (ipv4 ? SocketConstants.IP_TTL : SocketConstants.IPV6_UNICAST_HOPS)) {
            apply(socket, socket.options.toBuilder().hopLimit(number));
        } else if (ipv4 ? name != SocketConstants.IP_FREEBIND && name != SocketConstants.IP_MTU_DISCOVER : name != SocketConstants.IPV6_V6ONLY) {
            return Outcome.error(Errno.ENOPROTOOPT);
        }
        return Outcome.DONE;
    }

    private static void apply(VirtualSocket socket, SocketOptions.Builder builder) {
        socket.options = builder.build();
        if (socket.connection != null) {
            socket.connection.setSocketOptions(socket.options);
        }
    }
}
