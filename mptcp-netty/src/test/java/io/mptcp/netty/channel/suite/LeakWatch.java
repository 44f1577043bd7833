package io.mptcp.netty.channel.suite;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.netty.buffer.ByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import java.util.List;
import org.slf4j.LoggerFactory;

/** Netty's leak detector at paranoid, and what it reports. */
final class LeakWatch {
    private static final int BUFFERS = 100;

    private final Logger logger = (Logger) LoggerFactory.getLogger(ResourceLeakDetector.class);
    private final ListAppender<ILoggingEvent> reports = new ListAppender<>();
    private ResourceLeakDetector.Level before;

    void start() {
        before = ResourceLeakDetector.getLevel();
        ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.PARANOID);
        reports.start();
        logger.addAppender(reports);
    }

    /** What was lost is reported when another buffer is made after it was collected. */
    void assertNone() {
        for (int i = 0; i < 3; i++) {
            System.gc();
            for (int j = 0; j < BUFFERS; j++) {
                ByteBufAllocator.DEFAULT.buffer(1).release();
            }
        }
        logger.detachAppender(reports);
        ResourceLeakDetector.setLevel(before);
        assertEquals(List.of(), reports.list.stream().map(ILoggingEvent::getFormattedMessage).toList());
    }
}
