package io.mptcp.cli.perf;

import io.mptcp.netty.MptcpDriver;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The running part of a test, the same on both sides: streams, intervals, processor time. Lives on the event loop. */
final class Measurement {
    private static final double NANOS_PER_SECOND = 1e9;

    private final MptcpDriver driver;
    private final PerfParameters parameters;
    private final PerfReport report;
    private final List<DataStream> streams = new ArrayList<>();
    private final List<Long> bytesBefore = new ArrayList<>();
    private final List<Long> retransmitsBefore = new ArrayList<>();
    private long startNanos;
    private long endNanos;
    private long intervalStartNanos;
    private Duration cpuAtStart = Duration.ZERO;
    private boolean running;
    private boolean omitting;

    Measurement(MptcpDriver driver, PerfParameters parameters, PerfReport report) {
        this.driver = driver;
        this.parameters = parameters;
        this.report = report;
    }

    void add(DataStream stream) {
        streams.add(stream);
        bytesBefore.add(0L);
        retransmitsBefore.add(0L);
    }

    List<DataStream> streams() {
        return streams;
    }

    PerfParameters parameters() {
        return parameters;
    }

    void start() {
        running = true;
        omitting = parameters.omitSeconds() > 0;
        restart();
        report.started(this);
        streams.forEach(DataStream::start);
        driver.wake();
        if (omitting) {
            driver.loop().schedule(this::endOfOmitted, parameters.omitSeconds(), TimeUnit.SECONDS);
        }
        scheduleInterval();
    }

    private void restart() {
        startNanos = now();
        intervalStartNanos = startNanos;
        cpuAtStart = cpuTime();
    }

    private void endOfOmitted() {
        if (!running) {
            return;
        }
        interval();
        omitting = false;
        for (int i = 0; i < streams.size(); i++) {
            streams.get(i).omit();
            bytesBefore.set(i, 0L);
            retransmitsBefore.set(i, 0L);
        }
        restart();
    }

    private void scheduleInterval() {
        driver.loop().schedule(() -> {
            if (running) {
                interval();
                scheduleInterval();
            }
        }, report.intervalMillis(), TimeUnit.MILLISECONDS);
    }

    private void interval() {
        long now = now();
        if (now - intervalStartNanos < TimeUnit.MILLISECONDS.toNanos(report.intervalMillis()) / 10) {
            return; // what is left at the end is not worth a line
        }
        List<PerfReport.Line> lines = new ArrayList<>();
        double from = (intervalStartNanos - startNanos) / NANOS_PER_SECOND;
        double to = (now - startNanos) / NANOS_PER_SECOND;
        for (int i = 0; i < streams.size(); i++) {
            DataStream stream = streams.get(i);
            long bytes = stream.bytes();
            long retransmits = stream.retransmits();
            lines.add(new PerfReport.Line(stream.id(), from, to, bytes - bytesBefore.get(i),
                    retransmits < 0 ? -1 : retransmits - retransmitsBefore.get(i), stream.cwndBytes()));
            bytesBefore.set(i, bytes);
            retransmitsBefore.set(i, Math.max(0, retransmits));
        }
        intervalStartNanos = now;
        report.interval(lines, omitting);
    }

    boolean isFinished() {
        return streams.stream().allMatch(DataStream::isFinished);
    }

    /** The end: what comes later is not counted. @return what this side has counted */
    PerfResults stop() {
        if (running) {
            running = false;
            streams.forEach(DataStream::stop);
            endNanos = now();
            interval();
        }
        double seconds = Math.max(1e-3, (endNanos - startNanos) / NANOS_PER_SECOND);
        double cpu = cpuTime().minus(cpuAtStart).toNanos() / NANOS_PER_SECOND / seconds * 100;
        List<PerfResults.Stream> counted = new ArrayList<>();
        boolean sender = false;
        for (DataStream stream : streams) {
            sender |= stream.retransmits() >= 0;
            counted.add(new PerfResults.Stream(stream.id(), stream.bytes(), stream.retransmits(), seconds));
        }
        return new PerfResults(cpu, cpu, 0, sender, counted);
    }

    private long now() {
        return driver.loop().ticker().nanoTime();
    }

    /** Of the whole process. */
    private static Duration cpuTime() {
        return ManagementFactory.getOperatingSystemMXBean() instanceof com.sun.management.OperatingSystemMXBean os
                ? Duration.ofNanos(Math.max(0, os.getProcessCpuTime())) : Duration.ZERO;
    }
}
