package io.mptcp.cli.control;

import io.mptcp.cli.TextTable;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code mptcp paths}. */
@Command(name = "paths", description = "The paths of a running mptcp-tun: state, throughput, round trip, loss.", subcommands = PathsCommand.Set.class)
public final class PathsCommand extends DaemonCommand {
    @Override
    void run(ControlClient client) {
        if (json()) {
            printJson(client, "/v1/paths");
        } else {
            out().print(table(client.get("/v1/paths")));
        }
    }

    static String table(Json paths) {
        TextTable table = new TextTable("path", "state", "subflows", "in", "out", "srtt", "retrans", "received", "sent", "dropped");
        for (Json path : paths.list()) {
            table.add(path.get("device").text(), path.get("state").text(), path.get("subflows").text(), Units.bits(path.get("rx_bps").number()),
                    Units.bits(path.get("tx_bps").number()), Units.millis(path.get("srtt_ms").number()),
                    String.format(Locale.ROOT, "%.1f %%", path.get("retrans_percent").number()), Units.bytes(path.get("bytes_received").number()),
                    Units.bytes(path.get("bytes_sent").number()), path.get("segments_dropped").text());
        }
        return table.leftAligned();
    }

    /** {@code mptcp paths set}. */
    @Command(name = "set", description = "Switch a path on, off, or to backup. It holds until the daemon ends or reads its configuration again; connections follow at once.")
    static final class Set extends DaemonCommand {
        @Parameters(index = "0", paramLabel = "DEVICE", description = "The path, as 'mptcp paths' names it.")
        private String device;

        @Parameters(index = "1", paramLabel = "STATE", description = "on, backup (carries data only when no other path can) or off.")
        private String state;

        @Override
        void run(ControlClient client) {
            client.post("/v1/paths?" + ControlClient.parameter("device", device) + "&" + ControlClient.parameter("state", state));
        }
    }
}
