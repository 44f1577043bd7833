package io.mptcp.tun;

import io.mptcp.netty.host.SetupException;
import io.mptcp.netty.linux.NetworkNamespace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/**
 * Runs one program behind the stack: in a network namespace of its own, whose only way out is a TUN device of this process. Works for every program, static
 * ones included. TCP gets out over all paths, UDP over one, nothing else; names are looked up over TCP ({@code use-vc} in resolv.conf). Needs root, iproute2 and util-linux.
 */
public final class NamespaceExec {
    /** With the process id of who made it, so that those of dead ones can be told. */
    private static final String PREFIX = "mptcp-exec-";
    private static final Path NAMESPACES = Path.of("/run/netns");
    private static final Path PER_NAMESPACE = Path.of("/etc/netns");
    /** The second is what systemd-resolved asks, which itself is on loopback. */
    private static final List<Path> RESOLVERS = List.of(Path.of("/etc/resolv.conf"), Path.of("/run/systemd/resolve/resolv.conf"));
    private static final long PATIENCE_SECONDS = 10;

    private final String name = PREFIX + ProcessHandle.current().pid();
    private final TunConfig config;

    private NamespaceExec(TunConfig config) {
        this.config = config;
    }

    /**
     * Runs the program to its end.
     *
     * @param config  its device is made in the namespace and should have routes for everything
     * @param user    whom to run it as, null for root
     * @param command program and arguments
     * @return its exit code
     * @throws SetupException with one line when this host does not let it
     */
    public static int run(TunConfig config, String user, List<String> command) throws SetupException {
        removeLeftovers();
        return new NamespaceExec(config).run(user, command);
    }

    private int run(String user, List<String> command) throws SetupException {
        // The terminal sends SIGINT to the program, too: what it makes of that is its business, and we end with it.
        Signal.handle(new Signal("INT"), SignalHandler.SIG_IGN);
        Thread cleanUp = new Thread(this::remove, "clean-up");
        Runtime.getRuntime().addShutdownHook(cleanUp);
        try {
            ip("netns", "add", name);
            ip("-n", name, "link", "set", "lo", "up");
            writeResolver();
            try (TunDaemon _ = TunDaemon.start(config, NetworkNamespace.named(name))) {
                return execute(user, command);
            }
        } finally {
            remove();
            try {
                Runtime.getRuntime().removeShutdownHook(cleanUp);
            } catch (IllegalStateException _) {
                // The process is ending, and it runs.
            }
        }
    }

    private int execute(String user, List<String> command) throws SetupException {
        List<String> line = new ArrayList<>(List.of("ip", "netns", "exec", name));
        // Without us it has no network: it does not outlive us.
        line.addAll(List.of("setpriv", "--pdeathsig", "TERM"));
        if (user != null) {
            line.addAll(List.of("--reuid", user, "--regid", group(user), "--init-groups", "--inh-caps=-all"));
        }
        line.addAll(command);
        try {
            Process process = new ProcessBuilder(line).inheritIO().start();
            Thread stop = new Thread(process::destroy, "stop");
            Runtime.getRuntime().addShutdownHook(stop);
            int code = process.waitFor();
            Runtime.getRuntime().removeShutdownHook(stop);
            return code;
        } catch (IOException e) {
            throw new SetupException(command.getFirst() + " cannot be run: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SetupException("interrupted", e);
        }
    }

    /** The primary group of a user, by number. */
    private static String group(String user) throws SetupException {
        try {
            Process id = new ProcessBuilder("id", "-g", user).redirectErrorStream(true).start();
            String said = new String(id.getInputStream().readAllBytes()).strip();
            if (id.waitFor() == 0) {
                return said;
            }
            throw new SetupException(said);
        } catch (IOException e) {
            throw new SetupException("the program id is needed: install coreutils", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SetupException("interrupted", e);
        }
    }

    /** {@code ip netns exec} puts it into the place of /etc/resolv.conf. */
    private void writeResolver() throws SetupException {
        try {
            List<String> lines = resolver(RESOLVERS);
            if (lines.stream().noneMatch(line -> line.startsWith("nameserver"))) {
                System.err.println("mptcp-tun: no name server but loopback ones in " + RESOLVERS.getFirst()
                        + ": names cannot be looked up, add one that can be reached from elsewhere");
            }
            Files.createDirectories(PER_NAMESPACE.resolve(name));
            Files.write(PER_NAMESPACE.resolve(name).resolve("resolv.conf"), lines);
        } catch (IOException e) {
            throw new SetupException(PER_NAMESPACE.resolve(name) + " cannot be written: " + e.getMessage(), e);
        }
    }

    /** Of the first file with name servers that are not on loopback: those would be others there. */
    static List<String> resolver(List<Path> files) throws IOException {
        List<String> lines = new ArrayList<>();
        for (Path file : files) {
            if (Files.isReadable(file) && lines.stream().noneMatch(line -> line.startsWith("nameserver"))) {
                lines.clear();
                lines.addAll(Files.readAllLines(file).stream()
                        .filter(line -> line.startsWith("nameserver") && !line.matches("nameserver\\s+(127\\.|::1\\b).*") || line.startsWith("search")).toList());
            }
        }
        lines.add("options use-vc");
        return lines;
    }

    private void remove() {
        remove(name);
    }

    private static void remove(String name) {
        try {
            Files.deleteIfExists(PER_NAMESPACE.resolve(name).resolve("resolv.conf"));
            Files.deleteIfExists(PER_NAMESPACE.resolve(name));
            if (Files.exists(NAMESPACES.resolve(name))) {
                ip("netns", "del", name);
            }
        } catch (IOException | SetupException e) {
            System.err.println("mptcp-tun: network namespace " + name + " is left: " + e.getMessage());
        }
    }

    /** Of processes that were killed. */
    private static void removeLeftovers() {
        if (!Files.isDirectory(NAMESPACES)) {
            return;
        }
        try (Stream<Path> all = Files.list(NAMESPACES)) {
            all.map(path -> path.getFileName().toString()).filter(name -> name.matches(PREFIX + "[0-9]+"))
                    .filter(name -> ProcessHandle.of(Long.parseLong(name.substring(PREFIX.length()))).isEmpty()).forEach(NamespaceExec::remove);
        } catch (IOException e) {
            // They are in nobody's way.
        }
    }

    private static void ip(String... arguments) throws SetupException {
        List<String> line = new ArrayList<>(List.of("ip"));
        line.addAll(List.of(arguments));
        try {
            Process process = new ProcessBuilder(line).redirectErrorStream(true).start();
            process.getOutputStream().close();
            String said = new String(process.getInputStream().readAllBytes()).strip();
            if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
                throw new SetupException(String.join(" ", line) + ": " + said.replaceAll("\\s*\\R\\s*", " ") + " (exec makes a network namespace: run it as root)");
            }
        } catch (IOException e) {
            throw new SetupException("the program ip is needed: install iproute2", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SetupException("interrupted", e);
        }
    }
}
