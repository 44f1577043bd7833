package io.mptcp.cli;

import io.mptcp.testkit.JavaProcess;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** An {@code mptcp} command as a process of its own, without privileges whoever runs the tests. */
final class Command implements AutoCloseable {
    /** Only a guard against hanging for ever; nothing is measured. */
    private static final long GUARD_SECONDS = 60;
    private static final String NOBODY = "65534";

    private final Process process;
    private final Path err;

    private Command(Process process, Path err) {
        this.process = process;
        this.err = err;
    }

    /**
     * Starts {@code mptcp ARGS} with pipes for standard input and output.
     *
     * @param folder for its standard error, and for a copy of the class path where that is needed
     */
    static Command start(Path folder, String... args) throws IOException {
        List<String> starter = List.of();
        String classPath = System.getProperty("java.class.path");
        if (isRoot()) {
            starter = List.of("setpriv", "--reuid", NOBODY, "--regid", NOBODY, "--clear-groups", "--no-new-privs");
            classPath = readableClassPath(folder);
        }
        List<String> line = JavaProcess.command(classPath, starter, "io.mptcp.cli.Mptcp", args);
        Path err = Files.createTempFile(folder, "stderr", ".txt");
        return new Command(new ProcessBuilder(line).redirectError(err.toFile()).start(), err);
    }

    static boolean isRoot() {
        return "root".equals(System.getProperty("user.name"));
    }

    /** Class path entries may lie in a home folder that other users cannot enter: a copy that they can read. */
    private static synchronized String readableClassPath(Path folder) throws IOException {
        Path copy = folder.resolve("classpath");
        List<String> entries = new ArrayList<>();
        int number = 0;
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            Path from = Path.of(entry);
            Path to = copy.resolve(number++ + "-" + from.getFileName());
            entries.add(to.toString());
            if (Files.exists(from) && !Files.exists(to)) {
                copyTree(from, to);
            }
        }
        folder.toFile().setExecutable(true, false);
        folder.toFile().setReadable(true, false);
        return String.join(File.pathSeparator, entries);
    }

    private static void copyTree(Path from, Path to) throws IOException {
        Files.createDirectories(to.getParent());
        try (Stream<Path> files = Files.walk(from)) {
            files.forEach(file -> {
                try {
                    Files.copy(file, to.resolve(from.relativize(file).toString()), StandardCopyOption.REPLACE_EXISTING);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
    }

    OutputStream input() {
        return process.getOutputStream();
    }

    InputStream output() {
        return process.getInputStream();
    }

    /** Writes everything and ends standard input, from a thread of its own. */
    Command feed(byte[] bytes) {
        Thread.ofVirtual().start(() -> {
            try (OutputStream in = input()) {
                in.write(bytes);
            } catch (IOException _) {
                // It ended earlier; its exit code tells.
            }
        });
        return this;
    }

    /** Waits until a line on standard error contains {@code text}. */
    Command awaitLine(String text) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(GUARD_SECONDS);
        while (!errors().contains(text)) {
            if (System.nanoTime() - deadline > 0 || process.waitFor(10, TimeUnit.MILLISECONDS)) {
                throw new AssertionError("'" + text + "' was not said, but: " + errors());
            }
        }
        return this;
    }

    int awaitExit() throws IOException, InterruptedException {
        if (!process.waitFor(GUARD_SECONDS, TimeUnit.SECONDS)) {
            throw new AssertionError("does not end; it said: " + errors());
        }
        return process.exitValue();
    }

    /** As Ctrl-C does. */
    void interrupt() throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-INT", Long.toString(process.pid())).start().waitFor();
    }

    String errors() throws IOException {
        return Files.readString(err, StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
