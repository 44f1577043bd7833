package io.mptcp.netty;

import io.mptcp.spi.PathEvent;
import io.mptcp.spi.Tracer;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.IntFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes what happens to connections, subflows and paths as text, one event a line, with the seconds since the first one and since the one before:
 *
 * <pre>
 *    0.000000  +0.000000  [       CREATED] token=5f3a6c01 locid=0 remid=0 saddr4=...
 *    0.000412  +0.000412  [   ESTABLISHED] token=5f3a6c01 ...
 * </pre>
 *
 * <p>Lines are in the file when {@link #event} returns. Events may come from the loops of several stacks.
 */
public final class TimelineTracer implements Tracer, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TimelineTracer.class);
    private static final double NANOS_PER_SECOND = 1e9;

    private final Path file;
    private final BufferedWriter out;
    private volatile IntFunction<String> pathNames = linkId -> "path " + linkId;
    private boolean begun;
    private boolean over;
    private long firstNanos;
    private long lastNanos;

    /**
     * Begins a file, or begins it anew.
     *
     * @throws IOException when it cannot be written
     */
    public TimelineTracer(Path file) throws IOException {
        this.file = file;
        this.out = Files.newBufferedWriter(file);
    }

    /** @param names name of a path by the number of its link; called on the stacks' threads */
    public void setPathNames(IntFunction<String> names) {
        pathNames = names;
    }

    @Override
    public synchronized void event(PathEvent event) {
        if (over) {
            return;
        }
        if (!begun) {
            begun = true;
            firstNanos = event.nowNanos();
            lastNanos = firstNanos;
        }
        String path = event.linkId() < 0 ? null : pathNames.apply(event.linkId());
        try {
            out.write(String.format(Locale.ROOT, "%12.6f  +%.6f  %s%n", (event.nowNanos() - firstNanos) / NANOS_PER_SECOND,
                    (event.nowNanos() - lastNanos) / NANOS_PER_SECOND, EventText.line(event, path)));
            out.flush();
        } catch (IOException e) {
            over = true; // a full disk is no reason to disturb connections
            LOG.warn("{} ends here, it cannot be written: {}", file, e.getMessage());
        }
        lastNanos = event.nowNanos();
    }

    /** Ends the file; later events are not written. */
    @Override
    public synchronized void close() throws IOException {
        over = true;
        try (Writer closing = out) {
            closing.flush();
        }
    }
}
