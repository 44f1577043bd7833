package io.mptcp.examples;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A server that knows nothing of MPTCP, under mptcpize, so that it listens by the kernel's; gone with {@link #close}. */
final class ServerProcess implements AutoCloseable {
    private final Process process;

    private ServerProcess(Process process) {
        this.process = process;
    }

    /**
     * Starts it, and returns when it says that it takes connections.
     *
     * @param namespace null for this one
     * @param ready     what it says then
     */
    static ServerProcess start(String namespace, Path directory, String ready, List<String> command) throws IOException {
        List<String> all = new ArrayList<>(namespace == null ? List.of() : List.of("ip", "netns", "exec", namespace));
        all.addAll(command);
        Process process = new ProcessBuilder(all).redirectErrorStream(true).directory(directory.toFile()).start();
        StringBuilder said = new StringBuilder();
        BufferedReader output = process.inputReader();
        for (String line = output.readLine(); line != null; line = output.readLine()) {
            said.append(line).append('\n');
            if (line.contains(ready)) {
                Thread.ofVirtual().start(() -> drain(output));
                return new ServerProcess(process);
            }
        }
        throw new IOException(String.join(" ", all) + " did not start: " + said);
    }

    /** It must not wait for a reader. */
    private static void drain(BufferedReader output) {
        try {
            output.transferTo(Writer.nullWriter());
        } catch (IOException _) {
            // it has ended
        }
    }

    static int freePort() throws IOException {
        try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return probe.getLocalPort();
        }
    }

    @Override
    public void close() {
        process.destroy(); // no new connections, and the end with the last one
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
