package io.mptcp.tun;

import io.mptcp.spi.PathEvent;
import io.mptcp.spi.Tracer;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.IntFunction;

/** The last events of all connections and paths, and those who want to hear of new ones. On the loop. */
final class EventLog implements Tracer {
    private static final int KEPT = 256;

    private final ArrayDeque<ConnectionEvent> last = new ArrayDeque<>();
    private final List<Consumer<ConnectionEvent>> listeners = new ArrayList<>();
    private IntFunction<String> pathNames = _ -> null;
    private long count;

    /** @param pathNames device of a link, by its number */
    void setPathNames(IntFunction<String> pathNames) {
        this.pathNames = pathNames;
    }

    @Override
    public void event(PathEvent event) {
        String path = event.linkId() < 0 ? null : pathNames.apply(event.linkId());
        ConnectionEvent added = new ConnectionEvent(++count, Instant.now(), path, event);
        if (last.size() == KEPT) {
            last.removeFirst();
        }
        last.add(added);
        for (Consumer<ConnectionEvent> listener : List.copyOf(listeners)) {
            listener.accept(added);
        }
    }

    /** Events later than {@code number}, as far as they are remembered. */
    List<ConnectionEvent> since(long number) {
        return last.stream().filter(event -> event.number() > number).toList();
    }

    void subscribe(Consumer<ConnectionEvent> listener) {
        listeners.add(listener);
    }

    void unsubscribe(Consumer<ConnectionEvent> listener) {
        listeners.remove(listener);
    }
}
