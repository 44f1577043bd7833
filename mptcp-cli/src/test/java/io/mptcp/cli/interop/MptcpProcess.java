package io.mptcp.cli.interop;

import io.mptcp.cli.lab.LabNamespace;
import io.mptcp.cli.lab.LabProcess;
import io.mptcp.testkit.JavaProcess;
import java.util.List;

/** The {@code mptcp} command as a process of its own in a namespace, as a user would start it there. */
final class MptcpProcess {
    private MptcpProcess() {
    }

    /** Its standard output is left to the caller, its standard error is collected. */
    static LabProcess start(LabNamespace namespace, String... arguments) {
        return namespace.startPiped(command(List.of(), arguments));
    }

    /** @param prefix a program that starts the command, or nothing */
    static List<String> command(List<String> prefix, String... arguments) {
        return JavaProcess.command(prefix, "io.mptcp.cli.Mptcp", arguments);
    }
}
