package io.mptcp.wire;

/** 32-bit sequence arithmetic (RFC 9293 section 3.4) and its extension to the 64-bit numbers used inside the engine. */
public final class Seq {
    private Seq() {
    }

    public static boolean before(int a, int b) {
        return a - b < 0;
    }

    public static boolean after(int a, int b) {
        return a - b > 0;
    }

    /**
     * The 64-bit number nearest to {@code reference} whose low 32 bits are {@code low32}: how relative subflow sequence
     * numbers and 32-bit data sequence numbers are promoted (RFC 8684 section 3.3.1).
     */
    public static long extend(int low32, long reference) {
        return reference + (low32 - (int) reference);
    }
}
