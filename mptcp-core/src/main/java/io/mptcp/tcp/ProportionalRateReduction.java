package io.mptcp.tcp;

/** How much may be in flight during fast recovery (PRR, RFC 9937). Sizes in bytes; the names of the variables are those of the RFC. */
final class ProportionalRateReduction {
    private long prrDelivered;
    private long prrOut;
    private long recoverFs;
    private long limitBytes;

    /**
     * Section 6.1: recovery begins.
     *
     * @param outstandingBytes RecoverFS: SND.NXT - SND.UNA less what had been SACKed before, and what the acknowledgment that started
     *                         recovery delivered
     */
    void start(long outstandingBytes, long inFlightBytes) {
        prrDelivered = 0;
        prrOut = 0;
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
        } else {
            sendCount = Math.max(prrDelivered - prrOut, deliveredBytes);
            if (safeAck) {
                sendCount += mssBytes;
            }
            sendCount = Math.min(ssthreshBytes - inFlightBytes, sendCount);
        }
        sendCount = Math.max(sendCount, prrOut == 0 ? mssBytes : 0);
        limitBytes = inFlightBytes + sendCount;
    }

    /** Losses were found without an acknowledgment: marking a loss is not a delivery, it buys no room. */
    void onLossFound(long inFlightBefore, long inFlightNow) {
        limitBytes = inFlightNow + Math.max(0, limitBytes - inFlightBefore);
    }

    void onSent(int bytes) {
        prrOut += bytes;
    }

    /** Bytes that may be in flight. */
    long limitBytes() {
        return limitBytes;
    }
}
