package io.mptcp.cli.bench;

import io.mptcp.cli.CommonOptions;
import io.mptcp.cli.bench.failover.FailoverCommand;
import io.mptcp.cli.bench.failover.LaptopCommand;
import io.mptcp.cli.bench.multipath.MessagesCommand;
import io.mptcp.cli.bench.multipath.MultipathCommand;
import io.mptcp.cli.bench.multipath.NeverSlowerCommand;
import io.mptcp.cli.bench.scale.ScaleCommand;
import io.mptcp.cli.bench.speed.SpeedCommand;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code mptcp bench}. */
@Command(name = "bench",
        description = "Measures this stack against the Linux kernel's.",
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {WanCommand.class, FairnessCommand.class, SpeedCommand.class, ScaleCommand.class, FailoverCommand.class, LaptopCommand.class,
            MultipathCommand.class, NeverSlowerCommand.class, MessagesCommand.class})
public final class BenchCommand implements Runnable {
    @Mixin
    private CommonOptions common;

    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "a command is missing: one of " + String.join(", ", spec.subcommands().keySet()));
    }
}
