package io.mptcp.tun;

import io.mptcp.netty.linux.NetworkNamespace;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * Two namespaces joined by two veth pairs, as a host with two uplinks and a server behind both: {@code 10.71.1.0/24} on p1,
 * {@code 10.71.2.0/24} on p2, the like for IPv6, and a service address that is on neither. Everything is gone after {@link #close}.
 */
class TestNetwork implements AutoCloseable {
    static final String SERVER_V4 = "10.99.0.1";
    static final String SERVER_V6 = "fd99::1";
    private static final long COMMAND_SECONDS = 60;

    final String client = "tun-c-" + ProcessHandle.current().pid();
    final String server = "tun-s-" + ProcessHandle.current().pid();

    /** What keeps such a network from being made here; null when nothing does. */
    static String obstacle() {
        if (!"root".equals(System.getProperty("user.name"))) {
            return "needs root to make network namespaces";
        }
        if (!Files.exists(Path.of("/dev/net/tun"))) {
            return "needs /dev/net/tun";
        }
        for (String tool : List.of("ip", "curl")) {
            boolean found = List.of("/usr/sbin", "/sbin", "/usr/bin", "/bin").stream().anyMatch(dir -> Files.isExecutable(Path.of(dir, tool)));
            if (!found) {
                return "needs the program " + tool;
            }
        }
        String probe = "tun-probe-" + ProcessHandle.current().pid();
        try {
            if (execute("ip", "netns", "add", probe).exitCode() != 0) {
                return "network namespaces cannot be made here";
            }
            execute("ip", "netns", "del", probe);
            return null;
        } catch (IOException | InterruptedException e) {
            return "cannot run ip: " + e.getMessage();
        }
    }

    TestNetwork() throws IOException, InterruptedException {
        try {
            ip("netns", "add", client);
            ip("netns", "add", server);
            for (String namespace : List.of(client, server)) {
                ip("-n", namespace, "link", "set", "lo", "up");
                // Duplicate address detection keeps neighbour discovery from working for the first second or two.
                ip("netns", "exec", namespace, "sh", "-c", "echo 0 | tee /proc/sys/net/ipv6/conf/all/accept_dad"
                        + " /proc/sys/net/ipv6/conf/default/accept_dad");
            }
            for (int path = 1; path <= 2; path++) {
                addPath(path);
            }
            ip("-n", server, "addr", "add", SERVER_V4 + "/32", "dev", "lo");
            ip("-n", server, "addr", "add", SERVER_V6 + "/128", "dev", "lo", "nodad");
            execute("ip", "netns", "exec", server, "ip", "mptcp", "limits", "set", "subflow", "8", "add_addr_accepted", "8");
        } catch (IOException | InterruptedException | RuntimeException e) {
            close();
            throw e;
        }
    }

    private void addPath(int path) throws IOException, InterruptedException {
        String near = "p" + path;
        String far = "s" + path;
        ip("link", "add", near, "netns", client, "type", "veth", "peer", "name", far, "netns", server);
        String v4 = "10.71." + path + ".";
        String v6 = "fd71:" + path + "::";
        ip("-n", client, "addr", "add", v4 + "1/24", "dev", near);
        ip("-n", client, "addr", "add", v6 + "1/64", "dev", near, "nodad");
        ip("-n", server, "addr", "add", v4 + "2/24", "dev", far);
        ip("-n", server, "addr", "add", v6 + "2/64", "dev", far, "nodad");
        ip("-n", client, "link", "set", near, "up");
        ip("-n", server, "link", "set", far, "up");
        ip("-n", client, "route", "add", SERVER_V4, "via", v4 + "2", "dev", near, "metric", Integer.toString(100 * path));
        ip("-n", client, "-6", "route", "add", SERVER_V6, "via", v6 + "2", "dev", near, "metric", Integer.toString(100 * path));
    }

    NetworkNamespace serverNamespace() {
        return NetworkNamespace.named(server);
    }

    NetworkNamespace clientNamespace() {
        return NetworkNamespace.named(client);
    }

    /** A process in the client's namespace; its process id is the program's own. */
    Process startInClient(List<String> command, ProcessBuilder.Redirect errors) throws IOException {
        List<String> line = new ArrayList<>(List.of("ip", "netns", "exec", client));
        line.addAll(command);
        return new ProcessBuilder(line).redirectError(errors).start();
    }

    Result inClient(String... command) throws IOException, InterruptedException {
        List<String> line = new ArrayList<>(List.of("ip", "netns", "exec", client));
        line.addAll(List.of(command));
        return execute(line.toArray(String[]::new));
    }

    /** All that {@code ip} shows of the client's interfaces, addresses, routes and rules. */
    String clientState() throws IOException, InterruptedException {
        StringBuilder state = new StringBuilder();
        for (String what : List.of("link", "addr", "route show table all", "-6 route show table all", "rule", "-6 rule")) {
            List<String> line = new ArrayList<>(List.of("ip", "-n", client));
            line.addAll(List.of(what.split(" ")));
            state.append(what).append(":\n").append(execute(line.toArray(String[]::new)).output()).append('\n');
        }
        // Life times change by themselves, and link-local addresses with their routes come some time after the rest.
        return state.toString().lines().filter(line -> !line.contains("fe80") && !line.contains("multicast") && !line.contains("_lft")
                && !line.contains("Peer netns reference is invalid")) // ip on the namespace of another test that has just gone
                .collect(Collectors.joining("\n"));
    }

    static void ip(String... arguments) throws IOException, InterruptedException {
        List<String> line = new ArrayList<>(List.of("ip"));
        line.addAll(List.of(arguments));
        Result result = execute(line.toArray(String[]::new));
        if (result.exitCode() != 0) {
            throw new IOException(String.join(" ", line) + ": " + result.output());
        }
    }

    record Result(int exitCode, String output) {
    }

    private static Result execute(String... command) throws IOException, InterruptedException {
        Path output = Files.createTempFile("command", ".txt");
        try {
            Process process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile()).start();
            if (!process.waitFor(COMMAND_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IOException(String.join(" ", command) + ": no end within " + COMMAND_SECONDS + " s");
            }
            return new Result(process.exitValue(), Files.readString(output, StandardCharsets.UTF_8));
        } finally {
            Files.delete(output);
        }
    }

    @Override
    public void close() {
        for (String namespace : List.of(client, server)) {
            try {
                execute("ip", "netns", "del", namespace);
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
