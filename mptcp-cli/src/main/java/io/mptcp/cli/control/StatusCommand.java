package io.mptcp.cli.control;

import io.mptcp.cli.TextTable;
import java.util.Map;
import picocli.CommandLine.Command;

/** {@code mptcp status}. */
@Command(name = "status", description = "What a running mptcp-tun does: connections, paths, counters, destinations to which MPTCP gets lost.")
public final class StatusCommand extends DaemonCommand {
    /** Where only proxy listeners take connections there is none. */
    static String device(Json status) {
        String device = status.get("device").text();
        return device == null ? "" : " on " + device;
    }

    @Override
    void run(ControlClient client) {
        if (json()) {
            printJson(client, "/v1/status");
            return;
        }
        Json status = client.get("/v1/status");
        Json connections = status.get("connections");
        out().printf("mptcp-tun%s, up %s, scheduler %s, congestion control %s%n", device(status),
                Units.seconds(status.get("uptime_seconds").number()), status.get("scheduler").text(), status.get("congestion").text());
        out().printf("connections: %d now, %d so far, %d failed, %d rejected%n%n", connections.get("active").whole(), connections.get("accepted").whole(),
                connections.get("failed").whole(), connections.get("rejected").whole());
        out().print(PathsCommand.table(client.get("/v1/paths")));
        for (Json blackhole : status.get("blackholes").list()) {
            out().printf("%nMPTCP is lost on the way to %s over %s: connections there begin as plain TCP for another %s%n",
                    blackhole.get("remote").text(), blackhole.get("link").text(), Units.seconds(blackhole.get("seconds_left").number()));
        }
        Map<?, ?> counters = status.get("counters").map();
        if (!counters.isEmpty()) {
            TextTable table = new TextTable("counter", "value");
            counters.forEach((name, value) -> table.add(name.toString(), value.toString()));
            out().println();
            out().print(table.leftAligned());
        }
    }
}
