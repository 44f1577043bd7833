package io.mptcp.tcp;

/**
 * What an application may choose for one connection and change while it runs. Immutable: a change replaces the whole. It holds for all
 * subflows of the connection. Defaults are Linux's.
 *
 * @param noDelay                  false lets a segment that is not full wait while data is unacknowledged (Nagle, RFC 9293 section 3.7.4)
 * @param cork                     nothing but full segments is sent, for at most 200 ms (Linux TCP_CORK)
 * @param keepAlive                probe an idle peer (RFC 9293 section 3.8.4)
 * @param keepAliveIdleSeconds     silence before the first probe
 * @param keepAliveIntervalSeconds time between probes
 * @param keepAliveProbes          unanswered probes after which the peer is given up
 * @param userTimeoutMillis        longest time sent data may stay unacknowledged before the connection is given up, 0 for as many retransmissions as the
 *                                 stack is configured for (RFC 5482)
 * @param synRetries               retransmissions of a SYN, 0 for the stack's
 * @param maxSegmentBytes          upper bound of the MSS in both directions, 0 for what the MTU allows
 * @param trafficClass             upper six bits of the IPv4 type of service or IPv6 traffic class octet (DSCP); the lower two are ECN's
 * @param hopLimit                 IPv4 time to live, IPv6 hop limit
 * @param sendBufferBytes          most bytes held that are written and not acknowledged, 0 for a size that follows the congestion windows; never
 *                                 more than the stack's {@link TcpConfig#sendBufferBytes}
 * @param notSentLowatBytes        what cannot be sent yet is held to about so much: nothing more is taken above it, and a writer that waits is told when there is
 *                                 less than half of it. What is written last stays fresh that way, however large the windows are (Linux:
 *                                 TCP_NOTSENT_LOWAT). A write begun below it may take as much as fills a super-segment. Integer.MAX_VALUE for no such
 *                                 bound, 0 for the stack's {@link TcpConfig#notSentLowatBytes}
 * @param receiveBufferBytes       most bytes held unread, and so the window, 0 for a size that follows what the application reads in a round trip;
 *                                 never more than the stack's {@link TcpConfig#receiveBufferBytes}
 */
public record SocketOptions(
        boolean noDelay,
        boolean cork,
        boolean keepAlive,
        int keepAliveIdleSeconds,
        int keepAliveIntervalSeconds,
        int keepAliveProbes,
        int userTimeoutMillis,
        int synRetries,
        int maxSegmentBytes,
        int trafficClass,
        int hopLimit,
        int sendBufferBytes,
        int notSentLowatBytes,
        int receiveBufferBytes) {
    private static final int MIN_BUFFER_BYTES = 4096;

    /** As a new socket has them: Nagle's algorithm on, no keep-alive, buffers that size themselves. */
    public static final SocketOptions DEFAULT = new Builder().build();
    /** The defaults without Nagle's algorithm: for those who carry what others have cut into writes already. */
    public static final SocketOptions NO_DELAY = new Builder().noDelay(true).build();

    public SocketOptions {
        if (keepAliveIdleSeconds < 1 || keepAliveIntervalSeconds < 1 || keepAliveProbes < 1) {
            throw new IllegalArgumentException("keep-alive times and probes must be at least 1");
        }
        if (userTimeoutMillis < 0 || synRetries < 0 || maxSegmentBytes < 0 || notSentLowatBytes < 0) {
            throw new IllegalArgumentException("user timeout, SYN retries, segment size and bound of what is not sent must not be negative");
        }
        if (trafficClass < 0 || trafficClass > 255 || hopLimit < 1 || hopLimit > 255) {
            throw new IllegalArgumentException("traffic class must be 0..255, hop limit 1..255");
        }
        if (isTooSmall(sendBufferBytes) || isTooSmall(receiveBufferBytes)) {
            throw new IllegalArgumentException("buffers must be at least " + MIN_BUFFER_BYTES + " bytes, or 0 for an automatic size");
        }
        trafficClass &= 0xfc;
    }

    private static boolean isTooSmall(int bufferBytes) {
        return bufferBytes != 0 && bufferBytes < MIN_BUFFER_BYTES;
    }

    /** A builder that starts from these options. */
    public Builder toBuilder() {
        Builder builder = new Builder();
        builder.noDelay = noDelay;
        builder.cork = cork;
        builder.keepAlive = keepAlive;
        builder.keepAliveIdleSeconds = keepAliveIdleSeconds;
        builder.keepAliveIntervalSeconds = keepAliveIntervalSeconds;
        builder.keepAliveProbes = keepAliveProbes;
        builder.userTimeoutMillis = userTimeoutMillis;
        builder.synRetries = synRetries;
        builder.maxSegmentBytes = maxSegmentBytes;
        builder.trafficClass = trafficClass;
        builder.hopLimit = hopLimit;
        builder.sendBufferBytes = sendBufferBytes;
        builder.notSentLowatBytes = notSentLowatBytes;
        builder.receiveBufferBytes = receiveBufferBytes;
        return builder;
    }

    /** Collects options, beginning with the defaults; the meaning and unit of each is that of the record component of the same name. */
    public static final class Builder {
        private boolean noDelay = false;
        private boolean cork = false;
        private boolean keepAlive = false;
        private int keepAliveIdleSeconds = 7200;
        private int keepAliveIntervalSeconds = 75;
        private int keepAliveProbes = 9;
        private int userTimeoutMillis = 0;
        private int synRetries = 0;
        private int maxSegmentBytes = 0;
        private int trafficClass = 0;
        private int hopLimit = 64;
        private int sendBufferBytes = 0;
        private int notSentLowatBytes = 0;
        private int receiveBufferBytes = 0;

        private Builder() {
        }

        public Builder noDelay(boolean noDelay) {
            this.noDelay = noDelay;
            return this;
        }

        public Builder cork(boolean cork) {
            this.cork = cork;
            return this;
        }

        public Builder keepAlive(boolean keepAlive) {
            this.keepAlive = keepAlive;
            return this;
        }

        public Builder keepAliveIdleSeconds(int keepAliveIdleSeconds) {
            this.keepAliveIdleSeconds = keepAliveIdleSeconds;
            return this;
        }

        public Builder keepAliveIntervalSeconds(int keepAliveIntervalSeconds) {
            this.keepAliveIntervalSeconds = keepAliveIntervalSeconds;
            return this;
        }

        public Builder keepAliveProbes(int keepAliveProbes) {
            this.keepAliveProbes = keepAliveProbes;
            return this;
        }

        public Builder userTimeoutMillis(int userTimeoutMillis) {
            this.userTimeoutMillis = userTimeoutMillis;
            return this;
        }

        public Builder synRetries(int synRetries) {
            this.synRetries = synRetries;
            return this;
        }

        public Builder maxSegmentBytes(int maxSegmentBytes) {
            this.maxSegmentBytes = maxSegmentBytes;
            return this;
        }

        public Builder trafficClass(int trafficClass) {
            this.trafficClass = trafficClass;
            return this;
        }

        public Builder hopLimit(int hopLimit) {
            this.hopLimit = hopLimit;
            return this;
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

        public SocketOptions build() {
            return new SocketOptions(
                    noDelay,
                    cork,
                    keepAlive,
                    keepAliveIdleSeconds,
                    keepAliveIntervalSeconds,
                    keepAliveProbes,
                    userTimeoutMillis,
                    synRetries,
                    maxSegmentBytes,
                    trafficClass,
                    hopLimit,
                    sendBufferBytes,
                    notSentLowatBytes,
                    receiveBufferBytes);
        }
    }
}
