package io.mptcp.cli.bench.speed;

import io.mptcp.cli.lab.LabException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Processor time of the whole machine: both ends of a connection, and the interrupts between them. */
final class CpuTime {
    private static final Path STAT = Path.of("/proc/stat");
    /** USER_HZ, which Linux has the same everywhere. */
    private static final double TICKS_PER_SECOND = 100;
    /** user, nice, system, (idle, iowait), irq, softirq. */
    private static final List<Integer> BUSY = List.of(1, 2, 3, 6, 7);

    private CpuTime() {
    }

    /** Seconds that all processors have been busy so far. */
    static double busySeconds() {
        try (var lines = Files.lines(STAT)) {
            String[] words = lines.findFirst().orElseThrow().split(" +");
            return BUSY.stream().mapToLong(index -> Long.parseLong(words[index])).sum() / TICKS_PER_SECOND;
        } catch (IOException e) {
            throw new LabException("cannot read " + STAT + ": " + e.getMessage(), e);
        }
    }
}
