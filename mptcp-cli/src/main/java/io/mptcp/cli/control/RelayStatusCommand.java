package io.mptcp.cli.control;

import io.mptcp.cli.TextTable;
import java.util.Map;
import picocli.CommandLine.Command;

/** {@code mptcp relay}. */
@Command(name = "relay", description = "What a running relay does (--socket /run/mptcp-tun/relay.sock): its users, and what it has refused.")
public final class RelayStatusCommand extends DaemonCommand {
    @Override
    void run(ControlClient client) {
        if (json()) {
            printJson(client, "/v1/relay");
            return;
        }
        Json relay = client.get("/v1/relay");
        out().printf("connections: %d now, %d of them half open%n%n", relay.get("connections").whole(), relay.get("half_open").whole());
        TextTable users = new TextTable("user", "now", "so far", "refused", "sent", "received", "rate", "quota");
        for (Json user : relay.get("users").list()) {
            users.add(user.get("name").text(), user.get("connections").text(), user.get("accepted").text(), user.get("refused").text(),
                    Units.bytes(user.get("sent_bytes").number()), Units.bytes(user.get("received_bytes").number()), rate(user), quota(user));
        }
        out().print(users.leftAligned());
        TextTable refused = new TextTable("refused", "times");
        for (Map.Entry<?, ?> reason : relay.get("refused").map().entrySet()) {
            if (!"0".equals(reason.getValue().toString())) {
                refused.add(reason.getKey().toString(), reason.getValue().toString());
            }
        }
        out().println();
        out().print(refused.leftAligned());
    }

    private static String rate(Json user) {
        return user.map().containsKey("rate") ? user.get("rate").text() + ", waited " + user.get("waits").text() + " times" : "";
    }

    private static String quota(Json user) {
        return user.map().containsKey("quota") ? Units.bytes(user.get("quota_used_bytes").number()) + " of " + user.get("quota").text() : "";
    }
}
