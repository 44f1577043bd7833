package io.mptcp.cli;

import io.mptcp.netty.host.PathSpec;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** The {@code --path} option. */
public final class PathOptions {
    @Option(names = "--path", paramLabel = "DEV[,OPTION...]", converter = PathSpecConverter.class, description = {
        "A network interface to use; give it once per path. Without it the route to HOST decides. Options:",
        "  addr=A     local address to use (default: what routing says)",
        "  backup     use it only when no other path works; the same as role=backup, others are use and off",
        "  cost=N     price of a byte, 0 to 1000: nothing is sent twice over a path that costs; metered is cost=1",
        "  quota=BYTES/PERIOD  bytes it may carry, e.g. 20G/month, 20G/month@15, 500M/day; after that it is a backup, or off with quota-then=off",
        "  probe=SECONDS  how often it is asked for a sign of life while it is idle (default: never)",
        "  link=KIND  packet: the host's own addresses, by a packet socket (default; needs CAP_NET_RAW and CAP_NET_ADMIN);"
                + " udp: TCP segments in UDP, needs no privilege but the same on the other side;"
                + " raw: as packet, but sent by raw IP sockets; tun: a TUN device you have made, with addr= our address behind it",
        "  gso=off    no super-segments",
        "  weight=N   share of this path for schedulers that use weights"})
    private List<PathSpec> paths = new ArrayList<>();

    /** The paths given; none when the choice is left to routing. */
    public List<PathSpec> paths() {
        return paths;
    }

    /** @throws ParameterException when the paths cannot be used together, or one lacks something */
    public void check(CommandLine command) {
        Set<String> seen = new HashSet<>();
        for (PathSpec path : paths) {
            if (!seen.add(path.device() + "," + path.address())) {
                throw new ParameterException(command, "path " + path.device() + " is given twice: keep one, or give each its own addr=");
            }
            if (path.kind() == PathSpec.Kind.TUN && path.address() == null) {
                throw new ParameterException(command, "path " + path.device() + ": link=tun needs addr=A, an address that the host routes into the device");
            }
        }
    }
}
