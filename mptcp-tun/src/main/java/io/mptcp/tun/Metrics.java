package io.mptcp.tun;

import io.mptcp.netty.host.Uplinks;
import io.mptcp.stack.Counter;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.Stack;
import io.mptcp.tun.http.HttpReply;
import io.prometheus.metrics.expositionformats.ExpositionFormatWriter;
import io.prometheus.metrics.expositionformats.ExpositionFormats;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * What Prometheus gets, at one moment; taken on the loop, readable anywhere. Names follow {@code struct mptcp_info} and the kernel's MIB counters; there
 * is nothing per connection, of which there may be thousands.
 *
 * @param mib        all counters of the uplinks' stack
 * @param subflows   of all connections, initial ones included
 * @param fallbacks  connections that run as plain TCP
 */
record Metrics(StatusReport status, List<PathReport> paths, Map<Counter, Long> mib, long subflows, long fallbacks, long bufferBytes, long timeWait) {
    private static final double NANOS_PER_SECOND = 1e9;
    private static final ExpositionFormats FORMATS = ExpositionFormats.init();

    static Metrics take(StatusReport status, Uplinks uplinks, PathRates rates) {
        Stack stack = uplinks.driver().stack();
        Map<Counter, Long> mib = new EnumMap<>(Counter.class);
        for (Counter counter : Counter.values()) {
            mib.put(counter, stack.counters().get(counter));
        }
        List<MptcpConnection> connections = stack.connections();
        return new Metrics(status, PathReport.take(uplinks, rates, 1), mib, stack.flowCount(),
                connections.stream().filter(MptcpConnection::isFallback).count(), stack.bufferBytes(), stack.timeWaitCount());
    }

    /** @param accept header field of the request: the text format of Prometheus, or that of OpenMetrics */
    HttpReply reply(String accept) {
        ExpositionFormatWriter writer = FORMATS.findWriter(accept);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            writer.write(out, new MetricSnapshots(snapshots()));
        } catch (IOException e) {
            throw new UncheckedIOException(e); // not into memory
        }
        return new HttpReply(200, writer.getContentType(), out.toByteArray(), null, Map.of());
    }

    private List<MetricSnapshot> snapshots() {
        List<MetricSnapshot> all = new ArrayList<>();
        all.add(gauge("mptcp_uptime_seconds", "Since when the daemon has been usable.", status.uptimeNanos() / NANOS_PER_SECOND));
        all.add(gauge("mptcp_connections", "Connections carried now.", status.active()));
        all.add(counter("mptcp_connections_accepted", "Connections carried so far.", status.accepted()));
        all.add(counter("mptcp_connections_failed", "Connections whose destination could not be reached.", status.failed()));
        all.add(counter("mptcp_connections_rejected", "Connections turned away because there were too many.", status.rejected()));
        all.add(gauge("mptcp_connections_fallback", "Connections that run as plain TCP now.", fallbacks));
        all.add(gauge("mptcp_subflows", "Subflows of all connections now, initial ones included.", subflows));
        all.add(gauge("mptcp_buffer_bytes", "Memory that holds payload of the paths' connections.", bufferBytes));
        all.add(gauge("mptcp_time_wait", "4-tuples in TIME-WAIT.", timeWait));
        all.add(gauge("mptcp_blackholes", "Destinations to which MPTCP gets lost, by path.", status.blackholes().size()));
        if (status.udp() != null) {
            all.add(gauge("mptcp_udp_flows", "Senders of datagrams by the device, by address and port.", status.udp().flows()));
            all.add(counter("mptcp_udp_sent", "Datagrams sent on past the stack.", status.udp().sent()));
            all.add(counter("mptcp_udp_received", "Datagrams that came back.", status.udp().received()));
            all.add(counter("mptcp_udp_refused", "Packets by the device whose sender was told that they go nowhere.", status.udp().refused()));
            all.add(counter("mptcp_udp_dropped", "Packets by the device that were dropped without a word.", status.udp().dropped()));
        }
        addPaths(all);
        mib.forEach((name, value) -> all.add(counter("mptcp_mib_" + snake(name.name()), "MIB counter " + name + ".", value)));
        return all;
    }

    private void addPaths(List<MetricSnapshot> all) {
        all.add(perPath("mptcp_path_up", "1 while the path can be used.", path -> path.isUp() ? 1 : 0));
        all.add(perPath("mptcp_path_interface_online", "1 while the interface of the path works, used or not.", path -> path.state().equals("down") ? 0 : 1));
        all.add(perPath("mptcp_path_backup", "1 while the path is a backup.", path -> path.backup() ? 1 : 0));
        all.add(perPath("mptcp_path_subflows", "Established subflows over the path.", PathReport::subflows));
        all.add(perPath("mptcp_subflow_srtt_seconds", "Lowest smoothed round trip of the path's subflows, 0 without any.",
                path -> path.srttNanos() / NANOS_PER_SECOND));
        all.add(perPath("mptcp_path_retrans_ratio", "Of the bytes the path's subflows have sent, those sent again.", path -> path.retransPercent() / 100));
        all.add(perPathCounter("mptcp_path_sent_bytes", "TCP payload sent over the path, retransmissions included.", PathReport::sentBytes));
        all.add(perPathCounter("mptcp_path_received_bytes", "TCP payload received over the path, duplicates included.", PathReport::receivedBytes));
        all.add(perPathCounter("mptcp_path_dropped_segments", "Segments that were lost on this host.", PathReport::droppedSegments));
    }

    /** A word begins where an upper-case letter follows a lower-case one: MPJoinSynRx is mpjoin_syn_rx. */
    static String snake(String name) {
        return name.replaceAll("([a-z0-9])([A-Z])", "$1_$2").toLowerCase(Locale.ROOT);
    }

    private static MetricSnapshot gauge(String name, String help, double value) {
        return GaugeSnapshot.builder().name(name).help(help).dataPoint(GaugeDataPointSnapshot.builder().value(value).build()).build();
    }

    private static MetricSnapshot counter(String name, String help, double value) {
        return CounterSnapshot.builder().name(name).help(help).dataPoint(CounterDataPointSnapshot.builder().value(value).build()).build();
    }

    private MetricSnapshot perPath(String name, String help, ToDoubleFunction<PathReport> value) {
        GaugeSnapshot.Builder builder = GaugeSnapshot.builder().name(name).help(help);
        paths.forEach(path -> builder.dataPoint(GaugeDataPointSnapshot.builder().labels(labels(path)).value(value.applyAsDouble(path)).build()));
        return builder.build();
    }

    private MetricSnapshot perPathCounter(String name, String help, ToDoubleFunction<PathReport> value) {
        CounterSnapshot.Builder builder = CounterSnapshot.builder().name(name).help(help);
        paths.forEach(path -> builder.dataPoint(CounterDataPointSnapshot.builder().labels(labels(path)).value(value.applyAsDouble(path)).build()));
        return builder.build();
    }

    /** The number tells apart two paths over one device. */
    private static Labels labels(PathReport path) {
        return Labels.of("path", path.device(), "id", Integer.toString(path.id()));
    }
}
