package io.mptcp.wire;

import java.lang.foreign.MemorySegment;

/**
 * What one segment's TCP options say, gathered in one pass and reused for the next segment.
 * Unknown, malformed or misplaced options leave no trace (RFC 9293 MUST-5..7); parsing never throws.
 */
public final class TcpOptions {
    public static final int MAX_SACK_BLOCKS = 4;

    /** Maximum segment size, -1 if absent. */
    public int mss;
    /** Window scale shift 0..14 (larger values are taken as 14, RFC 7323 section 2.3), -1 if absent. */
    public int windowScale;
    public boolean sackPermitted;
    public boolean hasTimestamps;
    public int tsVal;
    public int tsEcr;
    /** Number of SACK blocks; edges are raw sequence numbers, left inclusive, right exclusive. */
    public int sackCount;
    public final int[] sackLeft = new int[MAX_SACK_BLOCKS];
    public final int[] sackRight = new int[MAX_SACK_BLOCKS];
    public final MptcpOptions mptcp = new MptcpOptions();

    /** Reads the options of the validated segment at {@code offset}; {@code payloadLength} decides MP_CAPABLE forms. */
    public void parse(MemorySegment buffer, long offset, int payloadLength) {
        throw new UnsupportedOperationException();
    }

    public void clear() {
        throw new UnsupportedOperationException();
    }
}
