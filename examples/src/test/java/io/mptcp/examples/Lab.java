package io.mptcp.examples;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mptcp.testkit.JavaProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Two network namespaces with two cables between them, gone with {@link #close}: a client with the devices {@code a0} and {@code a1}, and a server whose
 * address {@link #SERVER} both lead to, and whose kernel takes joins.
 */
final class Lab implements AutoCloseable {
    static final String SERVER = "10.86.0.2";

    final String client;
    final String server;

    private Lab(String client, String server) {
        this.client = client;
        this.server = server;
    }

    /** Skips the test where namespaces cannot be made. */
    static Lab orSkip() {
        assumeTrue("root".equals(System.getProperty("user.name")), "needs root to make network namespaces");
        assumeTrue(exists("ip"), "needs the ip command (iproute2)");
        String prefix = "examples-" + ProcessHandle.current().pid();
        Lab lab = new Lab(prefix + "-client", prefix + "-server");
        assumeTrue(tryRun("ip", "netns", "add", lab.client), "network namespaces cannot be made here");
        try {
            lab.setUp();
            return lab;
        } catch (RuntimeException e) {
            lab.close();
            throw e;
        }
    }

    private void setUp() {
        run("ip", "netns", "add", server);
        for (int path = 0; path < 2; path++) {
            run("ip", "-n", client, "link", "add", "a" + path, "type", "veth", "peer", "name", "b" + path, "netns", server);
            end(client, "a" + path, "10.86." + path + ".1/24");
            end(server, "b" + path, "10.86." + path + ".2/24");
        }
        run("ip", "-n", client, "link", "set", "lo", "up");
        run("ip", "-n", server, "link", "set", "lo", "up");
        run("ip", "-n", client, "route", "add", SERVER, "via", "10.86.1.2", "dev", "a1", "metric", "200");
        run("ip", "-n", server, "mptcp", "limits", "set", "subflows", "4", "add_addr_accepted", "4");
    }

    private static void end(String namespace, String device, String address) {
        run("ip", "-n", namespace, "addr", "add", address, "dev", device);
        run("ip", "-n", namespace, "link", "set", device, "up");
    }

    /** A counter of the server's kernel, as {@code nstat} names it less its prefix. */
    long serverCounter(String name) throws IOException {
        String[] lines = output(List.of("ip", "netns", "exec", server, "cat", "/proc/net/netstat")).split("\n");
        for (int i = 0; i + 1 < lines.length; i += 2) {
            int column = Arrays.asList(lines[i].split(" ")).indexOf(name);
            if (column >= 0) {
                return Long.parseLong(lines[i + 1].split(" ")[column]);
            }
        }
        throw new IOException("this kernel has no counter " + name);
    }

    /** Runs an example in the client's namespace, as its user would. @return what it printed */
    String runExample(Class<?> example, String... arguments) throws IOException {
        return output(JavaProcess.command(List.of("ip", "netns", "exec", client), example.getName(), arguments));
    }

    static boolean exists(String program) {
        return Arrays.stream(System.getenv().getOrDefault("PATH", "").split(":")).anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
    }

    static void run(String... command) {
        try {
            output(List.of(command));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean tryRun(String... command) {
        try {
            output(List.of(command));
            return true;
        } catch (IOException _) {
            return false;
        }
    }

    private static String output(List<String> command) throws IOException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        try {
            String output = new String(process.getInputStream().readAllBytes());
            if (!process.waitFor(60, TimeUnit.SECONDS) || process.exitValue() != 0) {
                throw new IOException(String.join(" ", command) + ": " + output.strip());
            }
            return output;
        } catch (InterruptedException e) {
            throw new IOException(e);
        } finally {
            process.destroyForcibly();
        }
    }

    @Override
    public void close() {
        tryRun("ip", "netns", "del", client);
        tryRun("ip", "netns", "del", server);
    }
}
