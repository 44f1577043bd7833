package io.mptcp.cli;

import io.mptcp.netty.host.PathSpec;
import io.mptcp.wire.IpAddress;
import java.util.HashSet;
import java.util.Set;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads {@code DEV[,addr=A][,backup][,link=packet|raw|tun|udp][,gso=on|off][,weight=N]}. */
final class PathSpecConverter implements ITypeConverter<PathSpec> {
    private static final String KNOWN = "addr=A, backup, link=packet|raw|tun|udp, gso=on|off, weight=N";
    private static final int MAX_WEIGHT = 1000;

    @Override
    public PathSpec convert(String text) {
        String[] parts = text.split(",", -1);
        IpAddress address = null;
        boolean backup = false;
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
                    case "backup" -> backup = value == null || onOff(text, key, value);
                    case "weight" -> weight = weight(text, needed(text, key, value));
                    case "link" -> kind = PathSpec.Kind.of(needed(text, key, value));
                    case "gso" -> gso = onOff(text, key, needed(text, key, value));
                    default -> throw invalid(text, "unknown part '" + parts[i] + "', known are " + KNOWN);
                }
            }
            return new PathSpec(parts[0], address, backup, weight, kind, gso);
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

    private static int weight(String text, String value) {
        try {
            int weight = Integer.parseInt(value);
            if (weight >= 1 && weight <= MAX_WEIGHT) {
                return weight;
            }
        } catch (NumberFormatException _) {
            // said below
        }
        throw invalid(text, "weight is a number from 1 to " + MAX_WEIGHT + ", not '" + value + "'");
    }

    private static TypeConversionException invalid(String text, String why) {
        return new TypeConversionException("path '" + text + "': " + why);
    }
}
