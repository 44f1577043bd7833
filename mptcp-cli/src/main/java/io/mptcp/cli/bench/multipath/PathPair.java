package io.mptcp.cli.bench.multipath;

import io.mptcp.cli.bench.KernelBuffers;
import io.mptcp.cli.bench.PathCell;
import java.util.stream.Stream;

/** Two paths used together. Connections begin over the first. */
record PathPair(PathCell first, PathCell second) {
    /** Payload of a full frame of 1514 bytes: TCP timestamps, and a mapping without DATA_ACK. */
    private static final double PAYLOAD_SHARE = 1428.0 / 1514;
    private static final int OVERHEAD = 4;

    /** What both can carry together, in Mbit/s. */
    double capacityMbit() {
        return (first.rateMbit() + second.rateMbit()) * PAYLOAD_SHARE;
    }

    double rateMbit() {
        return first.rateMbit() + second.rateMbit();
    }

    /** What is in flight over one path waits for the other. */
    KernelBuffers buffers() {
        double holdMillis = Math.max(first.rttMillis() + first.queueMillis(), second.rttMillis() + second.queueMillis());
        return new KernelBuffers(Math.round(OVERHEAD * rateMbit() * 1e6 / 8 * holdMillis / 1e3));
    }

    /** After that nothing of an ended transfer is on the way. */
    long drainMillis() {
        return Math.max(first.drainMillis(), second.drainMillis());
    }

    @Override
    public String toString() {
        return String.join(" + ", Stream.of(first, second).map(PathPair::name).toList());
    }

    private static String name(PathCell cell) {
        return PathCell.plain(cell.rateMbit()) + "/" + PathCell.plain(cell.rttMillis()) + (cell.lossPercent() > 0 ? "/" + PathCell.plain(cell.lossPercent()) : "");
    }
}
