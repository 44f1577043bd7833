package io.mptcp.examples;

import io.mptcp.netty.channel.MptcpSocketChannel;
import io.mptcp.stack.MptcpInfo;
import io.mptcp.stack.SubflowInfo;
import io.netty.channel.Channel;
import java.net.InetSocketAddress;
import java.util.Locale;

/** What a connection tells of itself and its subflows, under the names of {@code struct mptcp_info} and {@code ss -ti}. */
public final class SubflowStatistics {
    private static final double NANOS_PER_MILLI = 1e6;

    private SubflowStatistics() {
    }

    /** What two paths have carried of a download of so many bytes, 64 MiB where none are given. */
    public static void main(String[] args) throws Exception {
        long bytes = args.length > 0 ? Long.parseLong(args[0]) : 64 << 20;
        try (Loopback loopback = new Loopback()) {
            System.out.print(download(loopback, bytes));
        }
    }

    static String download(Loopback loopback, long bytes) throws Exception {
        Channel server = Http2Streaming.serve(loopback.server);
        MptcpSocketChannel connection = Http2Streaming.connect(loopback.client, (InetSocketAddress) server.localAddress(), Throwable::printStackTrace);
        Http2Streaming.request(connection, bytes, received -> { }).get();
        return of(connection);
    }

    /** Several lines, for people. Not on an event loop: it waits for the channel's. */
    static String of(MptcpSocketChannel channel) {
        MptcpInfo info = channel.mptcpInfo().syncUninterruptibly().getNow();
        StringBuilder text = new StringBuilder();
        text.append(String.format(Locale.ROOT, "%s: subflows_total %d, bytes_sent %d, bytes_received %d, bytes_retrans %d%n", channel.remoteAddress(),
                info.subflowsTotal(), info.bytesSent(), info.bytesReceived(), info.bytesRetrans()));
        for (SubflowInfo subflow : channel.subflows().syncUninterruptibly().getNow()) {
            text.append(String.format(Locale.ROOT, "  %d %s%s %s, rtt %.1f ms, cwnd %d, sent %d, received %d, retransmits %d%n", subflow.id(), subflow.state(),
                    subflow.backup() ? " backup" : "", subflow.local(), subflow.srttNanos() / NANOS_PER_MILLI, subflow.cwndBytes(), subflow.bytesSent(),
                    subflow.bytesReceived(), subflow.retransmits()));
        }
        return text.toString();
    }
}
