package io.mptcp.pm;

import io.mptcp.spi.PathEvent;
import io.mptcp.spi.Tracer;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Hands events of a stack and its path manager to whoever wants to hear them ({@code ip mptcp monitor}). To be given to the stack as its
 * tracer. Listeners are called on the stack's thread and must not call back into it; they come and go on any thread.
 */
public final class PathEvents implements Tracer {
    private final List<Tracer> listeners = new CopyOnWriteArrayList<>();

    public void addListener(Tracer listener) {
        listeners.add(listener);
    }

    public void removeListener(Tracer listener) {
        listeners.remove(listener);
    }

    boolean hasListeners() {
        return !listeners.isEmpty();
    }

    @Override
    public void event(PathEvent event) {
        for (Tracer listener : listeners) {
            listener.event(event);
        }
    }
}
