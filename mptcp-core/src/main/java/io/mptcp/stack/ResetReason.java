package io.mptcp.stack;

/** MP_TCPRST reason codes (RFC 8684 section 3.6). */
public final class ResetReason {
    public static final int UNSPECIFIED = 0;
    public static final int MPTCP = 1;
    public static final int RESOURCES = 2;
    public static final int PROHIBITED = 3;
    public static final int OUTSTANDING_DATA = 4;
    public static final int UNACCEPTABLE_PERFORMANCE = 5;
    public static final int MIDDLEBOX = 6;

    private ResetReason() {
    }

    /** What a code means, in words. */
    public static String name(int reason) {
        return switch (reason) {
            case MPTCP -> "MPTCP-specific error";
            case RESOURCES -> "lack of resources";
            case PROHIBITED -> "administratively prohibited";
            case OUTSTANDING_DATA -> "too much outstanding data";
            case UNACCEPTABLE_PERFORMANCE -> "unacceptable performance";
            case MIDDLEBOX -> "middlebox interference";
            default -> "unspecified";
        };
    }
}
