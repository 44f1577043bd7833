package io.mptcp.tun.relay;

import static org.junit.jupiter.api.Assertions.fail;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.slf4j.LoggerFactory;

/** What a logger writes while this is open. */
public final class LogLines implements AutoCloseable {
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(20);

    private final List<String> lines = new CopyOnWriteArrayList<>();
    private final Logger logger;
    private final AppenderBase<ILoggingEvent> appender = new AppenderBase<>() {
        @Override
        protected void append(ILoggingEvent event) {
            lines.add(event.getFormattedMessage());
        }
    };

    public LogLines(String logger) {
        this.logger = (Logger) LoggerFactory.getLogger(logger);
        appender.setContext(this.logger.getLoggerContext());
        appender.start();
        this.logger.addAppender(appender);
    }

    public List<String> lines() {
        return List.copyOf(lines);
    }

    /** Waits for a line that begins so. */
    public void await(String beginning) {
        long deadlineNanos = System.nanoTime() + PATIENCE_NANOS;
        while (lines.stream().noneMatch(line -> line.startsWith(beginning))) {
            if (System.nanoTime() > deadlineNanos) {
                fail("no line begins with '" + beginning + "': " + lines);
            }
            Thread.onSpinWait();
        }
    }

    @Override
    public void close() {
        logger.detachAppender(appender);
        appender.stop();
    }
}
