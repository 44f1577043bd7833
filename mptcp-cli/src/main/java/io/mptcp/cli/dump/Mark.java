package io.mptcp.cli.dump;

import java.util.Locale;

/** Something to notice about a packet; {@code detail} may be empty. */
record Mark(Kind kind, String detail) {
    enum Kind {
        /** A connection or subflow begins: tokens, initial data sequence numbers, addresses. */
        NEW_CONNECTION, NEW_SUBFLOW, TOKEN,
        /** Sequence numbers of the subflow. */
        RETRANSMISSION, OUT_OF_ORDER, GAP, KEEP_ALIVE, CAPTURED_TWICE,
        /** Data sequence numbers. */
        REINJECTION, DUPLICATE, DATA_OUT_OF_ORDER, DATA_GAP, NO_MAPPING, MAPPING_CHANGED, FAR_DSN, FAR_DATA_ACK, DATA_FIN,
        FALLBACK, JOIN_REFUSED, CHECKSUM_OK, CHECKSUM_BAD, HMAC_OK, HMAC_BAD, KEY_OK, KEY_BAD, MALFORMED, OPTIONS_CUT;

        private final String text = name().toLowerCase(Locale.ROOT).replace('_', ' ');

        /** Whether the detail is a sentence of its own. */
        private boolean isExplained() {
            return switch (this) {
                case NEW_CONNECTION, NEW_SUBFLOW, RETRANSMISSION, FALLBACK, JOIN_REFUSED, MAPPING_CHANGED, MALFORMED -> true;
                default -> false;
            };
        }

        /** For people; the name in lower case is for programs. */
        @Override
        public String toString() {
            return switch (this) {
                case DATA_FIN -> "DATA_FIN";
                case FAR_DSN -> "DSN far off";
                case FAR_DATA_ACK -> "DATA_ACK far off";
                case HMAC_OK -> "HMAC ok";
                case HMAC_BAD -> "HMAC bad";
                case OPTIONS_CUT -> "options not captured";
                default -> text;
            };
        }
    }

    @Override
    public String toString() {
        return detail.isEmpty() ? kind.toString() : kind + (kind.isExplained() ? ": " : " ") + detail;
    }
}
