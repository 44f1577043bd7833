package io.mptcp.tun;

import io.mptcp.testkit.JavaProcess;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The daemon as a process of its own in the client's namespace. Run as a program it is the daemon. */
final class DaemonProcess implements AutoCloseable {
    private static final long STOP_SECONDS = 20;

    private final Process process;
    private final BufferedReader output;
    private final Path errors;

    private DaemonProcess(Process process, Path errors) {
        this.process = process;
        this.output = new BufferedReader(new InputStreamReader(process.getInputStream()));
        this.errors = errors;
    }

    public static void main(String[] arguments) {
        System.exit(TunDaemon.run(Path.of(arguments[0])));
    }

    static DaemonProcess start(TestNetwork network, Path config) throws IOException {
        Path errors = Files.createTempFile("daemon", ".err");
        List<String> command = JavaProcess.command(DaemonProcess.class.getName(), config.toString());
        return new DaemonProcess(network.startInClient(command, ProcessBuilder.Redirect.to(errors.toFile())), errors);
    }

    /** The next line on standard output, null at its end. */
    String line() throws IOException {
        return output.readLine();
    }

    void awaitReady() throws IOException {
        for (String line = line(); line != null; line = line()) {
            if (line.startsWith("ready: ")) {
                return;
            }
        }
        throw new AssertionError("the daemon did not start: " + errors());
    }

    String errors() throws IOException {
        return Files.readString(errors);
    }

    /** SIGTERM. @return exit code */
    int terminate() throws InterruptedException {
        process.destroy();
        return waitFor();
    }

    /** SIGKILL. */
    void kill() throws InterruptedException {
        process.destroyForcibly();
        waitFor();
    }

    int waitFor() throws InterruptedException {
        if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
            throw new AssertionError("the daemon did not end within " + STOP_SECONDS + " s");
        }
        return process.exitValue();
    }

    @Override
    public void close() throws IOException {
        process.destroyForcibly();
        Files.deleteIfExists(errors);
    }
}
