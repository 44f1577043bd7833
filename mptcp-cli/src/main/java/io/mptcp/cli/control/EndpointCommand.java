package io.mptcp.cli.control;

import java.util.List;
import java.util.TreeSet;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code mptcp endpoint}: the grammar of {@code ip mptcp endpoint}. */
@Command(name = "endpoint", description = "The addresses a running mptcp-tun uses and announces, in the grammar of 'ip mptcp endpoint'.",
        subcommands = {EndpointCommand.Add.class, EndpointCommand.Change.class, EndpointCommand.Delete.class, EndpointCommand.Flush.class, EndpointCommand.Show.class})
public final class EndpointCommand extends DaemonCommand {
    private static final TreeSet<String> FLAGS = new TreeSet<>(List.of("signal", "subflow", "backup", "fullmesh", "laminar"));
    private static final TreeSet<String> CHANGES = new TreeSet<>(List.of("backup", "nobackup", "fullmesh", "nofullmesh"));

    @Override
    void run(ControlClient client) {
        show(this, client, null);
    }

    private static void show(DaemonCommand command, ControlClient client, String id) {
        if (command.json()) {
            command.printJson(client, "/v1/endpoints");
            return;
        }
        for (Json endpoint : client.get("/v1/endpoints").list()) {
            if (id == null || id.equals(endpoint.get("id").text())) {
                command.out().println(line(endpoint));
            }
        }
    }

    /** As ip prints it; an interface whose address is what routing says has none of its own. */
    private static String line(Json endpoint) {
        StringBuilder line = new StringBuilder(endpoint.get("address").text() == null ? "any" : endpoint.get("address").text());
        if (endpoint.get("port").whole() != 0) {
            line.append(" port ").append(endpoint.get("port").text());
        }
        line.append(" id ").append(endpoint.get("id").text()).append(' ');
        for (Object key : endpoint.map().keySet()) {
            if (endpoint.get(key.toString()).flag()) {
                line.append(key).append(' ');
            }
        }
        return endpoint.get("dev").text() == null ? line.toString() : line.append("dev ").append(endpoint.get("dev").text()).append(' ').toString();
    }

    /** {@code mptcp endpoint show}. */
    @Command(name = "show", aliases = {"list", "lst"}, description = "mptcp endpoint show [id ID]")
    static final class Show extends DaemonCommand {
        @Spec
        private CommandSpec spec;

        @Parameters(arity = "0..*", paramLabel = "[id ID]")
        private List<String> words;

        @Override
        void run(ControlClient client) {
            new IpWords(words, spec.commandLine()).read(new TreeSet<>(List.of("id")), new TreeSet<>(), false);
            show(this, client, words == null || words.size() < 2 ? null : words.get(1));
        }
    }

    /** {@code mptcp endpoint add}. */
    @Command(name = "add", description = "mptcp endpoint add [ADDRESS] [port NR] [id ID] [dev NAME] [signal|subflow|backup|fullmesh|laminar ...]. "
            + "Without an address: the whole interface, by whatever address routing gives.")
    static final class Add extends DaemonCommand {
        @Spec
        private CommandSpec spec;

        @Parameters(arity = "1..*", paramLabel = "WORD")
        private List<String> words;

        @Override
        void run(ControlClient client) {
            IpWords read = new IpWords(words, spec.commandLine()).read(new TreeSet<>(List.of("port", "id", "dev")), FLAGS, true);
            read.put("flags", read.flags());
            client.post("/v1/endpoints/add?" + read.query());
        }
    }

    /** {@code mptcp endpoint change}. */
    @Command(name = "change", description = "mptcp endpoint change id ID|ADDRESS [backup|nobackup] [fullmesh|nofullmesh]")
    static final class Change extends DaemonCommand {
        @Spec
        private CommandSpec spec;

        @Parameters(arity = "1..*", paramLabel = "WORD")
        private List<String> words;

        @Override
        void run(ControlClient client) {
            IpWords read = new IpWords(words, spec.commandLine()).read(new TreeSet<>(List.of("id", "port")), CHANGES, true);
            if (read.flags().isEmpty()) {
                throw read.wrong("what is to be changed: backup, nobackup, fullmesh or nofullmesh");
            }
            for (String flag : read.flags().split(",")) {
                read.put(flag.startsWith("no") ? flag.substring(2) : flag, flag.startsWith("no") ? "false" : "true");
            }
            client.post("/v1/endpoints/change?" + read.query());
        }
    }

    /** {@code mptcp endpoint delete}. */
    @Command(name = "delete", aliases = "del", description = "mptcp endpoint delete id ID [ADDRESS]; with id 0 the address that connections began with")
    static final class Delete extends DaemonCommand {
        @Spec
        private CommandSpec spec;

        @Parameters(arity = "1..*", paramLabel = "WORD")
        private List<String> words;

        @Override
        void run(ControlClient client) {
            client.post("/v1/endpoints/delete?" + new IpWords(words, spec.commandLine()).read(new TreeSet<>(List.of("id")), new TreeSet<>(), true).query());
        }
    }

    /** {@code mptcp endpoint flush}. */
    @Command(name = "flush", description = "Remove all endpoints: connections keep their first subflow only.")
    static final class Flush extends DaemonCommand {
        @Override
        void run(ControlClient client) {
            client.post("/v1/endpoints/flush");
        }
    }
}
