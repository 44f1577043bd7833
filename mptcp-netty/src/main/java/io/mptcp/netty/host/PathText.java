package io.mptcp.netty.host;

import io.mptcp.pm.PathQuota;
import io.mptcp.pm.PathRole;
import io.mptcp.wire.IpAddress;
import java.util.HashSet;
import java.util.Set;

/** Reads {@code DEV[,OPTION...]}, options as in {@link #KNOWN}. */
final class PathText {
    static final String KNOWN = "addr=A, backup, role=use|backup|off, link=packet|raw|tun|udp, gso=on|off, weight=N, cost=N, metered, quota=BYTES/PERIOD, "
            + "quota-then=backup|off, probe=SECONDS";
    private static final int MAX_WEIGHT = 1000;

    private PathText() {
    }

    /** @throws IllegalArgumentException with one line that names the path and what is wrong with it */
    static PathSpec parse(String text) {
        try {
            return parseParts(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("path '" + text + "': " + e.getMessage(), e);
        }
    }

    private static PathSpec parseParts(String text) {
        String[] parts = text.split(",", -1);
        IpAddress address = null;
        PathTerms terms = PathTerms.DEFAULT;
        String quota = null;
        PathRole then = PathRole.BACKUP;
        int weight = 1;
        PathSpec.Kind kind = PathSpec.Kind.PACKET;
        boolean gso = true;
        Set<String> seen = new HashSet<>();
        for (int i = 1; i < parts.length; i++) {
            int equals = parts[i].indexOf('=');
            String key = equals < 0 ? parts[i] : parts[i].substring(0, equals);
            String value = equals < 0 ? null : parts[i].substring(equals + 1);
            if (!seen.add(key)) {
                throw invalid("'" + key + "' is given twice");
            }
            switch (key) {
                case "addr" -> address = IpAddress.parse(needed(key, value));
                case "backup" -> terms = terms.withRole(value == null || onOff(key, value) ? PathRole.BACKUP : PathRole.USE);
                case "role" -> terms = terms.withRole(PathRole.of(needed(key, value)));
                case "weight" -> weight = number(key, needed(key, value), 1, MAX_WEIGHT);
                case "cost" -> terms = terms.withCost(number(key, needed(key, value), 0, PathTerms.MAX_COST));
                case "metered" -> terms = terms.withCost(value == null || onOff(key, value) ? 1 : 0);
                case "quota" -> quota = needed(key, value);
                case "quota-then" -> then = PathRole.of(needed(key, value));
                case "probe" -> terms = terms.withProbeSeconds(number(key, needed(key, value), 0, PathTerms.MAX_PROBE_SECONDS));
                case "link" -> kind = PathSpec.Kind.of(needed(key, value));
                case "gso" -> gso = onOff(key, needed(key, value));
                default -> throw invalid("unknown part '" + parts[i] + "', known are " + KNOWN);
            }
        }
        terms = quota == null ? terms : terms.withQuota(PathQuota.parse(quota, then));
        return new PathSpec(parts[0], address, terms, weight, kind, gso);
    }

    private static String needed(String key, String value) {
        if (value == null || value.isEmpty()) {
            throw invalid("'" + key + "' needs a value: " + key + "=...");
        }
        return value;
    }

    private static boolean onOff(String key, String value) {
        return switch (value) {
            case "on", "true", "yes" -> true;
            case "off", "false", "no" -> false;
            default -> throw invalid(key + " is 'on' or 'off', not '" + value + "'");
        };
    }

    private static int number(String key, String value, int least, int most) {
        try {
            int number = Integer.parseInt(value);
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException _) {
            // said below
        }
        throw invalid(key + " is a number from " + least + " to " + most + ", not '" + value + "'");
    }

    private static IllegalArgumentException invalid(String why) {
        return new IllegalArgumentException(why);
    }
}
