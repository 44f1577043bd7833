package io.mptcp.stack;

/**
 * Bounds on everything a peer can make grow. What exceeds one is dropped or refused, and counted.
 *
 * @param maxConnections      connections of a stack, half-open ones included
 * @param maxHalfOpen         passive connections still in the handshake
 * @param maxSubflows         subflows of one connection, the initial one included (at most 64)
 * @param maxRanges           out-of-order intervals held per subflow and per connection
 * @param maxMappings         mappings held per subflow that are not yet used up
 * @param maxResetsPerSecond  resets sent for segments that belong to no connection
 */
public record Limits(int maxConnections, int maxHalfOpen, int maxSubflows, int maxRanges, int maxMappings, int maxResetsPerSecond) {
    public Limits {
        if (maxSubflows < 1 || maxSubflows > 64) {
            throw new IllegalArgumentException("maxSubflows must be 1..64");
        }
    }

    public static Limits defaults() {
        return new Limits(65_536, 1024, 8, 1024, 8192, 100);
    }

    public Limits withHalfOpen(int maxHalfOpen) {
        return new Limits(maxConnections, maxHalfOpen, maxSubflows, maxRanges, maxMappings, maxResetsPerSecond);
    }
}
