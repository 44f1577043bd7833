package io.mptcp.cli.lab;

import io.mptcp.netty.linux.NetworkNamespace;
import io.mptcp.netty.linux.Offloads;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;

/** One network namespace of a {@link Lab}. */
public final class LabNamespace {
    private static final int MAX_PARAMETER_BYTES = 256;
    /** What {@code ip} says when it looks for the name of a device's peer among all namespaces, and another laboratory's has just been removed. */
    private static final String STRANGER_GONE = "Error: Peer netns reference is invalid.\n";

    private final Lab lab;
    private final String name;

    LabNamespace(Lab lab, String name) {
        this.lab = lab;
        this.name = name;
    }

    /** Its name for {@code ip netns}. */
    public String name() {
        return name;
    }

    /**
     * Runs {@code ip} commands here, for instance {@code ip("addr add 10.0.0.1/24 dev p1", "link set p1 up")}.
     *
     * @throws LabException at the first that fails, with what {@code ip} said
     */
    public void ip(String... commands) {
        try {
            Command.run(List.of("ip", "-n", name, "-batch", "-"), String.join("\n", commands) + "\n");
        } catch (LabException e) {
            throw new LabException(e.getMessage() + " (commands: " + String.join(" | ", commands) + ")", e);
        }
    }

    /** What one {@code ip} command prints here. */
    public String ipOutput(String... arguments) {
        List<String> command = new ArrayList<>(List.of("ip", "-n", name));
        command.addAll(List.of(arguments));
        return Command.run(command, "").replace(STRANGER_GONE, "");
    }

    /** Gives a device an address, for instance {@code 10.0.0.1/24}; IPv6 addresses are usable at once. */
    public void address(String device, String addressAndPrefix) {
        ip("addr add " + addressAndPrefix + " dev " + device + (addressAndPrefix.contains(":") ? " nodad" : ""));
    }

    /** Sets a kernel parameter, for instance {@code net.ipv4.ip_forward}. */
    public void sysctl(String parameter, String value) {
        Path file = Path.of("/proc/sys", parameter.replace('.', '/'));
        call(() -> Files.writeString(file, value));
    }

    /**
     * Switches off what makes frames on a virtual device differ from frames on a wire: segmentation left to the device, checksums left out,
     * segments merged on arrival.
     */
    public void switchOffOffloads(String device) {
        call(() -> {
            Offloads.switchOff(device);
            return null;
        });
    }

    /** Starts a program here, with its output collected; {@link LabProcess#lines} has it. */
    public LabProcess start(List<String> command) {
        LabProcess process = launch(command, true);
        return process.collect(process.process().getInputStream());
    }

    /** Starts a program here and leaves its standard output to the caller; standard error is collected. */
    public LabProcess startPiped(List<String> command) {
        LabProcess process = launch(command, false);
        return process.collect(process.process().getErrorStream());
    }

    private LabProcess launch(List<String> command, boolean mergeErrors) {
        List<String> full = new ArrayList<>(Command.resolved(List.of("ip", "netns", "exec", name)));
        full.addAll(Command.resolved(command));
        try {
            Process process = new ProcessBuilder(full).redirectErrorStream(mergeErrors).start();
            return lab.own(new LabProcess(command.getFirst(), process));
        } catch (IOException e) {
            throw new LabException("cannot start " + command.getFirst() + " in " + name + ": " + e.getMessage(), e);
        }
    }

    /**
     * Runs an action on a thread of its own that is in this namespace: sockets opened there stay in it, and {@code /proc/sys/net} and
     * {@code /proc/thread-self/net} show it.
     *
     * @throws LabException when the action fails
     */
    public <T> T call(Callable<T> action) {
        try {
            return NetworkNamespace.named(name).call(action);
        } catch (UncheckedIOException e) {
            throw new LabException("in " + name + ": " + e.getMessage(), e);
        }
    }

    /** The kernel's counters of a group, for instance {@code MPTcpExt} or {@code Tcp}; empty when it has none of that name. */
    public Map<String, Long> counters(String group) {
        return call(() -> {
            List<String> lines = new ArrayList<>(Files.readAllLines(Path.of("/proc/thread-self/net/netstat")));
            lines.addAll(Files.readAllLines(Path.of("/proc/thread-self/net/snmp")));
            return KernelCounters.parse(lines, group);
        });
    }

    /** A kernel parameter, for instance {@code net.ipv4.tcp_rmem}. */
    public String sysctl(String parameter) {
        Path file = Path.of("/proc/sys", parameter.replace('.', '/'));
        return call(() -> {
            // In one read: such a file shows nothing at another offset than 0, and readString begins with a single byte when a file claims
            // to be empty.
            byte[] text = new byte[MAX_PARAMETER_BYTES];
            try (InputStream in = Files.newInputStream(file)) {
                return new String(text, 0, Math.max(0, in.read(text)), StandardCharsets.US_ASCII).strip();
            }
        });
    }
}
