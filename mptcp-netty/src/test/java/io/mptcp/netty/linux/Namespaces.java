package io.mptcp.netty.linux;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Network namespaces of a test, made by {@code ip}, gone with {@link #close}. */
public final class Namespaces implements AutoCloseable {
    private static final AtomicInteger NUMBER = new AtomicInteger();

    private final List<String> names = new ArrayList<>();

    private Namespaces() {
    }

    /** Skips the test where namespaces cannot be made. */
    public static Namespaces orSkip() {
        assumeTrue(System.getProperty("os.name").equals("Linux"), "needs Linux");
        assumeTrue("root".equals(System.getProperty("user.name")), "needs root to make network namespaces");
        assumeTrue(run("ip", "-V").exitCode == 0, "needs the ip command (iproute2)");
        Namespaces namespaces = new Namespaces();
        Result probe = namespaces.tryAdd();
        assumeTrue(probe.exitCode == 0, "network namespaces cannot be made here: " + probe.output);
        return namespaces;
    }

    /** Adds a namespace with its loopback device up. @return its name */
    public String add() {
        Result result = tryAdd();
        if (result.exitCode != 0) {
            throw new IllegalStateException(result.output);
        }
        String name = names.getLast();
        ip(name, "link", "set", "lo", "up");
        // Neighbour discovery of IPv6 would wait a second or two for the link-local address.
        in(name).call(() -> Files.writeString(Path.of("/proc/sys/net/ipv6/conf/default/accept_dad"), "0"));
        return name;
    }

    private Result tryAdd() {
        String name = "linux-" + ProcessHandle.current().pid() + "-" + NUMBER.incrementAndGet();
        Result result = run("ip", "netns", "add", name);
        if (result.exitCode == 0) {
            names.add(name);
        }
        return result;
    }

    /** Joins two namespaces by a veth pair, both ends up. IPv6 addresses added later with {@code nodad} are usable at once. */
    public void veth(String left, String leftDevice, String right, String rightDevice) {
        ip(left, "link", "add", leftDevice, "type", "veth", "peer", "name", rightDevice, "netns", right);
        ip(left, "link", "set", leftDevice, "up");
        ip(right, "link", "set", rightDevice, "up");
    }

    public void address(String namespace, String device, String addressAndPrefix) {
        List<String> arguments = new ArrayList<>(List.of("addr", "add", addressAndPrefix, "dev", device));
        if (addressAndPrefix.contains(":")) {
            arguments.add("nodad");
        }
        ip(namespace, arguments.toArray(String[]::new));
    }

    /** Runs {@code ip} in a namespace. @return what it printed */
    public static String ip(String namespace, String... arguments) {
        List<String> command = new ArrayList<>(List.of("ip", "-n", namespace));
        command.addAll(List.of(arguments));
        Result result = run(command.toArray(String[]::new));
        if (result.exitCode != 0) {
            throw new IllegalStateException(String.join(" ", command) + ": " + result.output);
        }
        return result.output;
    }

    public static NetworkNamespace in(String name) {
        return NetworkNamespace.named(name);
    }

    private static Result run(String... command) {
        try {
            Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            process.waitFor(10, TimeUnit.SECONDS);
            return new Result(process.exitValue(), output);
        } catch (IOException e) {
            return new Result(-1, e.getMessage());
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        for (String name : names) {
            run("ip", "netns", "del", name);
        }
        names.clear();
    }

    private record Result(int exitCode, String output) {
    }
}
