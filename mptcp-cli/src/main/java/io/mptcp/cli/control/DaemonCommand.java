package io.mptcp.cli.control;

import io.mptcp.cli.CommandFailure;
import io.mptcp.cli.ExitCodes;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** What the commands to a daemon have in common. */
abstract class DaemonCommand implements Callable<Integer> {
    @Mixin
    private ControlOptions options;

    @Spec
    private CommandSpec spec;

    /** Does what the command is for. */
    abstract void run(ControlClient client);

    @Override
    public final Integer call() {
        run(options.client());
        out().flush();
        return ExitCodes.OK;
    }

    final boolean json() {
        return options.json();
    }

    final PrintWriter out() {
        return spec.commandLine().getOut();
    }

    /** The daemon's document as it is. */
    final void printJson(ControlClient client, String target) {
        out().print(client.text("GET", target));
    }

    final void checkOutput() {
        if (out().checkError()) {
            throw CommandFailure.silent(); // the reader has gone
        }
    }
}
