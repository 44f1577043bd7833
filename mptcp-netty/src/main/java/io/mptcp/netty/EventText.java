package io.mptcp.netty;

import io.mptcp.spi.PathEvent;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;

/** Events of connections and paths for people to read. */
public final class EventText {
    private EventText() {
    }

    /**
     * As {@code ip mptcp monitor} prints it; what it has no word for comes last.
     *
     * @param path name of the path the event is about, null for none
     */
    public static String line(PathEvent event, String path) {
        StringBuilder line = new StringBuilder(String.format("[%14s]", event.type()));
        if (event.token() != 0) {
            line.append(String.format(" token=%08x", event.token()));
        }
        if (event.remId() >= 0) {
            line.append(" remid=").append(event.remId());
        }
        if (event.locId() >= 0) {
            line.append(" locid=").append(event.locId());
        }
        appendAddresses(line, event.local(), event.remote());
        if (event.backup()) {
            line.append(" backup=1");
        }
        if (event.error() != 0) {
            line.append(" error=").append(event.error());
        }
        if (event.flags() != 0) {
            line.append(" flags=").append(Integer.toHexString(event.flags()));
        }
        if (event.resetReason() >= 0) {
            line.append(" reset_reason=").append(event.resetReason()).append(" reset_flags=").append(event.resetFlags());
        }
        if (path != null) {
            line.append(" dev=").append(path);
        }
        return event.detail().isEmpty() ? line.toString() : line.append(" (").append(event.detail()).append(')').toString();
    }

    private static void appendAddresses(StringBuilder line, IpEndpoint local, IpEndpoint remote) {
        if (local != null) {
            append(line, "s", local);
        }
        if (remote != null) {
            append(line, "d", remote);
        }
        if (local != null) {
            line.append(" sport=").append(local.port());
        }
        if (remote != null) {
            line.append(" dport=").append(remote.port());
        }
    }

    private static void append(StringBuilder line, String which, IpEndpoint endpoint) {
        IpAddress address = endpoint.address();
        line.append(' ').append(which).append("addr").append(address.isIpv4() ? '4' : '6').append('=').append(address);
    }
}
