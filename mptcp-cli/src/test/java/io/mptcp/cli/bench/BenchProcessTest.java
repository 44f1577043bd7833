package io.mptcp.cli.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mptcp.cli.lab.LabRequirements;
import io.mptcp.netty.linux.KernelMptcp;
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
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** {@code mptcp bench} as a process: that it measures what it was asked to, not how fast anything is. */
@Execution(ExecutionMode.CONCURRENT)
class BenchProcessTest {
    private static final Path NAMESPACES = Path.of("/run/netns");
    private static final long PATIENCE_SECONDS = 180;

    @TempDir
    private Path folder;
    private Process bench;

    @BeforeEach
    void needsALaboratory() {
        assumeTrue(LabRequirements.missing().isEmpty(), () -> "no laboratory: " + LabRequirements.missing());
    }

    @AfterEach
    void kill() {
        if (bench != null) {
            bench.destroyForcibly();
        }
    }

    @Test
    void oneCellIsMeasuredInBothDirections() throws Exception {
        List<String> lines = run("wan", "--rate", "20", "--rtt", "4", "--loss", "0.5", "--reorder", "1", "--runs", "1", "--lossy-factor", "1",
                "--seconds", "1", "--csv").lines().toList();

        assertEquals(3, lines.size(), lines.toString());
        List<String> header = List.of(lines.getFirst().split(","));
        for (String direction : List.of("up", "down")) {
            String line = lines.stream().filter(candidate -> candidate.contains("," + direction + ",")).findFirst().orElseThrow();
            String[] values = line.split(",");
            assertTrue(line.startsWith("20,4,0.5,1,"), line);
            // Every byte was compared, else there would be no line.
            assertTrue(Long.parseLong(values[header.indexOf("kernel_bytes")]) > 0, line);
            assertTrue(Long.parseLong(values[header.indexOf("ours_bytes")]) > 0, line);
        }
        assertEquals(List.of(), leftovers());
    }

    @Test
    void sharersOfABottleneckAreMeasuredTogether() throws Exception {
        String said = run("fairness", "--rate", "20", "--rtt", "4", "--seconds", "1", "--markdown");

        assertEquals(2 + 3, said.lines().count(), said);
        assertTrue(said.contains("| this stack and the kernel |"), said);
        assertEquals(List.of(), leftovers());
    }

    @Test
    void bothStacksMoveBytesAndTakeConnectionsInTurn() throws Exception {
        assumeTrue(KernelMptcp.available(), "this kernel has no MPTCP");
        List<String> lines = run("speed", "--only", "bulk,library,tun,connect", "--runs", "1", "--warm-up", "0", "--seconds", "0.3", "--csv").lines().toList();

        assertEquals(1 + 5 + 5 + 6 + 2, lines.size(), lines.toString());
        for (String line : lines.subList(1, lines.size())) {
            String[] values = line.substring(line.lastIndexOf('"') + 2).split(",");
            assertTrue(Double.parseDouble(values[2]) > 0, line);
        }
        assertEquals(List.of(), leftovers());
    }

    /** Few and short: what it measures on a busy machine is not looked at, but that something went on arriving after each cut. */
    @Test
    void pathsOfBothStacksAreCutAndComeBack() throws Exception {
        assumeTrue(KernelMptcp.available(), "this kernel has no MPTCP");
        Path csv = folder.resolve("cuts.csv");
        run("failover", "--rtt", "10", "--cuts", "1", "--networks", "3", "--only", "OURS_TO_KERNEL", "--csv", csv.toString());

        List<String> lines = Files.readAllLines(csv);
        assertEquals(1 + 3, lines.size(), lines.toString());
        for (String line : lines.subList(1, lines.size())) {
            String[] values = line.split(",");
            assertTrue(Double.parseDouble(values[4]) > 0 && Double.parseDouble(values[5]) > 0, line);
        }
        assertEquals(List.of(), leftovers());
    }

    /** What it draws is what it measured: each panel has both paths. */
    @Test
    void aLaptopsEthernetIsPulledAndPluggedInAgain() throws Exception {
        assumeTrue(KernelMptcp.available(), "this kernel has no MPTCP");
        Path svg = folder.resolve("laptop.svg");
        List<String> lines = run("laptop", "--rate", "20,10", "--phase", "0.5", "--only", "KERNEL_TO_OURS,KERNEL_DOWN", "--svg", svg.toString()).lines().toList();

        assertEquals(1 + 2, lines.size(), lines.toString());
        for (String line : lines.subList(1, lines.size())) {
            assertTrue(Double.parseDouble(line.strip().split("  +")[1]) > 0, line);
        }
        String picture = Files.readString(svg);
        assertTrue(picture.contains(">Ethernet</text>") && picture.contains(">the kernel to this stack</text>"), picture);
        assertEquals(4, picture.lines().filter(line -> line.matches("<path d=\"M60\\.0 .*V[0-9.]+H[0-9.]+V.*Z\" fill=.*")).count(), picture);
        assertEquals(List.of(), leftovers());
    }

    /** Two paths by each stack, a fixed size, and messages: every byte compared, every message there. */
    @Test
    void twoPathsAreMeasuredWithBothStacks() throws Exception {
        assumeTrue(KernelMptcp.available(), "this kernel has no MPTCP");
        List<String> bulk = run("multipath", "--paths", "20/10+10/20", "--only", "OURS_TO_KERNEL,KERNEL_TO_OURS,OURS_DOWN,KERNEL_UP", "--seconds", "1.5",
                "--warm-up", "0.5", "--csv").lines().toList();
        assertEquals(1 + 4, bulk.size(), bulk.toString());
        for (String line : bulk.subList(1, bulk.size())) {
            assertTrue(Double.parseDouble(line.split(",")[5]) > 0, line);
        }
        assertEquals(List.of(), leftovers());

        List<String> sizes = run("never-slower", "--fast", "20/10", "--rtt", "20", "--size", "100000", "--send-buffer", "32768", "--csv").lines().toList();
        assertEquals(1 + 3 * 2, sizes.size(), sizes.toString());
        assertEquals(List.of(), leftovers());

        List<String> messages = run("messages", "--kind", "silent", "--cuts", "1", "--networks", "2", "--only", "OURS_TO_KERNEL,OURS_DOWN", "--csv").lines().toList();
        assertEquals(1 + 2 * 2, messages.size(), messages.toString());
        for (String line : messages.subList(1, messages.size())) {
            assertEquals("0", line.split(",")[6], line);
        }
        assertEquals(List.of(), leftovers());
    }

    @Test
    void ctrlCLeavesNothingBehind() throws Exception {
        bench = start("wan", "--rate", "20", "--rtt", "4", "--seconds", "60");
        try (BufferedReader said = bench.errorReader()) {
            assertEquals("warming up", said.readLine());
            awaitNamespaces();
            assertEquals(0, new ProcessBuilder("kill", "-INT", "" + bench.pid()).start().waitFor());
            assertTrue(bench.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS));
            assertEquals(List.of(), said.lines().toList());
        }
        assertEquals(List.of(), leftovers());
    }

    /** Until it has all three. */
    private void awaitNamespaces() throws IOException {
        while (bench.isAlive() && leftovers().size() < 3) {
            Thread.onSpinWait();
        }
        assertTrue(bench.isAlive());
    }

    private String run(String... arguments) throws Exception {
        bench = start(arguments);
        Path progress = folder.resolve("progress");
        Thread reader = Thread.ofPlatform().start(() -> {
            try {
                Files.write(progress, bench.getErrorStream().readAllBytes());
            } catch (IOException e) {
                // The process ended; its exit code tells.
            }
        });
        String said = new String(bench.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(bench.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS));
        reader.join();
        assertEquals(0, bench.exitValue(), () -> Files.exists(progress) ? readString(progress) : "");
        return said;
    }

    private static String readString(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return e.toString();
        }
    }

    private static Process start(String... arguments) throws IOException {
        List<String> command = JavaProcess.command("io.mptcp.cli.Mptcp", "bench");
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command).start();
    }

    /** Namespaces with the name of the process under test. */
    private List<String> leftovers() throws IOException {
        if (!Files.isDirectory(NAMESPACES)) {
            return List.of();
        }
        try (Stream<Path> entries = Files.list(NAMESPACES)) {
            return entries.map(entry -> entry.getFileName().toString())
                    .filter(name -> name.startsWith("mptcp-" + bench.pid() + "-")).toList();
        }
    }
}
