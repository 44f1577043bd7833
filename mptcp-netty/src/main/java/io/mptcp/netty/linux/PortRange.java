package io.mptcp.netty.linux;

/** TCP ports, both ends inclusive. */
public record PortRange(int first, int last) {
    public PortRange {
        if (first < 1 || last > 0xffff || first > last) {
            throw new IllegalArgumentException("ports " + first + ".." + last + " are no range within 1..65535");
        }
    }

    public static PortRange of(int port) {
        return new PortRange(port, port);
    }

    public boolean contains(int port) {
        return port >= first && port <= last;
    }
}
