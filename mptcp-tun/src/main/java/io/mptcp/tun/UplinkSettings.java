package io.mptcp.tun;

import io.mptcp.stack.StackConfig;
import java.nio.file.Path;

/**
 * How {@link Uplinks} are to behave.
 *
 * @param stack      the engine's settings; the path manager in it is replaced by the one for the configured paths
 * @param scheduler  packet scheduler of every connection, by name
 * @param listenPort TCP port to take connections on, 0 to open connections only
 * @param pcap       file that gets every segment of every path in pcapng format, or null
 */
public record UplinkSettings(StackConfig stack, String scheduler, int listenPort, Path pcap) {
    /** For opening connections, with the default scheduler and no capture. */
    public static UplinkSettings of(StackConfig stack) {
        return new UplinkSettings(stack, "default", 0, null);
    }
}
