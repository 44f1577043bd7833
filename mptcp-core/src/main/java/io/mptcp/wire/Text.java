package io.mptcp.wire;

import java.util.HexFormat;

/** How fields look in traces and dumps. */
final class Text {
    private static final String[] RESET_REASONS = {
        "unspecified", "MPTCP-specific", "lack of resources", "administratively prohibited", "too much outstanding data",
        "unacceptable performance", "middlebox interference"
    };

    private Text() {
    }

    static String hex(long value) {
        return HexFormat.of().toHexDigits(value);
    }

    static String hex(int value) {
        return HexFormat.of().toHexDigits(value);
    }

    /** As many digits as there are bits on the wire. */
    static String sequence(boolean wide, long value) {
        return wide ? hex(value) : hex((int) value);
    }

    /** The letters RFC 8684 section 3.1 gives the flag bits of MP_CAPABLE: A is the highest. */
    static String flags(int flags) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 8; i++) {
            if ((flags & 0x80 >> i) != 0) {
                text.append((char) ('A' + i));
            }
        }
        return text.isEmpty() ? "" : " flags " + text;
    }

    static String checksum(int checksum) {
        return checksum < 0 ? "" : " checksum " + HexFormat.of().toHexDigits((short) checksum);
    }

    static String endpoint(IpAddress address, int port) {
        return port == 0 ? address.toString() : new IpEndpoint(address, port).toString();
    }

    /** RFC 8684 section 3.6; codes of the future count as unspecified. */
    static String resetReason(int reason) {
        return RESET_REASONS[reason >= 0 && reason < RESET_REASONS.length ? reason : 0];
    }
}
