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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bulk data between two of our stacks over packet sockets on virtual cables: what the threads of their loops allocate meanwhile. */
class LinkAllocationTest {
    /** Half of the smallest object there is. What comes once in a turn of the driver (a task of the loop) is shared by the segments of the turn. */
    private static final int MOST_BYTES_PER_SEGMENT = 8;
    private static final int SPELL_MILLIS = 50;
    private static final int LEAST_SEGMENTS = 200;
    private static final int PATIENCE_SECONDS = 60;

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    @ParameterizedTest(name = "memory handed over: {0}")
    @ValueSource(booleans = {false, true})
    void aSegmentOverALinkIsNoObject(boolean handedOver) throws InterruptedException {
        assumeTrue(LabRequirements.missing().isEmpty(), () -> "no laboratory: " + LabRequirements.missing());
        assumeTrue(KernelMptcp.available(), "this kernel has no MPTCP");
        assumeTrue(threads.isThreadAllocatedMemorySupported() && threads.isThreadAllocatedMemoryEnabled(), "this JVM does not count allocations");
        try (Lab lab = Lab.create()) {
            SpeedNetwork network = SpeedNetwork.create(lab, true);
            network.startServers();
            StackSpeedHost sender = network.stackClient(true, 2);
            StackSpeedHost receiver = (StackSpeedHost) network.stackServer().host();
            SpeedHost application = handedOver ? new HandingOverHost(sender) : sender;
            try (SpeedHost.Bulk ignored = application.bulk(network.stackServer().address(), Service.SINK)) {
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
        private long bytesBefore = Long.MAX_VALUE;
        private volatile int spells;
        private volatile double leastBytesPerSegment = Double.MAX_VALUE;

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
            long count = segments - segmentsBefore;
            if (count >= LEAST_SEGMENTS && bytes >= bytesBefore) {
                spells++;
                leastBytesPerSegment = Math.min(leastBytesPerSegment, (double) (bytes - bytesBefore) / count);
            }
            segmentsBefore = segments;
            bytesBefore = threads.getCurrentThreadAllocatedBytes();
        }

        boolean isEnough() {
            return leastBytesPerSegment < MOST_BYTES_PER_SEGMENT;
        }

        @Override
        public String toString() {
            return "at least " + leastBytesPerSegment + " bytes allocated for a segment, in each of " + spells + " spells of " + SPELL_MILLIS + " ms";
        }
    }
}
