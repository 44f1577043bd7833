package io.mptcp.tun;

import io.mptcp.netty.host.CountingLink;
import io.mptcp.netty.host.PathSpec;
import io.mptcp.netty.host.PathTerms;
import io.mptcp.netty.host.SetupException;
import io.mptcp.netty.host.Uplinks;
import io.mptcp.pm.PathRole;
import io.netty.handler.ssl.SslContext;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Brings what runs to what another configuration says, as far as that can be done without dropping connections. On the loop. */
final class Reload {
    private final Uplinks uplinks;
    private final FlowTable flows;
    private final FlowRouting routing;
    /** By path as it is used: its link. */
    private final Map<PathSpec, CountingLink> paths = new LinkedHashMap<>();
    private final List<String> done = new ArrayList<>();
    private final List<String> notDone = new ArrayList<>();

    Reload(Uplinks uplinks, FlowTable flows, FlowRouting routing, List<PathSpec> configured) {
        this.uplinks = uplinks;
        this.flows = flows;
        this.routing = routing;
        for (int i = 0; i < configured.size(); i++) {
            paths.put(configured.get(i), uplinks.links().get(i));
        }
    }

    /** @param tls of the relays that are wanted. @return what was done and what was not, in one line */
    String apply(TunConfig before, TunConfig after, Map<RelaySpec, SslContext> tls) {
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
        applyRules(before, after, tls);
        note(!before.udp().equals(after.udp()), "udp");
        note(!before.patience().equals(after.patience()), "mptcp");
        String summary = done.isEmpty() ? "nothing is to be changed" : String.join(", ", done);
        return notDone.isEmpty() ? summary : summary + "; needs a restart: " + String.join(", ", notDone);
    }

    /** They name relays. A session of datagrams goes on with the relay it is with. */
    private void applyRules(TunConfig before, TunConfig after, Map<RelaySpec, SslContext> tls) {
        boolean relays = !before.relays().equals(after.relays());
        boolean rules = !before.rules().equals(after.rules());
        if (relays) {
            routing.dialer().setRelays(tls, before.udp().relay());
        }
        if (rules) {
            routing.setRules(after.rules());
        }
        if (relays || rules) {
            done.add((relays && rules ? "relays and rules" : relays ? "relays" : "rules") + " for new connections");
        }
    }

    private void note(boolean changed, String what) {
        if (changed) {
            notDone.add(what);
        }
    }

    private void applyPaths(List<PathSpec> wanted) {
        Map<PathSpec, CountingLink> old = new LinkedHashMap<>(paths);
        for (PathSpec path : wanted) {
            PathSpec same = old.keySet().stream().filter(path::sameLink).findFirst().orElse(null);
            if (same == null) {
                add(path);
            } else {
                change(same, path, old.remove(same));
            }
        }
        old.forEach((path, link) -> {
            uplinks.removePath(link);
            paths.remove(path);
            done.add(path.device() + " removed");
        });
    }

    /** Also where the file says what it said before: what was said by command since then ends here. */
    private void change(PathSpec before, PathSpec after, CountingLink link) {
        note(before.gso() != after.gso(), "gso of " + after.device());
        paths.remove(before);
        paths.put(new PathSpec(after.device(), after.address(), after.terms(), after.weight(), after.kind(), before.gso()), link);
        PathRole roleBefore = uplinks.pathManager().role(link.id());
        uplinks.setTerms(link, after.terms(), after.weight());
        PathRole role = uplinks.pathManager().role(link.id());
        String device = after.device() + " ";
        if (role != roleBefore) {
            done.add(device + (role == PathRole.USE ? "no longer " + roleBefore : role));
        }
        PathTerms terms = after.terms();
        tell(before.weight() != after.weight(), device + "weight " + after.weight());
        tell(before.terms().cost() != terms.cost(), device + "cost " + terms.cost());
        tell(!Objects.equals(before.terms().quota(), terms.quota()),
                device + (terms.quota() == null ? "without quota" : "quota " + terms.quota() + " then " + terms.quota().then()));
        tell(before.terms().probeSeconds() != terms.probeSeconds(), device + "probe-seconds " + terms.probeSeconds());
    }

    private void tell(boolean changed, String what) {
        if (changed) {
            done.add(what);
        }
    }

    private void add(PathSpec path) {
        try {
            paths.put(path, uplinks.addPath(path));
            done.add(path.device() + " added");
        } catch (SetupException e) {
            notDone.add(e.getMessage());
        }
    }
}
