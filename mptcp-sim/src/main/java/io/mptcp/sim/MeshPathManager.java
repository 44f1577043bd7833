package io.mptcp.sim;

import io.mptcp.spi.PathCommands;
import io.mptcp.spi.PathManager;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Keeps one subflow open on each of the client's links, and opens it again, with growing pauses, when it was lost. */
public final class MeshPathManager implements PathManager {
    /** One way to the server. */
    public record Route(int linkId, IpAddress local, IpAddress remote, boolean backup) {
    }

    private static final long FIRST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long LAST_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(8);

    private final List<Route> routes;
    private long pauseNanos = FIRST_PAUSE_NANOS;

    public MeshPathManager(List<Route> routes) {
        this.routes = routes;
    }

    @Override
    public String name() {
        return "mesh";
    }

    @Override
    public void onEstablished(PathCommands commands) {
        openMissing(commands);
    }

    @Override
    public void onSubflowEstablished(PathCommands commands, int subflowId) {
        pauseNanos = FIRST_PAUSE_NANOS;
    }

    @Override
    public void onSubflowClosed(PathCommands commands, int subflowId, int linkId, IpEndpoint local, IpEndpoint remote, int resetReason) {
        tryAgainLater(commands);
    }

    @Override
    public void onLinkChange(PathCommands commands, int linkId, boolean up) {
        if (up) {
            openMissing(commands);
        }
    }

    @Override
    public void onTimer(PathCommands commands) {
        openMissing(commands);
    }

    private void openMissing(PathCommands commands) {
        if (commands.isServer()) {
            return;
        }
        boolean refused = false;
        for (Route route : routes) {
            if (commands.isLinkUp(route.linkId) && !commands.hasSubflowOnLink(route.linkId)) {
                IpEndpoint remote = new IpEndpoint(route.remote, commands.initialRemote().port());
                refused |= commands.openSubflow(route.linkId, route.local, remote, route.backup) < 0;
            }
        }
        if (refused) {
            tryAgainLater(commands);
        }
    }

    private void tryAgainLater(PathCommands commands) {
        commands.wakeAt(commands.nowNanos() + pauseNanos);
        pauseNanos = Math.min(2 * pauseNanos, LAST_PAUSE_NANOS);
    }
}
