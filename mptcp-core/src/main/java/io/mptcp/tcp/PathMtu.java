package io.mptcp.tcp;

/**
 * The path MTU of one connection: lowered by ICMP (RFC 1191, RFC 8201), or when full segments vanish again and again without any ICMP; raised by
 * sending one larger data segment and seeing it acknowledged (RFC 4821 section 7). ICMP never raises it. Sizes are those of IP packets.
 */
final class PathMtu {
    /** Linux's smallest (min_pmtu): who claims less is not believed, as it would cost more than the path is worth. */
    static final int MIN_IPV4_BYTES = 552;
    /** RFC 8200 section 5. */
    static final int MIN_IPV6_BYTES = 1280;
    /** RFC 4821 section 7.2: eff_pmtu to begin a search with; as Linux, 1024 bytes of TCP. */
    private static final int BASE_IPV4_BYTES = 1024 + 40;
    /** Closer than this the search ends: RFC 4821 section 7.3. */
    private static final int SEARCH_END_BYTES = 8;
    /** RFC 1191 section 6.3, RFC 8201 section 4: paths change; Linux: mtu_expires, tcp_probe_interval. */
    private static final long RAISE_NANOS = 600_000_000_000L;
    static final long RETRY_NANOS = 500_000_000L;
    /** So many timeouts in a row of one full segment are taken for a black hole (Linux: tcp_retries1; RFC 8899: MAX_PROBES). */
    private static final int BLACK_HOLE_TIMEOUTS = 3;

    private final boolean ipv4;
    private final MtuProbing probing;
    private int linkMtuBytes;
    private int pmtuBytes;
    /** Largest that may get through; equal to {@link #pmtuBytes} when there is nothing to search for. */
    private int searchHighBytes;
    /** When to look for a larger one, Long.MAX_VALUE for never. */
    private long nextProbeNanos = Long.MAX_VALUE;
    /** The search has failed at its upper end, so the next probe goes for the middle. */
    private boolean bisect;
    /** A probe of the upper end was lost. */
    private boolean wholeFailed;
    /** The next search goes up to the link's MTU, whatever was learned before. */
    private boolean startAgain;

    /** The one that is outstanding; null while none is. */
    private Probe probe;

    private record Probe(int mtuBytes, long startSsn, long endSsn) {
    }

    PathMtu(boolean ipv4, int linkMtuBytes, MtuProbing probing) {
        this.ipv4 = ipv4;
        this.linkMtuBytes = linkMtuBytes;
        this.probing = probing;
        pmtuBytes = linkMtuBytes;
        searchHighBytes = linkMtuBytes;
        if (probing == MtuProbing.ON) {
            pmtuBytes = Math.min(linkMtuBytes, baseBytes());
            nextProbeNanos = Long.MIN_VALUE;
        }
    }

    int pmtuBytes() {
        return pmtuBytes;
    }

    /** Larger packets do not get through, as far as is known. */
    int limitBytes() {
        return searchHighBytes;
    }

    /** IP and TCP headers without options. */
    int headerBytes() {
        return ipv4 ? 40 : 60;
    }

    private int baseBytes() {
        return ipv4 ? BASE_IPV4_BYTES : MIN_IPV6_BYTES;
    }

    private int minBytes() {
        return Math.min(linkMtuBytes, ipv4 ? MIN_IPV4_BYTES : MIN_IPV6_BYTES);
    }

    // ---- told by others ----

    /** The link's own MTU is another one now. @return whether the path MTU changed */
    boolean onLinkMtu(int mtuBytes) {
        int before = pmtuBytes;
        boolean wasWholeLink = pmtuBytes == linkMtuBytes;
        linkMtuBytes = mtuBytes;
        searchHighBytes = wasWholeLink ? mtuBytes : Math.min(searchHighBytes, mtuBytes);
        pmtuBytes = wasWholeLink ? mtuBytes : Math.min(pmtuBytes, mtuBytes);
        probe = null;
        return pmtuBytes != before;
    }

    /**
     * A router says that a packet was too big.
     *
     * @param mtuBytes    what it can forward
     * @param packetBytes length of the packet it could not
     * @return whether the path MTU is smaller now
     */
    boolean onPacketTooBig(long nowNanos, int mtuBytes, int packetBytes) {
        // RFC 8201 section 4: a claim below the IPv6 minimum is discarded, as is one that would not have stopped the packet (RFC 5927 section 7).
        if (mtuBytes >= packetBytes || (!ipv4 && mtuBytes < MIN_IPV6_BYTES)) {
            return false;
        }
        int claim = Math.max(mtuBytes, minBytes());
        searchHighBytes = Math.min(searchHighBytes, claim);
        if (claim >= pmtuBytes) {
            return false; // about a probe, most likely
        }
        pmtuBytes = claim;
        startAgainLater(nowNanos);
        return true;
    }

    // ---- black holes ----

    /**
     * The oldest segment has timed out {@code timeouts} times in a row.
     *
     * @param packetBytes the packets it was sent in
     * @return whether the path MTU was lowered
     */
    boolean onTimeout(long nowNanos, int timeouts, int packetBytes) {
        return timeouts % BLACK_HOLE_TIMEOUTS == 0 && onBlackHole(nowNanos, packetBytes);
    }

    /** As {@link #onTimeout}, with better evidence: the peer was heard, the segment was sent again, and it timed out once more. */
    boolean onBlackHole(long nowNanos, int packetBytes) {
        if (probing == MtuProbing.OFF) {
            return false;
        }
        int lower = pmtuBytes > baseBytes() ? baseBytes() : minBytes();
        if (packetBytes <= lower || lower >= pmtuBytes) {
            return false; // no full segment, or as small already as it gets: it is not for its size that it is lost
        }
        searchHighBytes = Math.max(searchHighBytes, pmtuBytes);
        pmtuBytes = lower;
        bisect = false;
        wholeFailed = false;
        startAgain = false;
        nextProbeNanos = nowNanos;
        return true;
    }

    // ---- the search upwards ----

    /** Size of the packet to try next, 0 for none now. */
    int nextProbeBytes(long nowNanos) {
        if (nowNanos < nextProbeNanos || nextProbeNanos == Long.MAX_VALUE || probe != null) {
            return 0;
        }
        if (startAgain) {
            startAgain = false;
            bisect = false;
            wholeFailed = false;
            searchHighBytes = linkMtuBytes;
        }
        if (searchHighBytes - pmtuBytes < SEARCH_END_BYTES) {
            startAgainLater(nowNanos);
            return 0;
        }
        // The old size first: after an outage that was no black hole, and on most others, that ends the search.
        return bisect ? (pmtuBytes + searchHighBytes + 1) / 2 : searchHighBytes;
    }

    /** This much is known; some time later the path may be another one. */
    private void startAgainLater(long nowNanos) {
        startAgain = true;
        nextProbeNanos = linkMtuBytes - pmtuBytes < SEARCH_END_BYTES ? Long.MAX_VALUE : nowNanos + RAISE_NANOS;
    }

    /** ICMP is all there is to go by: after ten minutes the size of the link is simply used again. @return whether the path MTU changed */
    boolean expire(long nowNanos) {
        if (probing != MtuProbing.OFF || nowNanos < nextProbeNanos || nextProbeNanos == Long.MAX_VALUE) {
            return false;
        }
        nextProbeNanos = Long.MAX_VALUE;
        searchHighBytes = linkMtuBytes;
        pmtuBytes = linkMtuBytes;
        return true;
    }

    void onProbeSent(int mtuBytes, long startSsn, long endSsn) {
        probe = new Probe(mtuBytes, startSsn, endSsn);
    }

    /** Where the outstanding probe begins, -1 when there is none. */
    long probeStartSsn() {
        return probe == null ? -1 : probe.startSsn;
    }

    /** Whether an entry of the log, whole or in part, is the outstanding probe. */
    boolean isProbe(long startSsn) {
        return probe != null && startSsn >= probe.startSsn && startSsn < probe.endSsn;
    }

    /** The probe was judged lost: so much does not get through, probably. */
    void onProbeLost(long nowNanos) {
        if (bisect || wholeFailed) {
            searchHighBytes = Math.min(searchHighBytes, probe.mtuBytes - 1);
            bisect = true;
        }
        wholeFailed = true; // so much depends on the first answer that it is asked for twice
        nextProbeNanos = nowNanos + RETRY_NANOS;
        probe = null;
    }

    /** The probe was lost together with others, or is about to be sent again without having been judged lost: its fate tells nothing. */
    void onProbeInconclusive(long nowNanos) {
        nextProbeNanos = nowNanos + RETRY_NANOS;
        probe = null;
    }

    /** @return whether that acknowledged a probe, and the path MTU is larger now */
    boolean onAcked(long sndUna) {
        if (probe == null || sndUna < probe.endSsn) {
            return false;
        }
        boolean larger = probe.mtuBytes > pmtuBytes && probe.mtuBytes <= searchHighBytes;
        if (larger) {
            pmtuBytes = probe.mtuBytes;
        }
        probe = null;
        return larger;
    }
}
