package io.mptcp.pm;

import io.mptcp.spi.PathCommands;
import io.mptcp.spi.PathManager;

/** Opens nothing by itself; joins of the peer are accepted as far as the limits of the stack allow. */
public final class PassivePathManager implements PathManager {
    @Override
    public String name() {
        return "passive";
    }

    @Override
    public void onEstablished(PathCommands commands) {
        // Nothing to do: the peer opens the subflows.
    }
}
