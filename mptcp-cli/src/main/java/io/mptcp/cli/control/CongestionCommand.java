package io.mptcp.cli.control;

import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code mptcp congestion}. */
@Command(name = "congestion", description = "The congestion controls of a running mptcp-tun; * is the one of new connections.",
        subcommands = CongestionCommand.Set.class)
public final class CongestionCommand extends ChoiceCommand {
    public CongestionCommand() {
        super("/v1/congestion");
    }

    /** {@code mptcp congestion set}. */
    @Command(name = "set", description = "Use another congestion control for connections from now on.")
    static final class Set extends DaemonCommand {
        @Parameters(paramLabel = "NAME", description = "The congestion control, as 'mptcp congestion' names it.")
        private String name;

        @Override
        void run(ControlClient client) {
            client.post("/v1/congestion?" + ControlClient.parameter("name", name));
        }
    }
}
