package io.mptcp.cli.bench.failover;

/** Which stacks the two ends run, and which of them sends. The client opens the connection and its second subflow. */
public enum Pairing {
    OURS_TO_KERNEL("this stack to the kernel", true, false, true),
    KERNEL_TO_OURS("the kernel to this stack", true, false, false),
    OURS_UP("this stack to itself, client sends", true, true, true),
    OURS_DOWN("this stack to itself, server sends", true, true, false),
    KERNEL_UP("the kernel to itself, client sends", false, false, true),
    KERNEL_DOWN("the kernel to itself, server sends", false, false, false);

    private final String title;
    public final boolean oursAtClient;
    public final boolean oursAtServer;
    public final boolean clientSends;

    Pairing(String title, boolean oursAtClient, boolean oursAtServer, boolean clientSends) {
        this.title = title;
        this.oursAtClient = oursAtClient;
        this.oursAtServer = oursAtServer;
        this.clientSends = clientSends;
    }

    /** For people. */
    public String title() {
        return title;
    }
}
