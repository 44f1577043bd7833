package io.mptcp.cli.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mptcp.cli.lab.Command;
import io.mptcp.cli.lab.LabRequirements;
import io.mptcp.testkit.JavaProcess;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** {@code mptcp demo} as a process: what it says, and what it leaves. */
@Execution(ExecutionMode.CONCURRENT)
class DemoProcessTest {
    private static final Path NAMESPACES = Path.of("/run/netns");
    private static final long PATIENCE_SECONDS = 180;

    private Process demo;

    @AfterEach
    void kill() {
        if (demo != null) {
            demo.destroyForcibly();
        }
    }

    @Test
    void theWholeStoryOnRealSockets() throws Exception {
        assumeRealSockets();
        demo = start("--json", "--size", "40");
        String said = new String(demo.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(demo.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS));

        // How fast it was depends on what else this machine does; whether it was right does not.
        String sha256 = member(said, "sha256");
        assertEquals(64, sha256.length(), said);
        assertEquals(member(said, "expected_sha256"), sha256, said);
        assertTrue(said.contains("\"simulated\":false"), said);
        assertTrue(said.contains("\"bytes\":40000000,"), said);
        assertTrue(said.matches("(?s).*\"bytes_before_cut\":\\[[1-9]\\d{6,},[1-9]\\d{6,}\\].*"),
                "both paths carried a megabyte at least: " + said);
        assertEquals(List.of(), leftovers());
    }

    @Test
    void ctrlCLeavesNothingBehind() throws Exception {
        assumeRealSockets();
        demo = start("--size", "100");
        try (BufferedReader said = demo.inputReader()) {
            String line = said.readLine();
            while (line != null && !line.contains("mptcp-tun")) {
                line = said.readLine();
            }
            assertTrue(line != null, "it ended early");
            assertTrue(leftovers().size() >= 3, "it runs in namespaces of its own: " + leftovers());
            Command.find("kill").orElseThrow();
            assertEquals(0, new ProcessBuilder("kill", "-INT", "" + demo.pid()).start().waitFor());
            assertTrue(demo.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS));
        }
        assertEquals(List.of(), leftovers());
        assertEquals("", new String(demo.getErrorStream().readAllBytes(), StandardCharsets.UTF_8));
    }

    @Test
    void withoutPrivilegesTheStoryIsSimulatedAndSaysSo() throws Exception {
        demo = start("--simulate", "--size", "40");
        String said = new String(demo.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(demo.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS));
        assertTrue(said.lines().findFirst().orElse("").startsWith("SIMULATED"), said);
        assertTrue(said.contains("every byte compared"), said);
    }

    private static void assumeRealSockets() {
        assumeTrue(LabRequirements.missing().isEmpty(), () -> "no laboratory: " + LabRequirements.missing());
        assumeTrue(Command.find("curl").isPresent(), "curl is not installed");
        assumeTrue(Files.isWritable(Path.of("/dev/net/tun")), "/dev/net/tun may not be opened");
    }

    private static Process start(String... options) throws IOException {
        List<String> command = JavaProcess.command("io.mptcp.cli.Mptcp", "demo");
        command.addAll(List.of(options));
        return new ProcessBuilder(command).start();
    }

    /** Namespaces with the name of the process under test. */
    private List<String> leftovers() throws IOException {
        if (!Files.isDirectory(NAMESPACES)) {
            return List.of();
        }
        try (Stream<Path> entries = Files.list(NAMESPACES)) {
            return entries.map(entry -> entry.getFileName().toString())
                    .filter(name -> name.startsWith("mptcp-" + demo.pid() + "-")).toList();
        }
    }

    private static String member(String json, String name) {
        int start = json.indexOf("\"" + name + "\":\"") + name.length() + 4;
        return json.substring(start, json.indexOf('"', start));
    }
}
