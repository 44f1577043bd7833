package io.mptcp.netty.host;

import io.mptcp.pm.HostPathManager;
import io.mptcp.pm.PathRole;
import io.mptcp.pm.QuotaMeter;
import io.mptcp.spi.PathEvent;
import java.time.ZonedDateTime;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Watches the quotas of paths: a path whose quota is used up becomes a backup or is switched off until the period ends. Looked at every second, so
 * that a path may carry what it carries in a second beyond its quota. On the loop.
 */
public final class UplinkQuotas {
    private final HostPathManager manager;
    private final Supplier<ZonedDateTime> clock;
    private final Map<Integer, QuotaMeter> meters = new HashMap<>();
    /** What the path is for while its quota lasts. */
    private final Map<Integer, PathRole> roles = new HashMap<>();

    UplinkQuotas(HostPathManager manager, Supplier<ZonedDateTime> clock) {
        this.manager = manager;
        this.clock = clock;
    }

    void add(int linkId, PathTerms terms) {
        if (terms.quota() != null) {
            meters.put(linkId, new QuotaMeter(terms.quota(), clock.get()));
        }
    }

    /** The path has other terms, maybe: what it has used in this period counts on. */
    void change(CountingLink link) {
        PathTerms terms = link.terms();
        QuotaMeter before = meters.remove(link.id());
        roles.remove(link.id());
        if (terms.quota() != null) {
            long totalBytes = link.sentPacketBytes() + link.receivedPacketBytes();
            meters.put(link.id(), before == null ? new QuotaMeter(terms.quota(), clock.get(), totalBytes) : before.withQuota(terms.quota(), clock.get()));
        }
        QuotaMeter meter = meters.get(link.id());
        if (meter != null && meter.isReached() && terms.role().compareTo(meter.quota().then()) < 0) {
            roles.put(link.id(), terms.role());
            manager.setRole(link.id(), meter.quota().then(), reason(meter));
        } else {
            manager.setRole(link.id(), terms.role());
        }
    }

    /** The path is gone. */
    void remove(int linkId) {
        meters.remove(linkId);
        roles.remove(linkId);
    }

    boolean isEmpty() {
        return meters.isEmpty();
    }

    /** The count of a path, null where it has no quota. */
    public QuotaMeter meter(int linkId) {
        return meters.get(linkId);
    }

    /** Bytes used in this period before the program started. */
    public void restore(int linkId, long usedBytes) {
        meters.get(linkId).restore(usedBytes);
    }

    /** @return whether a role has changed */
    boolean update(Iterable<CountingLink> links, long nowNanos) {
        boolean any = false;
        for (CountingLink link : links) {
            QuotaMeter meter = meters.get(link.id());
            if (meter != null && meter.update(clock.get(), link.sentPacketBytes() + link.receivedPacketBytes())) {
                any = true;
                apply(link.id(), meter, nowNanos);
            }
        }
        return any;
    }

    private void apply(int linkId, QuotaMeter meter, long nowNanos) {
        if (!meter.isReached()) {
            PathRole before = roles.remove(linkId);
            if (before != null && manager.role(linkId) == meter.quota().then()) { // else somebody has decided otherwise meanwhile
                manager.setRole(linkId, before);
            }
            return;
        }
        String reason = reason(meter);
        if (manager.role(linkId).compareTo(meter.quota().then()) < 0) {
            roles.put(linkId, manager.role(linkId));
            manager.setRole(linkId, meter.quota().then(), reason);
        }
        manager.emit(PathEvent.ofPath(PathEvent.Type.QUOTA_REACHED, nowNanos, linkId, reason));
    }

    private static String reason(QuotaMeter meter) {
        return "quota of " + meter.quota() + " used up, until " + meter.endsAt().toLocalDate();
    }
}
