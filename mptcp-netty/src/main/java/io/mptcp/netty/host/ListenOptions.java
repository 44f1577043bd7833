package io.mptcp.netty.host;

import io.mptcp.stack.ConnectOptions;

/**
 * How to listen.
 *
 * @param connections options of the connections that are accepted, null for the stack's defaults
 * @param backlog     connections that may wait to be looked at, of each loop (see {@link io.mptcp.stack.Listener#backlog})
 */
public record ListenOptions(ConnectOptions connections, int backlog) {
    public static final ListenOptions DEFAULT = new ListenOptions(null, 4096);
}
