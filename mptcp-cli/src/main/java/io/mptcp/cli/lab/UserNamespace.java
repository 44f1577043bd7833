package io.mptcp.cli.lab;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs this program again as root of a user namespace, where the host lets ordinary users make one: there it may make network namespaces,
 * which end with it.
 */
public final class UserNamespace {
    /** Set in the program's environment when it runs in a user namespace already. */
    private static final String MARK = "MPTCP_USER_NAMESPACE";
    /**
     * Named network namespaces live in /run/netns, which only root may write: put an own one over it. Libraries expect a loopback interface.
     */
    private static final String PREPARE = "PATH=$PATH:/usr/sbin:/sbin; ip link set lo up; "
            + "if [ -d /run/netns ]; then mount -t tmpfs tmpfs /run/netns; "
            + "else mount -t tmpfs tmpfs /run && mkdir /run/netns; fi || exit 1; ";

    private UserNamespace() {
    }

    /** Whether this program was started by {@link #rerun}. */
    public static boolean isInside() {
        return System.getenv(MARK) != null;
    }

    /** Why no user namespace can be made here; empty when one can. */
    public static String obstacle() {
        if (Command.find("unshare").isEmpty()) {
            return "the program unshare is missing: install util-linux";
        }
        String probe = PREPARE + "ip netns add mptcp-probe && ip netns del mptcp-probe";
        Command.Result result = Command.tryRun(List.of("unshare", "-Urnm", "sh", "-c", probe), "");
        return result.exitCode() == 0 ? "" : result.output().strip().replaceAll("\\s*\\n\\s*", "; ");
    }

    /**
     * Runs this program with its arguments in a user namespace, to its end.
     *
     * @return its exit code
     */
    public static int rerun() {
        try {
            List<String> unshare = List.of("unshare", "-Urnm", "sh", "-c", PREPARE + "exec \"$0\" \"$@\"");
            List<String> command = new ArrayList<>(Command.resolved(unshare));
            command.addAll(ownCommandLine());
            ProcessBuilder builder = new ProcessBuilder(command).inheritIO();
            builder.environment().put(MARK, "1");
            Process process = builder.start();
            // Ctrl-C reaches both; this one must not end, and give the terminal back, before the other has cleaned up.
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                process.destroy();
                process.onExit().join();
            }));
            return process.waitFor();
        } catch (IOException e) {
            throw new LabException("cannot run in a user namespace: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LabException("interrupted", e);
        }
    }

    private static List<String> ownCommandLine() throws IOException {
        String raw = Files.readString(Path.of("/proc/self/cmdline"), StandardCharsets.UTF_8);
        List<String> words = new ArrayList<>(List.of(raw.split("\0", -1)));
        words.removeLast(); // What follows the last separator.
        words.set(0, Path.of("/proc/self/exe").toRealPath().toString());
        return words;
    }
}
