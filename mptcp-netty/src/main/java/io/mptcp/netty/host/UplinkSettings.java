package io.mptcp.netty.host;

import io.mptcp.netty.SegmentLink;
import io.mptcp.stack.StackConfig;
import java.nio.file.Path;
import java.util.function.UnaryOperator;

/**
 * How {@link Uplinks} are to behave.
 *
 * @param stack      the engine's settings; the path manager in it is replaced by the one for the configured paths
 * @param scheduler  packet scheduler of every connection, by name
 * @param listenPort TCP port to take connections on, 0 to open connections only
 * @param pcap       file that gets every segment of every path in pcapng format, or null
 * @param portSlots  how many slots of {@link io.mptcp.netty.linux.PortReservation#SLOT_PORTS} local ports to take for packet links, if there
 *                   are as many: each port of a path serves one connection to a remote endpoint at a time
 * @param sharedPorts what several of these have in common that listen on the same ports, each on a loop of its own; null for one that is alone
 * @param linkWrapper gets every link and gives the one to use instead: to look at what passes, or to disturb it
 */
public record UplinkSettings(StackConfig stack, String scheduler, int listenPort, Path pcap, int portSlots, SharedPorts sharedPorts,
                             UnaryOperator<SegmentLink> linkWrapper) {
    public UplinkSettings(StackConfig stack, String scheduler, int listenPort, Path pcap, int portSlots) {
        this(stack, scheduler, listenPort, pcap, portSlots, null, UnaryOperator.identity());
    }

    /** With one slot of local ports, which is plenty for anything but a gateway. */
    public UplinkSettings(StackConfig stack, String scheduler, int listenPort, Path pcap) {
        this(stack, scheduler, listenPort, pcap, 1);
    }

    /** With room in every connection for a subflow over each path. */
    UplinkSettings forPaths(int paths) {
        if (paths <= stack.limits().maxSubflows()) {
            return this;
        }
        StackConfig roomy = stack.withLimits(stack.limits().toBuilder().maxSubflows(paths).build());
        return new UplinkSettings(roomy, scheduler, listenPort, pcap, portSlots, sharedPorts, linkWrapper);
    }

    /** For opening connections, with the default scheduler and no capture. */
    public static UplinkSettings of(StackConfig stack) {
        return new UplinkSettings(stack, "default", 0, null);
    }
}
