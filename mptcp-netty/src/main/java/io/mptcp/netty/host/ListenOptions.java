package io.mptcp.netty.host;

import io.mptcp.stack.ConnectOptions;

/**
 * How to listen.
 *
 * @param connections options of the connections that are accepted, null for the stack's defaults
 * @param backlog     connections that may wait to be looked at, of each loop (see {@link io.mptcp.stack.Listener#backlog})
 * @param fastOpenQueue connections opened by a SYN with data that may be unproven at a time, of each loop; 0 takes no data with a SYN (see
 *                    {@link io.mptcp.stack.Listener#setFastOpenQueue})
 * @param fastOpenCookieRequired whether such data has to come with a cookie (see {@link io.mptcp.stack.Listener#setFastOpenCookieRequired})
 */
public record ListenOptions(ConnectOptions connections, int backlog, int fastOpenQueue, boolean fastOpenCookieRequired) {
    /** The stack's options for connections, 4096 of which may wait. */
    public static final ListenOptions DEFAULT = new ListenOptions(null, 4096);

    /** Without Fast Open. */
    public ListenOptions(ConnectOptions connections, int backlog) {
        this(connections, backlog, 0, true);
    }

    /**
     * Takes data with SYNs (RFC 7413).
     *
     * @param queue          connections at a time, of each loop, that are not proven yet
     * @param cookieRequired false takes it from anybody
     */
    public ListenOptions withFastOpen(int queue, boolean cookieRequired) {
        return new ListenOptions(connections, backlog, queue, cookieRequired);
    }
}
