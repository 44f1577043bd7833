package io.mptcp.netty.host;

import io.mptcp.pm.HostPathManager.JoinListeners;
import io.mptcp.stack.Listener;
import io.mptcp.stack.Stack;
import io.mptcp.wire.IpEndpoint;
import java.util.HashMap;
import java.util.Map;

/** Listeners behind announced addresses with ports of their own. */
final class UplinkListeners implements JoinListeners {
    private final Stack stack;
    private final Map<IpEndpoint, Listener> listeners = new HashMap<>();

    UplinkListeners(Stack stack) {
        this.stack = stack;
    }

    @Override
    public void open(IpEndpoint local) {
        listeners.put(local, stack.listenForJoins(local));
    }

    @Override
    public void close(IpEndpoint local) {
        Listener listener = listeners.remove(local);
        if (listener != null) {
            stack.close(listener);
        }
    }
}
