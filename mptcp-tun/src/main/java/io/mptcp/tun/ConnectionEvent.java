package io.mptcp.tun;

import io.mptcp.netty.EventText;
import io.mptcp.netty.JsonWriter;
import io.mptcp.spi.PathEvent;
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
        return EventText.line(event, path);
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
