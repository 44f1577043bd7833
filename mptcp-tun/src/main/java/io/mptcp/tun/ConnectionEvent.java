package io.mptcp.tun;

import io.mptcp.netty.JsonWriter;
import io.mptcp.spi.PathEvent;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import java.time.Instant;
import java.util.Locale;

/**
 * An event for people and programs.
 *
 * @param number counts up by one from the start of the daemon
 * @param time   when
 * @param path   device, null for none
 */
record ConnectionEvent(long number, Instant time, String path, PathEvent event) {
    /** As {@code ip mptcp monitor} prints it; what it has no word for comes last. */
    String line() {
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
        appendAddresses(line);
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

    private void appendAddresses(StringBuilder line) {
        IpEndpoint local = event.local();
        IpEndpoint remote = event.remote();
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

    /** Members under the names of the kernel's netlink attributes. */
    String json() {
        JsonWriter json = new JsonWriter();
        json.beginObject()
                .member("number", number)
                .member("time", time.toString())
                .member("event", event.type().name().toLowerCase(Locale.ROOT))
                .member("token", event.token() == 0 ? null : String.format("%08x", event.token()))
                .member("path", path)
                .member("local", event.local() == null ? null : event.local().toString())
                .member("remote", event.remote() == null ? null : event.remote().toString());
        member(json, "subflow", event.subflowId());
        member(json, "loc_id", event.locId());
        member(json, "rem_id", event.remId());
        member(json, "reset_reason", event.resetReason());
        json.member("backup", event.backup())
                .member("server_side", event.serverSide())
                .member("error", event.error())
                .member("flags", event.flags())
                .member("detail", event.detail())
                .member("line", line());
        return json.endObject().toString();
    }

    private static void member(JsonWriter json, String name, int value) {
        if (value >= 0) {
            json.member(name, value);
        }
    }
}
