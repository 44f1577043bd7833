package io.mptcp.cli.dump;

import io.mptcp.wire.Checksum;

/** A mapping of a DSS or of MP_CAPABLE with data, in relative numbers, and its checksum as far as the payload has been seen. */
final class TracedMapping {
    enum Verdict { NONE, PENDING, OK, BAD }

    /** Relative subflow sequence number of the first byte. */
    final long ssn;
    /** Relative data sequence number of the first byte. */
    final long dsn;
    /** Payload bytes: the data-level length without DATA_FIN. */
    final int payloadLength;
    private final int checksum;
    private final long pseudoHeader;
    private Verdict verdict;
    private int summedBytes;
    private long sum;

    /**
     * @param checksum     as in the option, -1 for none or when it cannot be verified
     * @param pseudoHeader unfolded sum of what the checksum covers beside the payload
     */
    TracedMapping(long ssn, long dsn, int payloadLength, int checksum, long pseudoHeader) {
        this.ssn = ssn;
        this.dsn = dsn;
        this.payloadLength = payloadLength;
        this.checksum = checksum;
        this.pseudoHeader = pseudoHeader;
        this.verdict = checksum < 0 ? Verdict.NONE : Verdict.PENDING;
    }

    long end() {
        return ssn + payloadLength;
    }

    boolean covers(long position) {
        return position >= ssn && position < end();
    }

    boolean isSameAs(TracedMapping other) {
        return ssn == other.ssn && dsn == other.dsn && payloadLength == other.payloadLength;
    }

    /**
     * Takes in payload from the relative subflow sequence number {@code at} on, {@code length} bytes of this mapping.
     *
     * @return the verdict when these were the bytes it took, else {@link Verdict#PENDING} or {@link Verdict#NONE}
     */
    Verdict sum(long at, int length, Segment segment, int payloadOffset) {
        if (verdict != Verdict.PENDING || at != ssn + summedBytes) {
            return Verdict.NONE;
        }
        if (payloadOffset + length > segment.capturedPayloadLength) {
            // Not all of it is in the file.
            verdict = Verdict.NONE;
            return verdict;
        }
        long piece = Checksum.sum(segment.buffer, segment.payloadOffset + payloadOffset, length);
        sum += (summedBytes & 1) == 0 ? piece : Checksum.swap(piece);
        summedBytes += length;
        if (summedBytes < payloadLength) {
            return Verdict.PENDING;
        }
        verdict = Checksum.fold(sum + pseudoHeader + checksum) == 0xffff ? Verdict.OK : Verdict.BAD;
        return verdict;
    }
}
