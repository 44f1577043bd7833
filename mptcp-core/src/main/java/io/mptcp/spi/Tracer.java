package io.mptcp.spi;

import io.mptcp.wire.IpEndpoint;

/** Connection events as they happen, under the names of {@code ip mptcp monitor}. Called on the stack's thread; must not call back. */
public interface Tracer {
    Tracer NONE = new Tracer() {
    };

    /**
     * @param event CREATED, ESTABLISHED, CLOSED, SF_ESTABLISHED, SF_CLOSED, SF_PRIO, ANNOUNCED, REMOVED, FALLBACK, SUBFLOW_STALE or SUBFLOW_RECOVERED
     * @param detail what more there is to say, e.g. a reset reason; may be empty
     */
    default void event(long nowNanos, String event, int token, int subflowId, IpEndpoint local, IpEndpoint remote, String detail) {
    }
}
