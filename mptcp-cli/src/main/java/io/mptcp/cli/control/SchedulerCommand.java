package io.mptcp.cli.control;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code mptcp scheduler}. */
@Command(name = "scheduler", description = "The packet schedulers of a running mptcp-tun; * is the one in use.", subcommands = SchedulerCommand.Set.class)
public final class SchedulerCommand extends ChoiceCommand {
    public SchedulerCommand() {
        super("/v1/scheduler");
    }

    /** {@code mptcp scheduler set}. */
    @Command(name = "set", description = "Use another packet scheduler, at once: for all connections, or for one.")
    static final class Set extends DaemonCommand {
        @Parameters(paramLabel = "NAME", description = "The scheduler, as 'mptcp scheduler' names it.")
        private String name;

        @Option(names = "--token", paramLabel = "TOKEN", description = "For the connection with this local token only.")
        private String token;

        @Override
        void run(ControlClient client) {
            client.post("/v1/scheduler?" + ControlClient.parameter("name", name) + (token == null ? "" : "&" + ControlClient.parameter("token", token)));
        }
    }
}
