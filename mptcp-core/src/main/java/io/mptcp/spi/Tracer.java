package io.mptcp.spi;

/** Hears of events as they happen, in the order they do. Called on the stack's thread; must not call back. */
@FunctionalInterface
public interface Tracer {
    Tracer NONE = event -> {
    };

    void event(PathEvent event);
}
