package io.mptcp.cli.bench;

import io.mptcp.cli.lab.LabNamespace;

/**
 * Limits of the kernel's socket buffers: the machine's own, with the maximum raised where it could not hold what the path does. How buffers
 * grow up to that stays the kernel's business.
 *
 * @param maxBytes the maximum to have at least
 */
public record KernelBuffers(long maxBytes) {
    private static final String RECEIVE = "net.ipv4.tcp_rmem";
    private static final String SEND = "net.ipv4.tcp_wmem";
    /** The kernel counts its overhead, about as much as payload again, and autotuning asks for twice a window. */
    private static final int OVERHEAD = 4;

    /** Enough for a window that fills path and queue. */
    static KernelBuffers forPath(PathCell cell) {
        double windowBytes = cell.rateMbit() * 1e6 / 8 * (cell.rttMillis() + cell.queueMillis()) / 1e3;
        return new KernelBuffers(Math.round(OVERHEAD * windowBytes));
    }

    /** Sets the limits of a namespace. */
    public void apply(LabNamespace namespace) {
        for (String parameter : new String[] {RECEIVE, SEND}) {
            String[] limits = namespace.sysctl(parameter).split("\\s+");
            limits[2] = Long.toString(Math.max(maxBytes, Long.parseLong(limits[2])));
            namespace.sysctl(parameter, String.join(" ", limits));
        }
    }

    /** The limits of a namespace, for people. */
    static String describe(LabNamespace namespace) {
        return "tcp_rmem " + namespace.sysctl(RECEIVE).replaceAll("\\s+", " ") + ", tcp_wmem " + namespace.sysctl(SEND).replaceAll("\\s+", " ");
    }
}
