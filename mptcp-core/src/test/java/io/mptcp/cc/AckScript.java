package io.mptcp.cc;

/** Plays ACKs of an imagined path to a controller, in virtual time. */
final class AckScript {
    static final int MSS = 1000;
    static final long MS = 1_000_000;

    final CongestionController controller;
    final AckSample sample = new AckSample();
    long rttNanos = 100 * MS;
    private long sndUna = 1;

    AckScript(CongestionController controller) {
        this.controller = controller;
        controller.onEstablished(0, MSS, false);
    }

    /** Brings cwnd to this many segments in slow start and out of it by a loss that is undone: ssthresh stays as it was. */
    static AckScript atCwnd(CongestionController controller, int segments) {
        AckScript script = new AckScript(controller);
        while (controller.cwndBytes() < (long) segments * MSS) {
            script.ack(Math.min(controller.cwndBytes(), (long) segments * MSS - controller.cwndBytes()));
        }
        return script;
    }

    AckScript ack(long bytes) {
        return ack(bytes, controller.cwndBytes());
    }

    /** One ACK of {@code bytes}, after {@code inFlight} had been in flight. */
    AckScript ack(long bytes, long inFlight) {
        sndUna += bytes;
        sample.ackedBytes = bytes;
        sample.deliveredBytes = bytes;
        sample.maxInFlightBytes = inFlight;
        sample.inFlightBytes = inFlight - bytes;
        sample.rttNanos = rttNanos;
        sample.srttNanos = rttNanos;
        sample.minRttNanos = rttNanos;
        sample.sndUnaSsn = sndUna;
        sample.sndNxtSsn = sndUna + inFlight - bytes;
        controller.onAck(sample);
        return this;
    }

    /** Lets time pass. */
    AckScript at(long nanos) {
        sample.nowNanos = nanos;
        return this;
    }

    /** One whole window, acknowledged segment by segment, a round-trip time after the last. */
    AckScript round() {
        sample.nowNanos += rttNanos;
        long window = controller.cwndBytes();
        for (long left = window; left > 0; left -= MSS) {
            ack(Math.min(MSS, left), window);
        }
        return this;
    }
}
