package io.mptcp.netty.socket;

import java.net.SocketException;
import java.net.SocketOption;
import java.net.SocketOptions;
import java.net.StandardSocketOptions;
import java.util.HashSet;
import java.util.Set;
import jdk.net.ExtendedSocketOptions;

/** The options of sockets, and how the numbers of {@link SocketOptions} correspond to the names that came later. */
final class SocketSettings {
    static final Set<SocketOption<?>> SERVER = Set.of(StandardSocketOptions.SO_RCVBUF, StandardSocketOptions.SO_REUSEADDR, StandardSocketOptions.IP_TOS,
            ExtendedSocketOptions.TCP_KEEPIDLE, ExtendedSocketOptions.TCP_KEEPINTERVAL, ExtendedSocketOptions.TCP_KEEPCOUNT);
    static final Set<SocketOption<?>> CLIENT = client();

    private SocketSettings() {
    }

    private static Set<SocketOption<?>> client() {
        Set<SocketOption<?>> options = new HashSet<>(SERVER);
        options.addAll(Set.of(StandardSocketOptions.SO_SNDBUF, StandardSocketOptions.SO_KEEPALIVE, StandardSocketOptions.SO_LINGER,
                StandardSocketOptions.TCP_NODELAY));
        return Set.copyOf(options);
    }

    /** @throws UnsupportedOperationException for an option that is not in the set */
    static void check(Set<SocketOption<?>> supported, SocketOption<?> option) {
        if (!supported.contains(option)) {
            throw new UnsupportedOperationException("'" + option + "' not supported");
        }
    }

    /** @throws IllegalArgumentException for a value that is none of the option */
    static void check(Set<SocketOption<?>> supported, SocketOption<?> option, Object value) {
        check(supported, option);
        boolean legal = option.type().isInstance(value);
        if (legal && value instanceof Integer number) {
            legal = option == StandardSocketOptions.SO_LINGER
                    || (option == StandardSocketOptions.IP_TOS ? number >= 0 && number <= 255 : number >= 0);
        }
        if (!legal) {
            throw new IllegalArgumentException("Invalid value '" + value + "'");
        }
    }

    /** @return null where there is none with a name */
    @SuppressWarnings("unchecked")
    static SocketOption<Object> named(int option) {
        SocketOption<?> named = switch (option) {
            case SocketOptions.TCP_NODELAY -> StandardSocketOptions.TCP_NODELAY;
            case SocketOptions.SO_KEEPALIVE -> StandardSocketOptions.SO_KEEPALIVE;
            case SocketOptions.SO_REUSEADDR -> StandardSocketOptions.SO_REUSEADDR;
            case SocketOptions.SO_LINGER -> StandardSocketOptions.SO_LINGER;
            case SocketOptions.SO_SNDBUF -> StandardSocketOptions.SO_SNDBUF;
            case SocketOptions.SO_RCVBUF -> StandardSocketOptions.SO_RCVBUF;
            case SocketOptions.IP_TOS -> StandardSocketOptions.IP_TOS;
            default -> null;
        };
        return (SocketOption<Object>) named;
    }

    static int timeout(Object value) throws SocketException {
        if (!(value instanceof Integer millis)) {
            throw new SocketException("Bad value for SO_TIMEOUT");
        }
        if (millis < 0) {
            throw new IllegalArgumentException("timeout < 0");
        }
        return millis;
    }
}
