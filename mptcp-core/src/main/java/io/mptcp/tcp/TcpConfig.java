package io.mptcp.tcp;

import io.mptcp.wire.PathError;

/**
 * TCP settings. Times in milliseconds, sizes in bytes.
 *
 * @param sendBufferBytes    most bytes a connection holds unacknowledged (RFC 8684 section 3.3.5: at least the peer's receive buffer); how many it takes
 *                           from its application follows the congestion windows
 * @param notSentLowatBytes  for connections that choose none, see {@link SocketOptions#notSentLowatBytes}; Integer.MAX_VALUE for no bound
 * @param receiveBufferBytes most bytes a connection holds unread; the largest window it advertises. The window begins with 64 KB and follows what the
 *                           application reads
 * @param timestamps         RFC 7323 timestamps
 * @param strictTimestamps   a segment without a timestamp where both sides agreed on them is dropped silently, as RFC 7323 section 3.2 recommends; RSTs
 *                           and segments with MPTCP options, which may have taken its room, are not. False takes it, as Linux: a path that strips
 *                           options from data then works, but what has no timestamp passes by the check against old duplicates (PAWS)
 * @param sack               RFC 2018 selective acknowledgments
 * @param minRtoMillis       lower bound of the retransmission timeout
 * @param maxRtoMillis       upper bound of the retransmission timeout
 * @param synRetries         retransmissions of a SYN before giving up: 7, because RFC 9293 wants three minutes at least where Linux's 6 are two
 * @param synLinearTimeouts  so many SYNs are sent again in even intervals before these grow (Linux: tcp_syn_linear_timeouts)
 * @param synAckRetries      retransmissions of the SYN/ACK of a passive open: 5 as Linux; nobody waits for it, and anybody may ask for it
 * @param r1Retries          retransmissions of one segment after which the application is told (R1 of RFC 9293 section 3.8.3)
 * @param retries            retransmissions of one segment before a subflow is given up
 * @param delayedAckMillis   longest delay of an acknowledgment; the usual one is 40 ms, or this if it is less
 * @param peerDelayedAckMillis longest delay of the peer\'s acknowledgments that a tail loss probe allows for (RFC 8985 section 7.2; Linux: the least RTO)
 * @param quickAck           every data segment is acknowledged at once
 * @param thirdAckWithData   where data waits for the SYN/ACK it carries the third ACK, which is kept back for a moment for that, and the connection begins
 *                           as an exchange of requests and answers, whose acknowledgments are not hurried (as Linux where a writer waits)
 * @param answerUnsentAck    in ESTABLISHED an acknowledgment of what was never sent is answered (RFC 9293 section 3.10.7.4), false drops it silently (Linux)
 * @param softErrorsEndOpening an ICMP error that may pass (RFC 9293 section 3.9.2.2) ends a connection that is still being opened, on either side, as
 *                           Linux does and RFC 5461 section 3.1 describes; false remembers it and tries on, as MUST-56 wants
 * @param announcePathMtu    where a SYN was too big for the path, the next one announces the MSS of what the path takes, as Linux: its other direction is
 *                           often no wider. False announces what the link takes in any case (RFC 9293 section 3.7.1)
 * @param minLossProbeMillis least time before a tail loss probe (RFC 8985 section 7.2 names none; Linux: two round trips and 2 ms)
 * @param growthCountsSacked when an ACK lets cwnd grow, what SACK had reported before counts as well; false only for what that ACK brings (Linux)
 * @param mtuProbing         whether data segments probe the path MTU
 * @param timeWaitMillis     2 MSL: how long the side that closed first remembers the connection
 * @param synCookies         answer SYNs for which there is no room with cookies (RFC 4987), false drops them
 * @param ecn                explicit congestion notification (RFC 3168)
 * @param pacing             spread what the congestion window allows over the round trip. Off, as on Linux without the fq qdisc: in the simulator bursts cost
 *                           nothing, and pacing leaves slow start later and with more loss
 * @param minTsoSegments     new data goes in super-segments of half a window and of what the path takes in a millisecond at most, but of this many segments
 *                           at least (Linux: tcp_min_tso_segs); 0 for as large as the window and the link allow
 */
public record TcpConfig(
        int sendBufferBytes,
        int notSentLowatBytes,
        int receiveBufferBytes,
        boolean timestamps,
        boolean strictTimestamps,
        boolean sack,
        int minRtoMillis,
        int maxRtoMillis,
        int synRetries,
        int synLinearTimeouts,
        int synAckRetries,
        int r1Retries,
        int retries,
        int delayedAckMillis,
        int peerDelayedAckMillis,
        boolean quickAck,
        boolean thirdAckWithData,
        boolean answerUnsentAck,
        boolean softErrorsEndOpening,
        boolean announcePathMtu,
        int minLossProbeMillis,
        boolean growthCountsSacked,
        MtuProbing mtuProbing,
        int timeWaitMillis,
        boolean synCookies,
        EcnMode ecn,
        boolean pacing,
        int minTsoSegments) {

    public static final int MIN_BUFFER_BYTES = 4096;
    /** Half of what a scaled window can say (RFC 7323 section 2.3): what is kept apart for a while has to fit into one piece of memory, too. */
    public static final int MAX_BUFFER_BYTES = 1 << 29;

    public TcpConfig {
        checkBuffer("send", sendBufferBytes);
        checkBuffer("receive", receiveBufferBytes);
        if (notSentLowatBytes < 1) {
            throw new IllegalArgumentException("the bound of what is not sent must be at least 1");
        }
    }

    private static void checkBuffer(String which, int bytes) {
        if (bytes < MIN_BUFFER_BYTES || bytes > MAX_BUFFER_BYTES) {
            throw new IllegalArgumentException(which + " buffers must be of " + MIN_BUFFER_BYTES + " to " + MAX_BUFFER_BYTES + " bytes, not " + bytes);
        }
    }

    /** Linux's values where it has them. */
    public static TcpConfig defaults() {
        return new Builder().build();
    }

    /** A builder that starts from these settings. */
    public Builder toBuilder() {
        Builder builder = new Builder();
        builder.sendBufferBytes = sendBufferBytes;
        builder.notSentLowatBytes = notSentLowatBytes;
        builder.receiveBufferBytes = receiveBufferBytes;
        builder.timestamps = timestamps;
        builder.strictTimestamps = strictTimestamps;
        builder.sack = sack;
        builder.minRtoMillis = minRtoMillis;
        builder.maxRtoMillis = maxRtoMillis;
        builder.synRetries = synRetries;
        builder.synLinearTimeouts = synLinearTimeouts;
        builder.synAckRetries = synAckRetries;
        builder.r1Retries = r1Retries;
        builder.retries = retries;
        builder.delayedAckMillis = delayedAckMillis;
        builder.peerDelayedAckMillis = peerDelayedAckMillis;
        builder.quickAck = quickAck;
        builder.thirdAckWithData = thirdAckWithData;
        builder.answerUnsentAck = answerUnsentAck;
        builder.softErrorsEndOpening = softErrorsEndOpening;
        builder.announcePathMtu = announcePathMtu;
        builder.minLossProbeMillis = minLossProbeMillis;
        builder.growthCountsSacked = growthCountsSacked;
        builder.mtuProbing = mtuProbing;
        builder.timeWaitMillis = timeWaitMillis;
        builder.synCookies = synCookies;
        builder.ecn = ecn;
        builder.pacing = pacing;
        builder.minTsoSegments = minTsoSegments;
        return builder;
    }

    /** Whether an ICMP error ends a connection that is still being opened; {@link PathError#PACKET_TOO_BIG} is no such error. */
    public boolean isFatal(PathError error) {
        return error.isHard() || softErrorsEndOpening;
    }

    public TcpConfig withBuffers(int sendBufferBytes, int receiveBufferBytes) {
        return toBuilder().sendBufferBytes(sendBufferBytes).receiveBufferBytes(receiveBufferBytes).build();
    }

    public TcpConfig withTimestamps(boolean timestamps) {
        return toBuilder().timestamps(timestamps).build();
    }

    public TcpConfig withSack(boolean sack) {
        return toBuilder().sack(sack).build();
    }

    public TcpConfig withRetries(int synRetries, int retries) {
        return toBuilder().synRetries(synRetries).retries(retries).build();
    }

    /** Shift of the window scale option (RFC 7323 section 2.2) that lets the whole receive buffer be advertised. */
    public int windowShift() {
        int shift = 0;
        while (shift < 14 && (0xffffL << shift) < receiveBufferBytes) {
            shift++;
        }
        return shift;
    }

    /** Collects settings, beginning with the defaults; the meaning and unit of each is that of the record component of the same name. */
    public static final class Builder {
        // Twice of what 300 Mbit/s have under way in 200 ms: no path is held back while a loss is repaired. Taken by need only.
        private int sendBufferBytes = 16 << 20;
        private int notSentLowatBytes = Integer.MAX_VALUE;
        private int receiveBufferBytes = 16 << 20;
        private boolean timestamps = true;
        private boolean strictTimestamps = true;
        private boolean sack = true;
        private int minRtoMillis = 200;
        private int maxRtoMillis = 120_000;
        private int synRetries = 7;
        private int synLinearTimeouts;
        private int synAckRetries = 5;
        private int r1Retries = 3;
        private int retries = 15;
        private int delayedAckMillis = 200;
        private int peerDelayedAckMillis = 40;
        private boolean quickAck = false;
        private boolean thirdAckWithData;
        private boolean answerUnsentAck = true;
        private boolean softErrorsEndOpening;
        private boolean announcePathMtu;
        private int minLossProbeMillis = 10;
        private boolean growthCountsSacked = true;
        private MtuProbing mtuProbing = MtuProbing.BLACK_HOLE;
        private int timeWaitMillis = 60_000;
        private boolean synCookies = true;
        private EcnMode ecn = EcnMode.PASSIVE;
        private boolean pacing;
        private int minTsoSegments;

        private Builder() {
        }

        public Builder sendBufferBytes(int sendBufferBytes) {
            this.sendBufferBytes = sendBufferBytes;
            return this;
        }

        public Builder notSentLowatBytes(int notSentLowatBytes) {
            this.notSentLowatBytes = notSentLowatBytes;
            return this;
        }

        public Builder receiveBufferBytes(int receiveBufferBytes) {
            this.receiveBufferBytes = receiveBufferBytes;
            return this;
        }

        public Builder timestamps(boolean timestamps) {
            this.timestamps = timestamps;
            return this;
        }

        public Builder strictTimestamps(boolean strictTimestamps) {
            this.strictTimestamps = strictTimestamps;
            return this;
        }

        public Builder sack(boolean sack) {
            this.sack = sack;
            return this;
        }

        public Builder minRtoMillis(int minRtoMillis) {
            this.minRtoMillis = minRtoMillis;
            return this;
        }

        public Builder maxRtoMillis(int maxRtoMillis) {
            this.maxRtoMillis = maxRtoMillis;
            return this;
        }

        public Builder synRetries(int synRetries) {
            this.synRetries = synRetries;
            return this;
        }

        public Builder synLinearTimeouts(int synLinearTimeouts) {
            this.synLinearTimeouts = synLinearTimeouts;
            return this;
        }

        public Builder synAckRetries(int synAckRetries) {
            this.synAckRetries = synAckRetries;
            return this;
        }

        public Builder r1Retries(int r1Retries) {
            this.r1Retries = r1Retries;
            return this;
        }

        public Builder retries(int retries) {
            this.retries = retries;
            return this;
        }

        public Builder peerDelayedAckMillis(int peerDelayedAckMillis) {
            this.peerDelayedAckMillis = peerDelayedAckMillis;
            return this;
        }

        public Builder delayedAckMillis(int delayedAckMillis) {
            this.delayedAckMillis = delayedAckMillis;
            return this;
        }

        public Builder answerUnsentAck(boolean answerUnsentAck) {
            this.answerUnsentAck = answerUnsentAck;
            return this;
        }

        public Builder softErrorsEndOpening(boolean softErrorsEndOpening) {
            this.softErrorsEndOpening = softErrorsEndOpening;
            return this;
        }

        public Builder quickAck(boolean quickAck) {
            this.quickAck = quickAck;
            return this;
        }

        public Builder announcePathMtu(boolean announcePathMtu) {
            this.announcePathMtu = announcePathMtu;
            return this;
        }

        public Builder thirdAckWithData(boolean thirdAckWithData) {
            this.thirdAckWithData = thirdAckWithData;
            return this;
        }

        public Builder minLossProbeMillis(int minLossProbeMillis) {
            this.minLossProbeMillis = minLossProbeMillis;
            return this;
        }

        public Builder growthCountsSacked(boolean growthCountsSacked) {
            this.growthCountsSacked = growthCountsSacked;
            return this;
        }

        public Builder mtuProbing(MtuProbing mtuProbing) {
            this.mtuProbing = mtuProbing;
            return this;
        }

        public Builder timeWaitMillis(int timeWaitMillis) {
            this.timeWaitMillis = timeWaitMillis;
            return this;
        }

        public Builder synCookies(boolean synCookies) {
            this.synCookies = synCookies;
            return this;
        }

        public Builder ecn(EcnMode ecn) {
            this.ecn = ecn;
            return this;
        }

        public Builder pacing(boolean pacing) {
            this.pacing = pacing;
            return this;
        }

        public Builder minTsoSegments(int minTsoSegments) {
            this.minTsoSegments = minTsoSegments;
            return this;
        }

        public TcpConfig build() {
            return new TcpConfig(
                    sendBufferBytes,
                    notSentLowatBytes,
                    receiveBufferBytes,
                    timestamps,
                    strictTimestamps,
                    sack,
                    minRtoMillis,
                    maxRtoMillis,
                    synRetries,
                    synLinearTimeouts,
                    synAckRetries,
                    r1Retries,
                    retries,
                    delayedAckMillis,
                    peerDelayedAckMillis,
                    quickAck,
                    thirdAckWithData,
                    answerUnsentAck,
                    softErrorsEndOpening,
                    announcePathMtu,
                    minLossProbeMillis,
                    growthCountsSacked,
                    mtuProbing,
                    timeWaitMillis,
                    synCookies,
                    ecn,
                    pacing,
                    minTsoSegments);
        }
    }
}
