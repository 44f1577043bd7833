package io.mptcp.cli.control;

import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code mptcp connections}. */
@Command(name = "connections", aliases = "conn",
        description = "The connections a running mptcp-tun carries: what ss -Mti shows, each path's share, and why a path is not used.")
public final class ConnectionsCommand extends DaemonCommand {
    /** Fields of mptcp_info that ss prints, under its names, as far as they are not 0. */
    private static final String[] INFO = {"subflows", "add_addr_signal", "add_addr_accepted", "bytes_sent", "bytes_acked", "bytes_received", "bytes_retrans",
        "retransmits", "last_data_sent", "last_data_recv", "last_ack_recv"};

    @Option(names = "--token", paramLabel = "TOKEN", description = "Only the connection with this local token.")
    private String token;

    @Override
    void run(ControlClient client) {
        String target = "/v1/connections" + (token == null ? "" : "?" + ControlClient.parameter("token", token));
        if (json()) {
            printJson(client, target);
            return;
        }
        for (Json connection : client.get(target).list()) {
            print(connection);
        }
    }

    private void print(Json connection) {
        StringBuilder head = new StringBuilder();
        head.append(connection.get("source").text()).append(" -> ").append(connection.get("destination").text())
                .append("  ").append(connection.get("state").text()).append(' ').append(Units.seconds(connection.get("age_seconds").number()))
                .append("  by ").append(connection.get("origin").text())
                .append(connection.get("relay").text() == null ? "" : " via " + connection.get("relay").text());
        if (connection.get("fallback").flag()) {
            head.append("  plain TCP");
        } else if (connection.get("token").text() != null) {
            head.append("  token ").append(connection.get("token").text());
        }
        out().println(head.append("  scheduler ").append(connection.get("scheduler").text()));
        Json info = connection.get("mptcp_info");
        StringBuilder line = new StringBuilder("    ");
        for (String field : INFO) {
            Json value = info.get("mptcpi_" + field);
            if (value.number() != 0) {
                line.append(' ').append(field).append(':').append(value.text());
            }
        }
        out().println(line.append(" unsent:").append(connection.get("unsent_bytes").text()).append(" unacked:").append(connection.get("unacked_bytes").text()));
        for (Json subflow : connection.get("subflows").list()) {
            printSubflow(subflow);
        }
        for (Json path : connection.get("unused_paths").list()) {
            out().printf("  %-8s not used: %s%n", path.get("device").text(), path.get("not_used").text());
        }
    }

    private void printSubflow(Json subflow) {
        out().printf("  %-8s %s%s %s -> %s%n", subflow.get("link").text(), subflow.get("state").text(), subflow.get("backup").flag() ? " backup" : "",
                subflow.get("local").text(), subflow.get("remote").text());
        out().printf("           share:%.0f%% srtt:%s rttvar:%s cwnd:%s in_flight:%s sent:%s received:%s retrans:%s rto:%s mss:%s%n",
                subflow.get("share_percent").number(), compact(Units.millis(subflow.get("srtt_ms").number())),
                compact(Units.millis(subflow.get("rttvar_ms").number())), subflow.get("cwnd_bytes").text(), subflow.get("in_flight_bytes").text(),
                compact(Units.bytes(subflow.get("bytes_sent").number())), compact(Units.bytes(subflow.get("bytes_received").number())),
                compact(Units.bytes(subflow.get("bytes_retrans").number())), compact(Units.millis(subflow.get("rto_ms").number())),
                subflow.get("mss").text());
        if (subflow.get("not_used").text() != null) {
            out().printf(Locale.ROOT, "           not used: %s%n", subflow.get("not_used").text());
        }
    }

    private static String compact(String text) {
        return text.replace(" ", "");
    }
}
