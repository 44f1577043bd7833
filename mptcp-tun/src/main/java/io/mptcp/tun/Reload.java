package io.mptcp.tun;

import io.mptcp.netty.host.CountingLink;
import io.mptcp.netty.host.PathSpec;
import io.mptcp.netty.host.SetupException;
import io.mptcp.netty.host.Uplinks;
import io.mptcp.pm.PathRole;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Brings what runs to what another configuration says, as far as that can be done without dropping connections. On the loop. */
final class Reload {
    private final Uplinks uplinks;
    private final FlowTable flows;
    /** By path as it was configured: its link. */
    private final Map<PathSpec, CountingLink> paths = new HashMap<>();
    private final List<String> done = new ArrayList<>();
    private final List<String> notDone = new ArrayList<>();

    Reload(Uplinks uplinks, FlowTable flows, List<PathSpec> configured) {
        this.uplinks = uplinks;
        this.flows = flows;
        for (int i = 0; i < configured.size(); i++) {
            paths.put(configured.get(i), uplinks.links().get(i));
        }
    }

    /** @return what was done and what was not, in one line */
    String apply(TunConfig before, TunConfig after) {
        done.clear();
        notDone.clear();
        applyPaths(after.paths());
        if (!after.scheduler().equals(before.scheduler())) {
            uplinks.setScheduler(after.scheduler());
            done.add("scheduler " + after.scheduler());
        }
        if (!after.congestion().equals(before.congestion())) {
            uplinks.setCongestion(after.congestion());
            done.add("congestion " + after.congestion() + " for new connections");
        }
        if (after.limits().connections() != before.limits().connections()) {
            flows.setMax(after.limits().connections());
            done.add("limits.connections " + after.limits().connections());
        }
        note(before.tun() == null ? after.tun() != null : !before.tun().equals(after.tun()), "tun");
        note(before.checksum() != after.checksum(), "checksum");
        note(before.limits().bufferBytes() != after.limits().bufferBytes(), "limits.buffer-bytes");
        note(before.limits().connectTimeoutSeconds() != after.limits().connectTimeoutSeconds(), "limits.connect-timeout-seconds");
        note(!before.status().equals(after.status()), "status");
        note(!before.proxy().equals(after.proxy()), "proxy");
        note(!before.control().equals(after.control()), "control and http");
        note(before.capture() == null ? after.capture() != null : !before.capture().equals(after.capture()), "capture");
        note(!before.relays().equals(after.relays()), "relays");
        note(!before.rules().equals(after.rules()), "rules");
        String summary = done.isEmpty() ? "nothing is to be changed" : String.join(", ", done);
        return notDone.isEmpty() ? summary : summary + "; needs a restart: " + String.join(", ", notDone);
    }

    private void note(boolean changed, String what) {
        if (changed) {
            notDone.add(what);
        }
    }

    private void applyPaths(List<PathSpec> wanted) {
        Map<PathSpec, CountingLink> old = new HashMap<>(paths);
        for (PathSpec path : wanted) {
            PathSpec same = old.keySet().stream().filter(other -> asRole(other).equals(asRole(path))).findFirst().orElse(null);
            if (same != null) {
                CountingLink link = old.remove(same);
                paths.remove(same);
                paths.put(path, link);
                if (same.backup() != path.backup()) {
                    uplinks.pathManager().setRole(link.id(), path.backup() ? PathRole.BACKUP : PathRole.USE);
                    done.add(path.device() + (path.backup() ? " backup" : " no longer backup"));
                }
            } else {
                add(path);
            }
        }
        old.forEach((path, link) -> {
            uplinks.removePath(link);
            paths.remove(path);
            done.add(path.device() + " removed");
        });
    }

    private void add(PathSpec path) {
        try {
            paths.put(path, uplinks.addPath(path));
            done.add(path.device() + " added");
        } catch (SetupException e) {
            notDone.add(e.getMessage());
        }
    }

    /** All that cannot be changed while a path is open. */
    private static PathSpec asRole(PathSpec path) {
        return new PathSpec(path.device(), path.address(), false, path.weight(), path.kind(), path.gso());
    }
}
