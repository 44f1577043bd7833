package io.mptcp.cli.bench.speed;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import io.mptcp.cli.lab.Lab;
import io.mptcp.cli.lab.LabRequirements;
import io.mptcp.netty.SegmentLink;
import io.mptcp.netty.host.CountingLink;
import io.mptcp.netty.linux.KernelMptcp;
import java.lang.management.ManagementFactory;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Bulk data between two of our stacks over packet sockets on virtual cables: what the threads of their loops allocate meanwhile. */
class LinkAllocationTest {
    private static final int SPELL_MILLIS = 2;
    private static final int LEAST_SEGMENTS = 20;
    private static final int ENOUGH_SPELLS = 50;
    private static final int PATIENCE_SECONDS = 60;

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    @Test
    void aSegmentOverALinkAllocatesNothing() throws InterruptedException {
        assumeTrue(LabRequirements.missing().isEmpty(), () -> "no laboratory: " + LabRequirements.missing());
        assumeTrue(KernelMptcp.available(), "this kernel has no MPTCP");
        assumeTrue(threads.isThreadAllocatedMemorySupported() && threads.isThreadAllocatedMemoryEnabled(), "this JVM does not count allocations");
        try (Lab lab = Lab.create()) {
            SpeedNetwork network = SpeedNetwork.create(lab, true);
            network.startServers();
            StackSpeedHost sender = (StackSpeedHost) network.stackClient(true, 2);
            StackSpeedHost receiver = (StackSpeedHost) network.stackServer().host();
            try (SpeedHost.Bulk ignored = sender.bulk(network.stackServer().address(), Service.SINK)) {
                Meter sending = new Meter(sender);
                Meter receiving = new Meter(receiver);
                // The compiler has to have seen the code before; how soon that is, is not looked at.
                for (int i = 0; i < PATIENCE_SECONDS * 10 && !(sending.isEnough() && receiving.isEnough()); i++) {
                    Thread.sleep(100);
                }
                assertTrue(sending.isEnough(), "sender: " + sending);
                assertTrue(receiving.isEnough(), "receiver: " + receiving);
            }
        }
    }

    /** On the loop, which it leaves alone between its looks; a look allocates nothing itself. */
    private final class Meter implements Runnable {
        private long segments;
        private long segmentsBefore;
        private long bytesBefore;
        private volatile int freeSpells;
        private volatile int spells;
        private volatile long leastBytes = Long.MAX_VALUE;

        Meter(StackSpeedHost host) {
            host.driver().loop().submit(() -> {
                for (SegmentLink link : host.driver().links()) {
                    ((CountingLink) link).setTap((tapped, slot, outbound) -> segments++);
                }
                host.driver().loop().scheduleAtFixedRate(this, SPELL_MILLIS, SPELL_MILLIS, TimeUnit.MILLISECONDS);
            });
        }

        @Override
        public void run() {
            long bytes = threads.getCurrentThreadAllocatedBytes();
            if (segments - segmentsBefore >= LEAST_SEGMENTS) {
                spells++;
                leastBytes = Math.min(leastBytes, bytes - bytesBefore);
                freeSpells += bytes == bytesBefore ? 1 : 0;
            }
            segmentsBefore = segments;
            bytesBefore = threads.getCurrentThreadAllocatedBytes();
        }

        boolean isEnough() {
            return freeSpells >= ENOUGH_SPELLS;
        }

        @Override
        public String toString() {
            return freeSpells + " of " + spells + " spells of " + LEAST_SEGMENTS + " segments and more without an allocation, the least allocated " + leastBytes + " bytes";
        }
    }
}
