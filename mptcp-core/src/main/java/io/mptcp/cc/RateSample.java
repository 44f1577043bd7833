package io.mptcp.cc;

/** A delivery-rate sample (draft-ietf-ccwg-bbr, "Delivery Rate Samples", RS there): how fast the path delivered what one ACK reports. */
public final class RateSample {
    /** Bytes delivered by this ACK (RS.newly_acked). */
    public long newlyAckedBytes;
    /** Bytes delivered since the connection began (C.delivered). */
    public long totalDeliveredBytes;
    /** The ACK delivered something of which it is known when it was sent; if not, nothing below means anything and all is 0. */
    public boolean hasData;
    /** RS.delivery_rate, 0 when the interval is too short to say. */
    public double bytesPerSecond;
    /** RS.delivered: over the sampling interval, which begins with the sending of the newest segment delivered. */
    public long deliveredBytes;
    /** RS.prior_delivered: C.delivered when that segment was sent. */
    public long priorDeliveredBytes;
    /** RS.is_app_limited. */
    public boolean appLimited;
    /** RS.tx_in_flight: C.inflight when it was sent, itself included. */
    public long inFlightAtSendBytes;
    /** RS.lost: bytes lost since then. */
    public long lostBytes;
    /** C.has_selective_acks. */
    public boolean selectiveAcks;

    /** For the next ACK. */
    public void clear() {
        newlyAckedBytes = 0;
        hasData = false;
        bytesPerSecond = 0;
        deliveredBytes = 0;
        priorDeliveredBytes = 0;
        appLimited = false;
        inFlightAtSendBytes = 0;
        lostBytes = 0;
    }
}
