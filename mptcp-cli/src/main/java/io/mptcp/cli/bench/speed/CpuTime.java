package io.mptcp.cli.bench.speed;

import java.lang.management.ManagementFactory;

/**
 * Processor time of both ends of a connection, which live in this process, and of the interrupts that ran in between on their account: a virtual
 * cable has the receiver's part done by whoever sends.
 */
final class CpuTime {
    private CpuTime() {
    }

    /** Seconds that this process has used so far. */
    static double busySeconds() {
        return ManagementFactory.getOperatingSystemMXBean() instanceof com.sun.management.OperatingSystemMXBean os
                ? os.getProcessCpuTime() / 1e9 : Double.NaN;
    }
}
