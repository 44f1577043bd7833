package io.mptcp.sim.socket;

import io.mptcp.tcp.SocketOptions;
import io.mptcp.tcp.TcpInfo;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** {@code getsockopt} and {@code setsockopt}: Linux's option numbers on our options. Integers are little endian, as on the hosts that ask. */
final class SocketOptionCalls {
    private static final int MAX_TIMEOUT_SECONDS = 1_000_000;
    private static final int MAX_BUFFER_BYTES = 1 << 30;
    private static final int MIN_BUFFER_BYTES = 4096;
    private static final int KEY_BYTES = 16;

    private final FastOpenCalls fastOpen;

    SocketOptionCalls(FastOpenCalls fastOpen) {
        this.fastOpen = fastOpen;
    }

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
            case SocketConstants.SO_SNDBUF -> integer(socket.options.sendBufferBytes());
            case SocketConstants.SO_RCVBUF -> integer(socket.options.receiveBufferBytes());
            case SocketConstants.SO_MEMINFO -> new byte[36];
            default -> null;
        };
    }

    private byte[] getTcpLevel(VirtualSocket socket, int name, long nowNanos) {
        SocketOptions options = socket.options;
        return switch (name) {
            case SocketConstants.TCP_NODELAY -> integer(options.noDelay() ? 1 : 0);
            case SocketConstants.TCP_CORK -> integer(options.cork() ? 1 : 0);
            case SocketConstants.TCP_KEEPIDLE -> integer(options.keepAliveIdleSeconds());
            case SocketConstants.TCP_KEEPINTVL -> integer(options.keepAliveIntervalSeconds());
            case SocketConstants.TCP_KEEPCNT -> integer(options.keepAliveProbes());
            case SocketConstants.TCP_SYNCNT -> integer(options.synRetries());
            case SocketConstants.TCP_USER_TIMEOUT -> integer(options.userTimeoutMillis());
            case SocketConstants.TCP_NOTSENT_LOWAT -> integer(options.notSentLowatBytes() == Integer.MAX_VALUE ? -1 : options.notSentLowatBytes());
            case SocketConstants.TCP_INQ -> integer(socket.tellsInq ? 1 : 0);
            case SocketConstants.TCP_MAXSEG -> integer(segmentBytes(socket, nowNanos));
            case SocketConstants.TCP_FASTOPEN -> integer(socket.fastOpenQueue);
            case SocketConstants.TCP_FASTOPEN_CONNECT -> integer(socket.fastOpenConnect ? 1 : 0);
            case SocketConstants.TCP_FASTOPEN_NO_COOKIE -> integer(socket.fastOpenNoCookie ? 1 : 0);
            case SocketConstants.TCP_FASTOPEN_KEY -> socket.fastOpenKeys;
            case SocketConstants.TCP_INFO -> TcpInfoLayout.encode(socket, nowNanos);
            case SocketConstants.TCP_CC_INFO -> new byte[0];
            default -> null;
        };
    }

    private static int segmentBytes(VirtualSocket socket, long nowNanos) {
        TcpInfo info = socket.connection == null ? null : socket.connection.tcpInfo(nowNanos);
        return info == null ? socket.options.maxSegmentBytes() : info.sndMssBytes();
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
        if (level == SocketConstants.IPPROTO_TCP && name == SocketConstants.TCP_FASTOPEN_KEY) {
            return setFastOpenKeys(socket, value);
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

    /** One key or two, the second that until now. */
    private Outcome setFastOpenKeys(VirtualSocket socket, byte[] value) {
        if (value.length != KEY_BYTES && value.length != 2 * KEY_BYTES) {
            return Outcome.error(Errno.EINVAL);
        }
        socket.fastOpenKeys = value.clone();
        if (socket.listener != null) {
            fastOpen.configure(socket);
        }
        return Outcome.DONE;
    }

    private static Outcome setSocketLevel(VirtualSocket socket, int name, int number, byte[] value) {
        switch (name) {
            case SocketConstants.SO_REUSEADDR, SocketConstants.SO_MARK -> {
                // Addresses are always reused as far as RFC 6191 allows, and there is nothing a mark could choose.
            }
            case SocketConstants.SO_KEEPALIVE -> apply(socket, socket.options.toBuilder().keepAlive(number != 0));
            // As Linux: twice what was asked for, of which half is for what surrounds the payload.
            case SocketConstants.SO_SNDBUF -> apply(socket, socket.options.toBuilder().sendBufferBytes(doubled(number)));
            case SocketConstants.SO_RCVBUF -> apply(socket, socket.options.toBuilder().receiveBufferBytes(doubled(number)));
            case SocketConstants.SO_LINGER -> socket.lingerAtOnce = value.length >= 8 && number != 0 && seconds(value, 4) == 0;
            case SocketConstants.SO_SNDTIMEO -> socket.sendTimeoutNanos = timeoutNanos(value);
            case SocketConstants.SO_RCVTIMEO -> socket.receiveTimeoutNanos = timeoutNanos(value);
            default -> {
                return Outcome.error(Errno.ENOPROTOOPT);
            }
        }
        return Outcome.DONE;
    }

    private static int doubled(int bytes) {
        return 2 * Math.clamp(bytes, MIN_BUFFER_BYTES / 2, MAX_BUFFER_BYTES / 2);
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

    private Outcome setTcpLevel(VirtualSocket socket, int name, int number) {
        switch (name) {
            case SocketConstants.TCP_INQ -> {
                if (number < 0 || number > 1) {
                    return Outcome.error(Errno.EINVAL);
                }
                socket.tellsInq = number != 0;
            }
            case SocketConstants.TCP_FASTOPEN -> socket.fastOpenQueue = Math.max(number, 0);
            case SocketConstants.TCP_FASTOPEN_CONNECT -> {
                if (!fastOpen.mayOpen()) {
                    return Outcome.error(Errno.EOPNOTSUPP);
                }
                if (socket.connection != null || socket.listener != null || number < 0 || number > 1) {
                    return Outcome.error(Errno.EINVAL);
                }
                socket.fastOpenConnect = number != 0;
            }
            case SocketConstants.TCP_FASTOPEN_NO_COOKIE -> {
                if (socket.connection != null || number < 0 || number > 1) {
                    return Outcome.error(Errno.EINVAL);
                }
                socket.fastOpenNoCookie = number != 0;
            }
            default -> {
                return setTcpOption(socket, name, number);
            }
        }
        if (socket.listener != null) {
            fastOpen.configure(socket);
        }
        return Outcome.DONE;
    }

    private static Outcome setTcpOption(VirtualSocket socket, int name, int number) {
        SocketOptions.Builder builder = socket.options.toBuilder();
        SocketOptions.Builder changed = switch (name) {
            case SocketConstants.TCP_NODELAY -> builder.noDelay(number != 0);
            case SocketConstants.TCP_CORK -> builder.cork(number != 0);
            case SocketConstants.TCP_KEEPIDLE -> builder.keepAliveIdleSeconds(number);
            case SocketConstants.TCP_KEEPINTVL -> builder.keepAliveIntervalSeconds(number);
            case SocketConstants.TCP_KEEPCNT -> builder.keepAliveProbes(number);
            case SocketConstants.TCP_SYNCNT -> builder.synRetries(number);
            case SocketConstants.TCP_USER_TIMEOUT -> builder.userTimeoutMillis(number);
            case SocketConstants.TCP_NOTSENT_LOWAT -> builder.notSentLowatBytes(number < 0 ? Integer.MAX_VALUE : number); // unsigned
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
        if (socket.listener != null) {
            socket.listener.setSocketOptions(socket.options);
        }
    }
}
