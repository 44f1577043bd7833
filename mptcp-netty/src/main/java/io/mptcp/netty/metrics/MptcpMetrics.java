package io.mptcp.netty.metrics;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.mptcp.netty.host.CountingLink;
import io.mptcp.netty.host.MptcpStack;
import io.mptcp.netty.host.Uplinks;
import io.mptcp.stack.Counter;
import io.mptcp.stack.Stack;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.ToDoubleFunction;

/**
 * Counters and sizes of a {@link MptcpStack} in a Micrometer registry. Each loop has its own, with the tag {@code loop}:
 *
 * <ul>
 * <li>{@code mptcp.mib}, tag {@code name}: the counters of the engine under the kernel's MIB names;
 * <li>{@code mptcp.connections}, {@code mptcp.flows}, {@code mptcp.buffer} (bytes): what there is now;
 * <li>{@code mptcp.path.sent}, {@code mptcp.path.received} (bytes), {@code mptcp.path.dropped} (segments), {@code mptcp.path.up}, tag {@code path}.
 * </ul>
 *
 * <p>Paths are those there are when it is bound. An engine belongs to its loop: what is reported is the state of at most a second before it was asked for, and the first time all zero.
 */
public final class MptcpMetrics implements MeterBinder {
    private static final long MAX_AGE_NANOS = 1_000_000_000;

    private final MptcpStack stack;

    /** @param stack what to report of; nothing is read before {@link #bindTo} */
    public MptcpMetrics(MptcpStack stack) {
        this.stack = stack;
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        int loop = 0;
        for (Uplinks uplinks : stack.shards()) {
            bind(registry, new Sampler(uplinks), Tags.of("loop", Integer.toString(loop++)));
        }
    }

    private static void bind(MeterRegistry registry, Sampler sampler, Tags tags) {
        for (Counter counter : Counter.values()) {
            FunctionCounter.builder("mptcp.mib", sampler, s -> s.get().counters.get(counter)).tags(tags.and("name", counter.name()))
                    .description("counter of the engine, as in nstat").register(registry);
        }
        gauge(registry, "mptcp.connections", sampler, s -> s.get().connections, tags);
        gauge(registry, "mptcp.flows", sampler, s -> s.get().flows, tags);
        Gauge.builder("mptcp.buffer", sampler, s -> s.get().bufferBytes).baseUnit("bytes").tags(tags).strongReference(true).register(registry);
        for (int i = 0; i < sampler.links.size(); i++) {
            int path = i;
            Tags ofPath = tags.and("path", sampler.links.get(i).name() + '#' + i);
            FunctionCounter.builder("mptcp.path.sent", sampler, s -> s.get().sent[path]).baseUnit("bytes").tags(ofPath).register(registry);
            FunctionCounter.builder("mptcp.path.received", sampler, s -> s.get().received[path]).baseUnit("bytes").tags(ofPath).register(registry);
            FunctionCounter.builder("mptcp.path.dropped", sampler, s -> s.get().dropped[path]).baseUnit("segments").tags(ofPath).register(registry);
            gauge(registry, "mptcp.path.up", sampler, s -> s.get().up[path] ? 1 : 0, ofPath);
        }
    }

    private static void gauge(MeterRegistry registry, String name, Sampler sampler, ToDoubleFunction<Sampler> value, Tags tags) {
        Gauge.builder(name, sampler, value).tags(tags).strongReference(true).register(registry);
    }

    /** One loop's values at a moment. */
    private static final class Sample {
        final Map<Counter, Long> counters = new EnumMap<>(Counter.class);
        final long[] sent;
        final long[] received;
        final long[] dropped;
        final boolean[] up;
        int connections;
        int flows;
        long bufferBytes;

        Sample(int paths) {
            sent = new long[paths];
            received = new long[paths];
            dropped = new long[paths];
            up = new boolean[paths];
            for (Counter counter : Counter.values()) {
                counters.put(counter, 0L);
            }
        }
    }

    /** Takes samples on the loop, when somebody looks at one that is old. */
    private static final class Sampler {
        final Uplinks uplinks;
        /** Those there are when metrics are bound; one that is removed later keeps its counts, and is down. */
        final List<CountingLink> links;
        private volatile Sample latest;
        private volatile long takenNanos;

        Sampler(Uplinks uplinks) {
            this.uplinks = uplinks;
            links = List.copyOf(uplinks.links());
            latest = new Sample(links.size());
            takenNanos = System.nanoTime() - 2 * MAX_AGE_NANOS;
        }

        Sample get() {
            long now = System.nanoTime();
            if (now - takenNanos > MAX_AGE_NANOS && !uplinks.loop().isShuttingDown()) {
                takenNanos = now;
                try {
                    uplinks.loop().execute(this::take);
                } catch (RejectedExecutionException _) {
                    return latest; // the stack has been closed
                }
            }
            return latest;
        }

        private void take() {
            Sample sample = new Sample(links.size());
            Stack engine = uplinks.driver().stack();
            for (Counter counter : Counter.values()) {
                sample.counters.put(counter, engine.counters().get(counter));
            }
            sample.connections = engine.connectionCount();
            sample.flows = engine.flowCount();
            sample.bufferBytes = engine.bufferBytes();
            for (int i = 0; i < links.size(); i++) {
                CountingLink link = links.get(i);
                sample.sent[i] = link.sentBytes();
                sample.received[i] = link.receivedBytes();
                sample.dropped[i] = link.droppedSegments();
                sample.up[i] = link.isUp() && uplinks.links().contains(link);
            }
            latest = sample;
        }
    }
}
