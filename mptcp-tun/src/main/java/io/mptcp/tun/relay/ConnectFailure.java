package io.mptcp.tun.relay;

import java.net.ConnectException;
import java.net.NoRouteToHostException;

/** Why a destination could not be connected to, as far as Netty tells: of an ICMP message, or of a route that is missing here, only that there was one. */
enum ConnectFailure {
    REFUSED, UNREACHABLE, TIMED_OUT, OTHER;

    static ConnectFailure of(Throwable failure) {
        String said = String.valueOf(failure.getMessage());
        return switch (failure) {
            case ConnectException _ when said.contains("refused") -> REFUSED;
            case NoRouteToHostException _ -> UNREACHABLE;
            case ConnectException _ when said.contains("timed out") -> TIMED_OUT;
            default -> OTHER;
        };
    }
}
