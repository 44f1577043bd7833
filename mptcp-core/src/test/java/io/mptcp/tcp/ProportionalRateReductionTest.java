package io.mptcp.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** RFC 9937: twenty segments of 1000 bytes are under way when the first is found lost, and the window is to be halved. */
class ProportionalRateReductionTest {
    private static final int MSS = 1000;
    private static final long SSTHRESH = 10_000;

    private final ProportionalRateReduction prr = new ProportionalRateReduction();
    private long inFlight = 19_000;

    /** An acknowledgment of so many bytes; then as much is sent as may be. @return how much that was */
    private long acknowledged(long bytes, boolean safe) {
        inFlight -= bytes;
        prr.onAck(bytes, safe, inFlight, SSTHRESH, MSS);
        long room = Math.max(0, prr.limitBytes() - inFlight) / MSS * MSS;
        prr.onSent((int) room);
        inFlight += room;
        return room;
    }

    @Test
    void oneSegmentIsSentForEveryTwoDelivered() {
        prr.start(20_000, inFlight);
        assertEquals(MSS, acknowledged(MSS, false), "the retransmission goes at once");
        long sent = MSS;
        int acks = 1;
        while (acks < 15) {
            sent += acknowledged(MSS, false);
            acks++;
            assertEquals(Math.max(1, acks / 2), sent / MSS, "after " + acks);
        }
        assertEquals(0, acknowledged(MSS, false), "it is at the threshold without");
        assertEquals(SSTHRESH, inFlight);
    }

    @Test
    void belowTheThresholdItGrowsByWhatIsDeliveredAndByOneMoreWhenAllIsWell() {
        prr.start(20_000, inFlight);
        inFlight = 4_000; // most of it was lost
        assertEquals(MSS, acknowledged(MSS, false));
        assertEquals(2 * MSS, acknowledged(MSS, true));
        assertEquals(5_000, inFlight);
    }

    @Test
    void acknowledgmentsTakenTogetherAllowAsMuchAsOneByOne() {
        prr.start(20_000, inFlight);
        inFlight = 5_000; // most of it was lost
        assertEquals(MSS, acknowledged(MSS, false));
        for (int i = 0; i < 2; i++) {
            inFlight -= MSS;
            prr.onAck(MSS, true, inFlight, SSTHRESH, MSS);
        }
        assertEquals(4 * MSS, prr.limitBytes() - inFlight, "each of them one for what was delivered, and one more");
        prr.onSent(4 * MSS);
        inFlight += 4 * MSS;
        assertEquals(2 * MSS, acknowledged(MSS, true), "and what has been used is used");
    }

    @Test
    void itNeverGrowsBeyondTheThreshold() {
        prr.start(20_000, inFlight);
        inFlight = 10_500;
        acknowledged(1_000, true);
        prr.onAck(5_000, true, 9_800, SSTHRESH, MSS);
        assertEquals(SSTHRESH, prr.limitBytes());
    }

    @Test
    void aFoundLossBuysNoRoom() {
        prr.start(20_000, inFlight);
        acknowledged(MSS, false);
        prr.onLossFound(19_000, 12_000);
        assertEquals(12_000, prr.limitBytes());
    }

    /** Neither less than a segment, which nothing would ever add to, nor a single one, whose acknowledgment may be delayed. */
    @Test
    void withNothingInFlightThereIsRoomForTwo() {
        prr.start(20_000, 0); // all of it is lost
        prr.onSent(400);
        inFlight = 400;
        assertEquals(2 * MSS, acknowledged(400, false));
    }
}
