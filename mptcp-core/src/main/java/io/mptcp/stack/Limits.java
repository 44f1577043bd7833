package io.mptcp.stack;

/**
 * Bounds on everything a peer can make grow. What exceeds one is dropped or refused, and counted.
 *
 * @param maxConnections      connections of a stack; half-open ones that wait for the third ACK only are not among them
 * @param maxHalfOpen         passive connections still in the handshake, and apart from them as many joins
 * @param maxTimeWait        4-tuples in TIME-WAIT
 * @param maxSubflows         subflows of one connection, the initial one included (at most 64)
 * @param maxRanges           out-of-order intervals held per subflow and per connection; 200 Mbit/s over 200 ms that overshoot slow start
 *                            leave about 2000
 * @param maxMappings         mappings held per subflow that are not yet used up
 * @param maxIcmpPerSecond    ICMP messages looked at
 * @param maxResetsPerSecond  resets sent for segments that belong to no connection
 * @param maxBufferBytes      native memory for payload of all connections together, sent and received
 */
public record Limits(
        int maxConnections,
        int maxHalfOpen,
        int maxTimeWait,
        int maxSubflows,
        int maxRanges,
        int maxMappings,
        int maxIcmpPerSecond,
        int maxResetsPerSecond,
        long maxBufferBytes) {
    private static final long MIN_BUFFER_BYTES = 1 << 20;

    public Limits {
        if (maxSubflows < 1 || maxSubflows > 64) {
            throw new IllegalArgumentException("maxSubflows must be 1..64");
        }
        if (maxBufferBytes < MIN_BUFFER_BYTES) {
            throw new IllegalArgumentException("maxBufferBytes must be at least " + MIN_BUFFER_BYTES);
        }
    }

    /** Enough for a server; {@link #toBuilder} changes single ones. */
    public static Limits defaults() {
        return new Builder().build();
    }

    /** A builder that starts from these limits. */
    public Builder toBuilder() {
        Builder builder = new Builder();
        builder.maxConnections = maxConnections;
        builder.maxHalfOpen = maxHalfOpen;
        builder.maxTimeWait = maxTimeWait;
        builder.maxSubflows = maxSubflows;
        builder.maxRanges = maxRanges;
        builder.maxMappings = maxMappings;
        builder.maxIcmpPerSecond = maxIcmpPerSecond;
        builder.maxResetsPerSecond = maxResetsPerSecond;
        builder.maxBufferBytes = maxBufferBytes;
        return builder;
    }

    /** Collects limits, beginning with the defaults; the meaning of each is that of the record component of the same name. */
    public static final class Builder {
        private int maxConnections = 65_536;
        private int maxHalfOpen = 1024;
        private int maxTimeWait = 65_536;
        private int maxSubflows = 8;
        private int maxRanges = 4096;
        private int maxMappings = 8192;
        private int maxIcmpPerSecond = 1000;
        private int maxResetsPerSecond = 100;
        private long maxBufferBytes = 512L << 20;

        private Builder() {
        }

        public Builder maxConnections(int maxConnections) {
            this.maxConnections = maxConnections;
            return this;
        }

        public Builder maxHalfOpen(int maxHalfOpen) {
            this.maxHalfOpen = maxHalfOpen;
            return this;
        }

        public Builder maxTimeWait(int maxTimeWait) {
            this.maxTimeWait = maxTimeWait;
            return this;
        }

        public Builder maxSubflows(int maxSubflows) {
            this.maxSubflows = maxSubflows;
            return this;
        }

        public Builder maxRanges(int maxRanges) {
            this.maxRanges = maxRanges;
            return this;
        }

        public Builder maxMappings(int maxMappings) {
            this.maxMappings = maxMappings;
            return this;
        }

        public Builder maxIcmpPerSecond(int maxIcmpPerSecond) {
            this.maxIcmpPerSecond = maxIcmpPerSecond;
            return this;
        }

        public Builder maxResetsPerSecond(int maxResetsPerSecond) {
            this.maxResetsPerSecond = maxResetsPerSecond;
            return this;
        }

        public Builder maxBufferBytes(long maxBufferBytes) {
            this.maxBufferBytes = maxBufferBytes;
            return this;
        }

        public Limits build() {
            return new Limits(
                    maxConnections,
                    maxHalfOpen,
                    maxTimeWait,
                    maxSubflows,
                    maxRanges,
                    maxMappings,
                    maxIcmpPerSecond,
                    maxResetsPerSecond,
                    maxBufferBytes);
        }
    }
}
