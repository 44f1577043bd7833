package io.mptcp.cli.lab;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A set of network namespaces, made with {@code ip} and gone on {@link #close}, at the end of the JVM, or, where that was killed, when the
 * next laboratory is made. Names start with {@code mptcp-} and the process id, so that laboratories do not meet.
 */
public final class Lab implements AutoCloseable {
    private static final Path NAMESPACES = Path.of("/run/netns");
    private static final Pattern NAME = Pattern.compile("mptcp-(\\d+)-\\d+-\\w+");
    private static final AtomicInteger COUNT = new AtomicInteger();
    private static volatile boolean shuttingDown;

    private final String prefix = "mptcp-" + ProcessHandle.current().pid() + "-" + COUNT.incrementAndGet() + "-";
    private final List<LabNamespace> namespaces = new ArrayList<>();
    private final Deque<AutoCloseable> resources = new ArrayDeque<>();
    private final Thread atExit = new Thread(this::shutDown, "lab-teardown");
    private boolean closed;

    private Lab() {
    }

    /**
     * An empty laboratory. What dead processes left behind is removed first.
     *
     * @throws LabException when this process may not make namespaces
     */
    public static Lab create() {
        removeLeftovers();
        Lab lab = new Lab();
        Runtime.getRuntime().addShutdownHook(lab.atExit);
        return lab;
    }

    /** Makes a namespace with its loopback up. */
    public synchronized LabNamespace namespace(String role) {
        if (closed) {
            throw new LabException("the laboratory is closed");
        }
        LabNamespace namespace = new LabNamespace(this, prefix + role);
        Command.run(List.of("ip", "netns", "add", namespace.name()), "");
        namespaces.add(namespace);
        // No duplicate address detection: addresses are usable at once. No rp_filter: replies may come by another path than requests leave.
        namespace.sysctl("net.ipv6.conf.default.accept_dad", "0");
        namespace.sysctl("net.ipv6.conf.default.accept_ra", "0");
        namespace.sysctl("net.ipv4.conf.all.rp_filter", "0");
        namespace.sysctl("net.ipv4.conf.default.rp_filter", "0");
        namespace.ip("link set lo up");
        return namespace;
    }

    /**
     * Joins two namespaces by a pair of virtual Ethernet devices, both up. Segmentation and checksum offloads stay on, as the kernel makes
     * them; see {@link LabNamespace#switchOffOffloads}.
     */
    public void connect(LabNamespace a, String deviceA, LabNamespace b, String deviceB) {
        a.ip("link add " + deviceA + " type veth peer name " + deviceB + " netns " + b.name(), "link set " + deviceA + " up");
        b.ip("link set " + deviceB + " up");
    }

    /** Something to be closed with the laboratory, before everything that was added earlier. */
    public synchronized <T extends AutoCloseable> T own(T resource) {
        if (closed) {
            closeQuietly(resource);
            throw new LabException("the laboratory is closed");
        }
        resources.push(resource);
        return resource;
    }

    @Override
    public void close() {
        tearDown();
        try {
            Runtime.getRuntime().removeShutdownHook(atExit);
        } catch (IllegalStateException shuttingDown) {
            // The hook runs or has run; it finds nothing left to do.
        }
    }

    /** Whether laboratories are being torn down because the JVM ends: failures from now on are consequences, and not worth a word. */
    public static boolean isShuttingDown() {
        return shuttingDown;
    }

    private void shutDown() {
        shuttingDown = true;
        tearDown();
    }

    private synchronized void tearDown() {
        closed = true;
        while (!resources.isEmpty()) {
            closeQuietly(resources.pop());
        }
        for (LabNamespace namespace : namespaces.reversed()) {
            remove(namespace.name());
        }
        namespaces.clear();
    }

    private static void closeQuietly(AutoCloseable resource) {
        try {
            resource.close();
        } catch (Exception e) {
            System.err.println("cannot close " + resource + ": " + e.getMessage());
        }
    }

    private static void removeLeftovers() {
        if (!Files.isDirectory(NAMESPACES)) {
            return;
        }
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(NAMESPACES, "mptcp-*")) {
            for (Path entry : entries) {
                Matcher name = NAME.matcher(entry.getFileName().toString());
                if (name.matches() && ProcessHandle.of(Long.parseLong(name.group(1))).isEmpty()) {
                    remove(name.group());
                }
            }
        } catch (IOException e) {
            throw new LabException("cannot read " + NAMESPACES + ": " + e.getMessage(), e);
        }
    }

    /** Kills what still runs in the namespace and removes its name; devices, addresses and routes go with it. */
    private static void remove(String namespace) {
        Command.Result processes = Command.tryRun(List.of("ip", "netns", "pids", namespace), "");
        if (processes.exitCode() == 0) {
            // A thread of this process may be in the namespace on behalf of a resource; that is no reason to end the process.
            processes.output().lines().map(String::strip).filter(line -> line.matches("\\d+")).map(Long::parseLong)
                    .filter(pid -> pid != ProcessHandle.current().pid())
                    .forEach(pid -> ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly));
        }
        Command.tryRun(List.of("ip", "netns", "del", namespace), "");
    }
}
