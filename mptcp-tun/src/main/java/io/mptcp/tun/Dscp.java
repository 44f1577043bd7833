package io.mptcp.tun;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Differentiated services code points (RFC 2474) as a configuration has them: numbers, or names as of RFC 4594. */
final class Dscp {
    /** What a proxy listener knows of its clients. */
    static final int UNKNOWN = -1;
    private static final int MAX = 63;

    private Dscp() {
    }

    /** @throws IllegalArgumentException when it is none */
    static int parse(String text) {
        String name = text.toUpperCase(Locale.ROOT);
        if (name.matches("[0-9]{1,2}") && Integer.parseInt(name) <= MAX) {
            return Integer.parseInt(name);
        } else if (name.matches("CS[0-7]")) { // class selector
            return (name.charAt(2) - '0') << 3;
        } else if (name.matches("AF[1-4][1-3]")) { // RFC 2597: class and drop precedence
            return (name.charAt(2) - '0') << 3 | (name.charAt(3) - '0') << 1;
        }
        return switch (name) {
            case "DF" -> 0;
            case "LE" -> 1; // RFC 8622
            case "VA" -> 44; // RFC 5865
            case "EF" -> 46; // RFC 3246
            default -> throw new IllegalArgumentException("'" + text + "' is no code point");
        };
    }

    /** One or a list; empty for null. @throws ConfigException with the line */
    static List<Integer> read(ConfigNode node) throws ConfigException {
        List<Integer> codePoints = new ArrayList<>();
        if (node != null) {
            for (ConfigNode item : node.isList() ? node.list() : List.of(node)) {
                codePoints.add(item.parsed(Dscp::parse, "write e.g. EF, AF41, CS1 or 0 to 63"));
            }
        }
        return List.copyOf(codePoints);
    }
}
