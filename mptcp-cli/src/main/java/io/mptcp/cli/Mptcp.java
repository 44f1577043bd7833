package io.mptcp.cli;

import io.mptcp.cli.bench.BenchCommand;
import io.mptcp.cli.check.CheckCommand;
import io.mptcp.cli.control.CaptureCommand;
import io.mptcp.cli.control.CongestionCommand;
import io.mptcp.cli.control.ConnectionsCommand;
import io.mptcp.cli.control.EndpointCommand;
import io.mptcp.cli.control.LimitsCommand;
import io.mptcp.cli.control.MonitorCommand;
import io.mptcp.cli.control.PathsCommand;
import io.mptcp.cli.control.RelayStatusCommand;
import io.mptcp.cli.control.ReloadCommand;
import io.mptcp.cli.control.SchedulerCommand;
import io.mptcp.cli.control.StatusCommand;
import io.mptcp.cli.control.TopCommand;
import io.mptcp.cli.demo.DemoCommand;
import io.mptcp.cli.dump.DumpCommand;
import io.mptcp.cli.perf.PerfCommand;
import io.mptcp.cli.simulate.SimulateCommand;
import io.mptcp.cli.testport.TestPortCommand;
import io.mptcp.cli.testport.TestPortControlCommand;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The {@code mptcp} command. */
@Command(name = "mptcp",
        description = "Multipath TCP (RFC 8684) in user space.",
        synopsisSubcommandLabel = "COMMAND",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:success", "1:it was tried and failed", "2:wrong usage or configuration"},
        subcommands = {CatCommand.class, CheckCommand.class, DemoCommand.class, BenchCommand.class, DumpCommand.class, PerfCommand.class, SimulateCommand.class,
            StatusCommand.class, ConnectionsCommand.class, PathsCommand.class, EndpointCommand.class, LimitsCommand.class, SchedulerCommand.class, CongestionCommand.class, MonitorCommand.class,
            TopCommand.class, CaptureCommand.class, ReloadCommand.class, RelayStatusCommand.class, TestPortCommand.class, TestPortControlCommand.class})
public final class Mptcp implements Runnable {
    @Mixin
    private CommonOptions common;

    @Spec
    private CommandSpec spec;

    public static void main(String[] args) {
        CommandLines.runAndExit(commandLine(), args);
    }

    static CommandLine commandLine() {
        CommandLine line = CommandLines.of(new Mptcp());
        // The one name it has beside its own command, mptcp-tun.
        CommandLine tun = TunCommand.commandLine();
        tun.getCommandSpec().name("tun");
        // What follows the first word belongs to the command it forwards.
        line.getSubcommands().get("testport-ctl").setStopAtPositional(true);
        return line.addSubcommand(tun);
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "a command is missing: one of " + String.join(", ", spec.subcommands().keySet()));
    }
}
