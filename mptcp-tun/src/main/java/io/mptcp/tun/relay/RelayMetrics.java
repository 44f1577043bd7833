package io.mptcp.tun.relay;

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
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** A report for Prometheus. */
final class RelayMetrics {
    private static final ExpositionFormats FORMATS = ExpositionFormats.init();

    private RelayMetrics() {
    }

    /** @param accept header field of the request */
    static HttpReply reply(RelayReport report, String accept) {
        CounterSnapshot.Builder refused = CounterSnapshot.builder().name("mptcp_relay_refused").help("Connections refused, by reason.");
        report.refusals().forEach((reason, count) -> refused.dataPoint(CounterDataPointSnapshot.builder().labels(Labels.of("reason", reason)).value(count).build()));
        List<MetricSnapshot> all = List.of(gauge("mptcp_relay_connections", "Connections of clients now.", report.connections()),
                gauge("mptcp_relay_half_open", "Connections that have not said yet who they are.", report.halfOpen()), refused.build(),
                perUser(report, "mptcp_relay_user_accepted", "Connections carried so far.", RelayUser.Use::accepted),
                perUser(report, "mptcp_relay_user_sent_bytes", "Bytes carried to destinations.", RelayUser.Use::sentBytes),
                perUser(report, "mptcp_relay_user_received_bytes", "Bytes carried to the client.", RelayUser.Use::receivedBytes),
                perUser(report, "mptcp_relay_user_waits", "How often reading was held up for the user's rate.", RelayUser.Use::waits),
                perUser(report, "mptcp_relay_user_dropped_datagrams", "Datagrams dropped for the user's rate.", RelayUser.Use::droppedDatagrams),
                quotaUsed(report));
        ExpositionFormatWriter writer = FORMATS.findWriter(accept);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            writer.write(out, new MetricSnapshots(all));
        } catch (IOException e) {
            throw new UncheckedIOException(e); // not into memory
        }
        return new HttpReply(200, writer.getContentType(), out.toByteArray(), null, Map.of());
    }

    private static MetricSnapshot gauge(String name, String help, double value) {
        return GaugeSnapshot.builder().name(name).help(help).dataPoint(GaugeDataPointSnapshot.builder().value(value).build()).build();
    }

    /** Of those who have one. */
    private static MetricSnapshot quotaUsed(RelayReport report) {
        GaugeSnapshot.Builder builder = GaugeSnapshot.builder().name("mptcp_relay_user_quota_used_bytes").help("Bytes of the user's quota that have been used in this period.");
        report.users().stream().filter(user -> user.quota() != null).forEach(user -> builder.dataPoint(
                GaugeDataPointSnapshot.builder().labels(Labels.of("user", user.name())).value(user.quotaUsedBytes()).build()));
        return builder.build();
    }

    private static MetricSnapshot perUser(RelayReport report, String name, String help, ToDoubleFunction<RelayUser.Use> value) {
        CounterSnapshot.Builder builder = CounterSnapshot.builder().name(name).help(help);
        report.users().forEach(user -> builder.dataPoint(
                CounterDataPointSnapshot.builder().labels(Labels.of("user", user.name())).value(value.applyAsDouble(user)).build()));
        return builder.build();
    }
}
