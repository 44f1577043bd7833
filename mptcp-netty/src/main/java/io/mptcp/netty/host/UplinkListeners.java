package io.mptcp.netty.host;

import io.mptcp.pm.HostPathManager.JoinListeners;
import io.mptcp.stack.Listener;
import io.mptcp.wire.IpEndpoint;
import java.util.HashMap;
import java.util.Map;

/** Listeners behind announced addresses with ports of their own. */
final class UplinkListeners implements JoinListeners {
    private final Uplinks uplinks;
    private final Map<IpEndpoint, Listener> listeners = new HashMap<>();

    UplinkListeners(Uplinks uplinks) {
        this.uplinks = uplinks;
    }

    /** The links have to let joins to that port in, and the kernel to leave them to us. */
    @Override
    public void open(IpEndpoint local) {
        try {
            listeners.put(local, uplinks.listenForJoins(local));
        } catch (SetupException e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }

    @Override
    public void close(IpEndpoint local) {
        Listener listener = listeners.remove(local);
        if (listener != null) {
            uplinks.close(listener);
        }
    }
}
