package io.mptcp.cli.interop;

import io.mptcp.cli.lab.LabNamespace;
import io.mptcp.cli.lab.LabProcess;
import java.nio.file.Path;
import java.util.ArrayList;
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
        List<String> command = new ArrayList<>(prefix);
        command.addAll(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC", "-XX:-UsePerfData", "--enable-native-access=ALL-UNNAMED",
                "-cp", System.getProperty("java.class.path"), "io.mptcp.cli.Mptcp"));
        command.addAll(List.of(arguments));
        return command;
    }
}
