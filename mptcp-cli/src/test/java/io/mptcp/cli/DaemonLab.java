package io.mptcp.cli;

import io.mptcp.cli.lab.Lab;
import io.mptcp.cli.lab.LabNamespace;
import io.mptcp.cli.lab.LabProcess;
import io.mptcp.cli.lab.LabRequirements;
import io.mptcp.cli.lab.LinkProfile;
import io.mptcp.cli.lab.TwoPathLab;
import io.mptcp.netty.linux.KernelMptcp;
import io.mptcp.testkit.JavaProcess;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import picocli.CommandLine;

/** A running {@code mptcp-tun} between two slow paths and a file server of the kernel, and the {@code mptcp} command to ask it. */
final class DaemonLab implements AutoCloseable {
    static final int MPTCP_PORT = 8080;
    private static final Duration PATIENCE = Duration.ofSeconds(120);

    final Lab lab;
    final TwoPathLab network;
    final Path directory;
    final Path socket;
    final Path config;
    LabProcess daemon;

    private DaemonLab(Lab lab, Path directory, LinkProfile[] profiles) {
        this.lab = lab;
        this.directory = directory;
        this.socket = directory.resolve("control.sock");
        this.config = directory.resolve("mptcp-tun.yaml");
        this.network = TwoPathLab.create(lab, profiles);
        network.serveFiles(MPTCP_PORT, null);
    }

    /** What is missing for it here; null when nothing is. */
    static String obstacle() {
        List<String> missing = LabRequirements.missing();
        return !missing.isEmpty() ? missing.getFirst() : KernelMptcp.available() ? null : "needs a kernel with MPTCP";
    }

    static DaemonLab create(Path directory, LinkProfile... profiles) {
        Lab lab = Lab.create();
        try {
            return new DaemonLab(lab, directory, profiles);
        } catch (RuntimeException e) {
            lab.close();
            throw e;
        }
    }

    /** Starts the daemon over two paths. @param more lines of its configuration */
    void start(String more) throws IOException {
        start(List.of("p1", "p2"), more);
    }

    void start(List<String> paths, String more) throws IOException {
        Files.writeString(config, configuration(paths, more));
        daemon = launch("run", "--config", config.toString());
        daemon.awaitLine("ready", PATIENCE);
    }

    String configuration(List<String> paths, String more) {
        StringBuilder yaml = new StringBuilder("""
                tun: {device: mptcp0, address: 10.255.0.1/30, address6: 'fd00:6d70::1/64', routes: [%s, '%s']}
                control: {socket: '%s'}
                """.formatted(TwoPathLab.SERVICE_V4, TwoPathLab.SERVICE_V6, socket));
        yaml.append("paths:\n");
        paths.forEach(path -> yaml.append("  - device: ").append(path).append('\n'));
        return yaml.append(more).toString();
    }

    /** {@code mptcp-tun} with these arguments in the client's namespace. */
    LabProcess launch(String... arguments) {
        return launch(network.client(), arguments);
    }

    /** {@code mptcp-tun} with these arguments. */
    LabProcess launch(LabNamespace where, String... arguments) {
        return launch(where, List.of(), arguments);
    }

    /** {@code mptcp-tun} with these arguments, started by another program. */
    LabProcess launch(LabNamespace where, List<String> starter, String... arguments) {
        return launch(where, starter, MptcpTun.class, arguments);
    }

    /** {@code mptcp} with these arguments, as a process of its own. */
    LabProcess launchMptcp(LabNamespace where, List<String> starter, String... arguments) {
        return launch(where, starter, Mptcp.class, arguments);
    }

    private static LabProcess launch(LabNamespace where, List<String> starter, Class<?> main, String... arguments) {
        return where.start(JavaProcess.command(starter, main.getName(), arguments));
    }

    /** {@code curl} in the client's namespace, its body thrown away unless {@code -o} says otherwise. */
    LabProcess curl(String... arguments) {
        List<String> command = new ArrayList<>(List.of("curl", "-sS", "-g", "--noproxy", "*", "--max-time", "100"));
        if (!List.of(arguments).contains("-o")) {
            command.addAll(List.of("-o", "/dev/null"));
        }
        command.addAll(List.of(arguments));
        return network.client().start(command);
    }

    static String url(int port, long bytes) {
        return "http://" + TwoPathLab.SERVICE_V4 + ":" + port + "/file?bytes=" + bytes;
    }

    record Said(int code, String out, String err) {
    }

    /** The {@code mptcp} command, asking this daemon. */
    Said mptcp(String... arguments) {
        return ask(socket, arguments);
    }

    /** The {@code mptcp} command, asking whoever listens there. */
    Said ask(Path socket, String... arguments) {
        List<String> line = new ArrayList<>(List.of(arguments));
        if (!arguments[0].equals("dump")) {
            line.addAll(List.of("--socket", socket.toString()));
        }
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        CommandLine command = Mptcp.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
        int code = command.execute(line.toArray(String[]::new));
        return new Said(code, out.toString(), err.toString());
    }

    /** Asks until the answer has all of these. @return the answer */
    String await(List<String> patterns, String... arguments) {
        long deadlineNanos = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            Said said = mptcp(arguments);
            if (patterns.stream().allMatch(pattern -> said.out().matches("(?s).*" + pattern + ".*"))) {
                return said.out();
            }
            if (System.nanoTime() > deadlineNanos) {
                throw new AssertionError("mptcp " + String.join(" ", arguments) + " never had " + patterns + ": " + said + "\n" + daemon.lines());
            }
            pause();
        }
    }

    static void await(String what, BooleanSupplier condition) {
        long deadlineNanos = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadlineNanos) {
                throw new AssertionError("never: " + what);
            }
            pause();
        }
    }

    static void pause() {
        try {
            Thread.sleep(50);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        lab.close();
    }
}
