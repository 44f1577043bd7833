package io.mptcp.cli.control;

import java.util.List;
import java.util.TreeSet;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code mptcp limits}: the grammar of {@code ip mptcp limits}. */
@Command(name = "limits", description = "How many subflows connections of a running mptcp-tun may have, in the grammar of 'ip mptcp limits'.",
        subcommands = {LimitsCommand.Set.class, LimitsCommand.Show.class})
public final class LimitsCommand extends DaemonCommand {
    @Override
    void run(ControlClient client) {
        show(this, client);
    }

    private static void show(DaemonCommand command, ControlClient client) {
        if (command.json()) {
            command.printJson(client, "/v1/limits");
            return;
        }
        Json limits = client.get("/v1/limits");
        command.out().println("add_addr_accepted " + limits.get("add_addr_accepted").text() + " subflows " + limits.get("subflows").text() + " ");
    }

    /** {@code mptcp limits show}. */
    @Command(name = "show", description = "Print them.")
    static final class Show extends DaemonCommand {
        @Override
        void run(ControlClient client) {
            show(this, client);
        }
    }

    /** {@code mptcp limits set}. */
    @Command(name = "set", description = "mptcp limits set [subflows NR] [add_addr_accepted NR]")
    static final class Set extends DaemonCommand {
        @Spec
        private CommandSpec spec;

        @Parameters(arity = "2..*", paramLabel = "WORD")
        private List<String> words;

        @Override
        void run(ControlClient client) {
            IpWords read = new IpWords(words, spec.commandLine()).read(new TreeSet<>(List.of("subflow", "subflows", "add_addr_accepted")), new TreeSet<>(), false);
            client.post("/v1/limits?" + read.query());
        }
    }
}
