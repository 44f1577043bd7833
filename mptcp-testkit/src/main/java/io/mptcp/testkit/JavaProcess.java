package io.mptcp.testkit;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The command line of a Java process that a test starts, with the test's own Java and class path, and with assertions. */
public final class JavaProcess {
    private JavaProcess() {
    }

    /** A class with a {@code main} method, and its arguments. More may be added. */
    public static List<String> command(String mainClass, String... arguments) {
        return command(System.getProperty("java.class.path"), List.of(), mainClass, arguments);
    }

    /** As {@link #command(String, String...)}, started by another program, which comes first. */
    public static List<String> command(List<String> starter, String mainClass, String... arguments) {
        return command(System.getProperty("java.class.path"), starter, mainClass, arguments);
    }

    /** As {@link #command(List, String, String...)}, with another class path. */
    public static List<String> command(String classPath, List<String> starter, String mainClass, String... arguments) {
        List<String> command = new ArrayList<>(starter);
        // A process that lives for seconds spends most of them compiling: the better compiler would not pay.
        command.addAll(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-ea", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
                "-XX:-UsePerfData", "--enable-native-access=ALL-UNNAMED", "-cp", classPath, mainClass));
        command.addAll(List.of(arguments));
        return command;
    }
}
