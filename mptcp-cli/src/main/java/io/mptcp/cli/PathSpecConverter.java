package io.mptcp.cli;

import io.mptcp.netty.host.PathSpec;
import io.mptcp.netty.host.PathTerms;
import io.mptcp.pm.PathQuota;
import io.mptcp.pm.PathRole;
import io.mptcp.wire.IpAddress;
import java.util.HashSet;
import java.util.Set;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads {@code DEV[,OPTION...]}, options as in {@link #KNOWN}. */
final class PathSpecConverter implements ITypeConverter<PathSpec> {
    static final String KNOWN = "addr=A, backup, role=use|backup|off, link=packet|raw|tun|udp, gso=on|off, weight=N, cost=N, metered, quota=BYTES/PERIOD, "
            + "quota-then=backup|off, probe=SECONDS";
    private static final int MAX_WEIGHT = 1000;

    @Override
    public PathSpec convert(String text) {
        String[] parts = text.split(",", -1);
        IpAddress address = null;
        PathTerms terms = PathTerms.DEFAULT;
        String quota = null;
        PathRole then = PathRole.BACKUP;
        int weight = 1;
        PathSpec.Kind kind = PathSpec.Kind.PACKET;
        boolean gso = true;
        Set<String> seen = new HashSet<>();
        try {
            for (int i = 1; i < parts.length; i++) {
                int equals = parts[i].indexOf('=');
                String key = equals < 0 ? parts[i] : parts[i].substring(0, equals);
                String value = equals < 0 ? null : parts[i].substring(equals + 1);
                if (!seen.add(key)) {
                    throw invalid(text, "'" + key + "' is given twice");
                }
                switch (key) {
                    case "addr" -> address = IpAddress.parse(needed(text, key, value));
                    case "backup" -> terms = terms.withRole(value == null || onOff(text, key, value) ? PathRole.BACKUP : PathRole.USE);
                    case "role" -> terms = terms.withRole(PathRole.of(needed(text, key, value)));
                    case "weight" -> weight = number(text, key, needed(text, key, value), 1, MAX_WEIGHT);
                    case "cost" -> terms = terms.withCost(number(text, key, needed(text, key, value), 0, PathTerms.MAX_COST));
                    case "metered" -> terms = terms.withCost(value == null || onOff(text, key, value) ? 1 : 0);
                    case "quota" -> quota = needed(text, key, value);
                    case "quota-then" -> then = PathRole.of(needed(text, key, value));
                    case "probe" -> terms = terms.withProbeSeconds(number(text, key, needed(text, key, value), 0, PathTerms.MAX_PROBE_SECONDS));
                    case "link" -> kind = PathSpec.Kind.of(needed(text, key, value));
                    case "gso" -> gso = onOff(text, key, needed(text, key, value));
                    default -> throw invalid(text, "unknown part '" + parts[i] + "', known are " + KNOWN);
                }
            }
            terms = quota == null ? terms : terms.withQuota(PathQuota.parse(quota, then));
            return new PathSpec(parts[0], address, terms, weight, kind, gso);
        } catch (IllegalArgumentException e) {
            throw invalid(text, e.getMessage());
        }
    }

    private static String needed(String text, String key, String value) {
        if (value == null || value.isEmpty()) {
            throw invalid(text, "'" + key + "' needs a value: " + key + "=...");
        }
        return value;
    }

    private static boolean onOff(String text, String key, String value) {
        return switch (value) {
            case "on", "true", "yes" -> true;
            case "off", "false", "no" -> false;
            default -> throw invalid(text, key + " is 'on' or 'off', not '" + value + "'");
        };
    }

    private static int number(String text, String key, String value, int least, int most) {
        try {
            int number = Integer.parseInt(value);
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException _) {
            // said below
        }
        throw invalid(text, key + " is a number from " + least + " to " + most + ", not '" + value + "'");
    }

    private static TypeConversionException invalid(String text, String why) {
        return new TypeConversionException("path '" + text + "': " + why);
    }
}
