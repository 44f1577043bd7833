package io.mptcp.tcp;

/** How much may be in flight during fast recovery (PRR, RFC 9937). Sizes in bytes; the names of the variables are those of the RFC. */
final class ProportionalRateReduction {
    private long prrDelivered;
    private long prrOut;
    private long recoverFs;
    private long limitBytes;
    /**
     * Below ssthresh: what the acknowledgments since the last transmission allow together. The RFC has every one of them followed by a transmission; here they
     * may come by the dozen before it is the sender's turn, and if only the last one counted, recovery would be slower the more were taken at once.
     */
    private long creditBytes;

    /**
     * Section 6.1: recovery begins.
     *
     * @param outstandingBytes RecoverFS: SND.NXT - SND.UNA less what had been SACKed before, and what the acknowledgment that started
     *                         recovery delivered
     */
    void start(long outstandingBytes, long inFlightBytes) {
        prrDelivered = 0;
        prrOut = 0;
        creditBytes = 0;
        recoverFs = Math.max(1, outstandingBytes);
        limitBytes = inFlightBytes;
    }

    /** Section 6.2. @param safeAck SND.UNA advanced and no further loss was found */
    void onAck(long deliveredBytes, boolean safeAck, long inFlightBytes, long ssthreshBytes, int mssBytes) {
        if (deliveredBytes == 0 && prrOut > 0) {
            limitBytes = Math.max(limitBytes, inFlightBytes);
            return;
        }
        prrDelivered += deliveredBytes;
        long sendCount;
        if (inFlightBytes > ssthreshBytes) {
            sendCount = (prrDelivered * ssthreshBytes + recoverFs - 1) / recoverFs - prrOut;
            creditBytes = 0;
        } else {
            creditBytes = Math.max(prrDelivered - prrOut, creditBytes + deliveredBytes) + (safeAck ? mssBytes : 0);
            sendCount = Math.min(ssthreshBytes - inFlightBytes, creditBytes);
        }
        // With nothing in flight no other acknowledgment will add to this one: what a short segment has delivered is not enough for a full one, counted in
        // bytes, and the acknowledgment of a single one may be delayed.
        int least = inFlightBytes == 0 ? 2 * mssBytes : prrOut == 0 ? mssBytes : 0;
        sendCount = Math.max(sendCount, least);
        limitBytes = inFlightBytes + sendCount;
    }

    /** Losses were found without an acknowledgment: marking a loss is not a delivery, it buys no room. */
    void onLossFound(long inFlightBefore, long inFlightNow) {
        limitBytes = inFlightNow + Math.max(0, limitBytes - inFlightBefore);
    }

    void onSent(int bytes) {
        prrOut += bytes;
        creditBytes = 0;
    }

    /** Bytes that may be in flight. */
    long limitBytes() {
        return limitBytes;
    }
}
