package io.mptcp.cli.bench.speed;

import io.mptcp.wire.IpEndpoint;
import java.util.concurrent.atomic.LongAdder;

/** A client that is there for bulk transfers. */
abstract class BulkOnlyHost implements SpeedHost {
    /** Payload read by applications. */
    final LongAdder received = new LongAdder();

    @Override
    public final long[] echo(IpEndpoint server, long durationNanos) {
        throw new UnsupportedOperationException("bulk transfers only");
    }

    @Override
    public final long exchanges(IpEndpoint server, long durationNanos) {
        throw new UnsupportedOperationException("bulk transfers only");
    }

    @Override
    public final long receivedBytes() {
        return received.sum();
    }

    /** The stack is closed by who opened it. */
    @Override
    public void close() {
    }
}
