package io.mptcp.tcp;

/**
 * TCP settings. Times in milliseconds, sizes in bytes.
 *
 * @param sendBufferBytes    most bytes a connection holds unacknowledged (RFC 8684 section 3.3.5: at least the peer's receive buffer)
 * @param receiveBufferBytes most bytes a connection holds unread; the largest window it advertises
 * @param timestamps         RFC 7323 timestamps
 * @param sack               RFC 2018 selective acknowledgments
 * @param minRtoMillis       lower bound of the retransmission timeout
 * @param maxRtoMillis       upper bound of the retransmission timeout
 * @param synRetries         retransmissions of a SYN before giving up
 * @param retries            retransmissions of one segment before a subflow is given up
 * @param delayedAckMillis   longest delay of an acknowledgment
 * @param timeWaitMillis     2 MSL: how long the side that closed first remembers the connection
 */
public record TcpConfig(
        int sendBufferBytes,
        int receiveBufferBytes,
        boolean timestamps,
        boolean sack,
        int minRtoMillis,
        int maxRtoMillis,
        int synRetries,
        int retries,
        int delayedAckMillis,
        int timeWaitMillis) {

    public TcpConfig {
        if (sendBufferBytes < 4096 || receiveBufferBytes < 4096) {
            throw new IllegalArgumentException("buffers must be at least 4096 bytes");
        }
    }

    /** Linux's values where it has them. */
    public static TcpConfig defaults() {
        return new TcpConfig(8 << 20, 8 << 20, true, true, 200, 120_000, 6, 15, 40, 60_000);
    }

    public TcpConfig withBuffers(int sendBufferBytes, int receiveBufferBytes) {
        return new TcpConfig(sendBufferBytes, receiveBufferBytes, timestamps, sack, minRtoMillis, maxRtoMillis, synRetries, retries,
                delayedAckMillis, timeWaitMillis);
    }

    public TcpConfig withTimestamps(boolean timestamps) {
        return new TcpConfig(sendBufferBytes, receiveBufferBytes, timestamps, sack, minRtoMillis, maxRtoMillis, synRetries, retries,
                delayedAckMillis, timeWaitMillis);
    }

    public TcpConfig withSack(boolean sack) {
        return new TcpConfig(sendBufferBytes, receiveBufferBytes, timestamps, sack, minRtoMillis, maxRtoMillis, synRetries, retries,
                delayedAckMillis, timeWaitMillis);
    }

    public TcpConfig withRetries(int synRetries, int retries) {
        return new TcpConfig(sendBufferBytes, receiveBufferBytes, timestamps, sack, minRtoMillis, maxRtoMillis, synRetries, retries,
                delayedAckMillis, timeWaitMillis);
    }

    /** Shift of the window scale option (RFC 7323 section 2.2) that lets the whole receive buffer be advertised. */
    public int windowShift() {
        int shift = 0;
        while (shift < 14 && (0xffffL << shift) < receiveBufferBytes) {
            shift++;
        }
        return shift;
    }
}
