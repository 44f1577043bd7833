package io.mptcp.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** RFC 1191, RFC 8201 section 4, RFC 4821 section 7. */
class PathMtuTest {
    private static final long SECOND = 1_000_000_000L;
    private static final long TEN_MINUTES = 600 * SECOND;
    private static final int LINK = 1500;

    private static PathMtu ipv4(MtuProbing probing) {
        return new PathMtu(true, LINK, probing);
    }

    @ParameterizedTest
    @EnumSource(names = {"OFF", "BLACK_HOLE"})
    void thePathIsTakenForTheLinkUntilSomethingTellsOtherwise(MtuProbing probing) {
        PathMtu path = ipv4(probing);
        assertEquals(LINK, path.pmtuBytes());
        assertEquals(0, path.nextProbeBytes(TEN_MINUTES));
    }

    /** RFC 8201 section 4: less than 1280 is no IPv6 link. */
    @Test
    void anIpv6ClaimBelowTheMinimumIsDiscarded() {
        PathMtu path = new PathMtu(false, LINK, MtuProbing.OFF);
        assertFalse(path.onPacketTooBig(0, 1279, LINK));
        assertEquals(LINK, path.pmtuBytes());
        assertTrue(path.onPacketTooBig(0, 1280, LINK));
        assertEquals(1280, path.pmtuBytes());
    }

    @Test
    void aLinkSmallerThanTheSmallestClaimIsNotExceeded() {
        PathMtu path = new PathMtu(true, 400, MtuProbing.OFF);
        assertFalse(path.onPacketTooBig(0, 300, 400));
        assertEquals(400, path.pmtuBytes());
    }

    /** RFC 1191 section 6.3: without probing the old size is simply tried again, and ICMP lowers it once more if need be. */
    @Test
    void withoutProbingTheClaimExpires() {
        PathMtu path = ipv4(MtuProbing.OFF);
        path.onPacketTooBig(SECOND, 1300, LINK);
        assertFalse(path.expire(TEN_MINUTES));
        assertTrue(path.expire(SECOND + TEN_MINUTES));
        assertEquals(LINK, path.pmtuBytes());
        assertFalse(path.expire(2 * TEN_MINUTES));
    }

    @Test
    void withProbingALargerSizeHasToProveItselfFirst() {
        PathMtu path = ipv4(MtuProbing.BLACK_HOLE);
        path.onPacketTooBig(0, 1300, LINK);
        assertFalse(path.expire(TEN_MINUTES));
        assertEquals(0, path.nextProbeBytes(TEN_MINUTES - 1));
        assertEquals(LINK, path.nextProbeBytes(TEN_MINUTES));
        path.onProbeSent(LINK, 1, 1461);
        assertEquals(1300, path.pmtuBytes());
        assertFalse(path.onAcked(1460));
        assertTrue(path.onAcked(1461));
        assertEquals(LINK, path.pmtuBytes());
        assertEquals(0, path.nextProbeBytes(3 * TEN_MINUTES));
    }

    @Test
    void threeTimeoutsOfAFullSegmentAreABlackHole() {
        PathMtu path = ipv4(MtuProbing.BLACK_HOLE);
        assertFalse(path.onTimeout(0, 1, LINK));
        assertFalse(path.onTimeout(0, 2, LINK));
        assertFalse(path.onTimeout(0, 3, 1064), "what small segments suffer from is something else");
        assertTrue(path.onTimeout(0, 3, LINK));
        assertEquals(1064, path.pmtuBytes());
        assertTrue(path.onTimeout(0, 6, 1064));
        assertEquals(552, path.pmtuBytes());
        assertFalse(path.onTimeout(0, 9, 552));
    }

    @Test
    void overIpv6ItIsNeverSmallerThanTheMinimum() {
        PathMtu path = new PathMtu(false, LINK, MtuProbing.BLACK_HOLE);
        assertTrue(path.onTimeout(0, 3, LINK));
        assertEquals(1280, path.pmtuBytes());
        assertFalse(path.onTimeout(0, 6, 1280));
    }

    @Test
    void withProbingOffTimeoutsSayNothingOfSize() {
        assertFalse(ipv4(MtuProbing.OFF).onTimeout(0, 3, LINK));
    }

    /** The true path MTU is found to within a few bytes, with few probes, and never exceeded by what is not a probe. */
    @Test
    void theSearchFindsThePathMtu() {
        for (int truth = 1064; truth <= LINK; truth++) {
            PathMtu path = ipv4(MtuProbing.ON);
            long now = 0;
            int probes = 0;
            for (int size = path.nextProbeBytes(now); size > 0; size = path.nextProbeBytes(now)) {
                assertTrue(size > path.pmtuBytes() && size <= LINK);
                path.onProbeSent(size, 1, 2);
                if (size <= truth) {
                    assertTrue(path.onAcked(2));
                } else {
                    path.onProbeLost(now);
                    assertEquals(0, path.nextProbeBytes(now), "not one lost probe after the other");
                    now += PathMtu.RETRY_NANOS;
                }
                probes++;
            }
            assertTrue(path.pmtuBytes() <= truth && path.pmtuBytes() > truth - 9, truth + " taken for " + path.pmtuBytes());
            assertTrue(probes <= 9, probes + " probes");
        }
    }

    @Test
    void whatIsSentAgainWithoutHavingBeenLostProvesNothing() {
        PathMtu path = ipv4(MtuProbing.ON);
        path.onProbeSent(LINK, 1, 2);
        path.onProbeInconclusive(0);
        assertFalse(path.onAcked(2));
        assertEquals(LINK, path.nextProbeBytes(PathMtu.RETRY_NANOS), "tried again, the same size");
    }

    @Test
    void aSmallerLinkLowersThePathAtOnceAndALargerOneRaisesOnlyWhatWasTheLinksOwn() {
        PathMtu whole = ipv4(MtuProbing.BLACK_HOLE);
        assertTrue(whole.onLinkMtu(1400));
        assertTrue(whole.onLinkMtu(1450));
        assertEquals(1450, whole.pmtuBytes());
        PathMtu narrow = ipv4(MtuProbing.BLACK_HOLE);
        narrow.onPacketTooBig(0, 1300, LINK);
        assertFalse(narrow.onLinkMtu(9000));
        assertFalse(narrow.onLinkMtu(1400));
        assertTrue(narrow.onLinkMtu(1200));
        assertEquals(1200, narrow.pmtuBytes());
    }
}
