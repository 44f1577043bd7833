package io.mptcp.cli;

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
        subcommands = {CatCommand.class, TunCommand.class})
public final class Mptcp implements Runnable {
    @Mixin
    private CommonOptions common;

    @Spec
    private CommandSpec spec;

    public static void main(String[] args) {
        CommandLines.runAndExit(new Mptcp(), args);
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "a command is missing: one of " + String.join(", ", spec.subcommands().keySet()));
    }
}
