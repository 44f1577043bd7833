package io.mptcp.tcp;

/** Urgent data (RFC 9293 section 3.8.5): how far what we send is urgent, and how far what the peer has announced. Relative numbers, 0 for none. */
final class Urgent {
    private long sndUp;
    private long rcvUp;

    /** What we send is urgent up to there. */
    void mark(long endSsn) {
        sndUp = Math.max(sndUp, endSsn);
    }

    /** The peer has said so of what it sends. */
    void take(long endSsn) {
        rcvUp = endSsn;
    }

    long rcvUp() {
        return rcvUp;
    }

    /** Whether something urgent of ours is to come from there on. */
    boolean covers(long ssn) {
        return ssn < sndUp;
    }

    /** The urgent pointer of a segment that is covered: the distance to the octet behind the urgent data, or as far as 16 bits reach. */
    int pointer(long ssn) {
        return (int) Math.min(sndUp - ssn, 0xffff);
    }
}
