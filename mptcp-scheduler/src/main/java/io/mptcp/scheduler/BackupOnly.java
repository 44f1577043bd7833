package io.mptcp.scheduler;

import io.mptcp.spi.PacketScheduler;
import io.mptcp.spi.PacketSchedulerFactory;
import io.mptcp.spi.SchedulerView;

/**
 * {@code backup}: all-or-nothing (RFC 8684 section 3.3.8). The first subflow without a backup flag carries everything; when there is none,
 * the first backup. Waits when its window is full.
 */
public final class BackupOnly implements PacketScheduler {
    static final String NAME = "backup";

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public long select(SchedulerView view) {
        return Eligible.available(view, Long.lowestOneBit(Eligible.active(view)));
    }

    /** Provides {@link BackupOnly}. */
    public static final class Factory implements PacketSchedulerFactory {
        @Override
        public String name() {
            return NAME;
        }

        @Override
        public String description() {
            return "one subflow carries everything, the others are spare";
        }

        @Override
        public PacketScheduler create() {
            return new BackupOnly();
        }
    }
}
