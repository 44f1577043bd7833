package io.mptcp.tcp;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** RFC 5682: five segments of 1000 bytes were under way at the timeout. */
class ForwardRtoTest {
    private static final long RECOVERY_POINT = 5_001;

    private final ForwardRto frto = new ForwardRto();
    private final Scoreboard told = new Scoreboard();

    @BeforeEach
    void timeout() {
        frto.start(RECOVERY_POINT);
        assertFalse(frto.holdsRetransmissions(), "the first goes at once");
    }

    private boolean acknowledge(long ackSsn, long ackedBytes, boolean originalAcked, boolean newerSacked, boolean sack) {
        told.ackedBytes = ackedBytes;
        told.originalAcked = originalAcked;
        told.newerSacked = newerSacked;
        return frto.isSpurious(told, ackSsn, sack, true);
    }

    @Test
    void twoAcknowledgmentsThatMoveOnMeanNothingWasLost() {
        assertFalse(acknowledge(1_001, 1_000, false, false, false));
        assertTrue(frto.holdsRetransmissions(), "new data goes instead");
        assertTrue(acknowledge(2_001, 1_000, true, false, false));
        assertFalse(frto.holdsRetransmissions());
    }

    @Test
    void aDuplicateAcknowledgmentMeansThatSomethingWas() {
        assertFalse(acknowledge(1_001, 1_000, false, false, false));
        assertFalse(acknowledge(1_001, 0, false, false, false));
        assertFalse(frto.holdsRetransmissions());
        assertFalse(acknowledge(2_001, 1_000, true, false, false), "too late to say so");
    }

    @Test
    void soDoesADuplicateAtOnce() {
        assertFalse(acknowledge(1, 0, false, false, false));
        assertFalse(acknowledge(1_001, 1_000, true, false, false));
        assertFalse(frto.holdsRetransmissions());
    }

    /** Section 3.1: with SACK it is the new data that tells. */
    @Test
    void withSackItIsADuplicateOnlyIfTheNewDataWasSacked() {
        acknowledge(1_001, 1_000, false, false, true);
        assertFalse(acknowledge(1_001, 0, false, false, true));
        assertTrue(frto.holdsRetransmissions());
        assertFalse(acknowledge(1_001, 0, false, true, true));
        assertFalse(frto.holdsRetransmissions());
    }

    @Test
    void whereAllWasAcknowledgedThereIsNothingToAsk() {
        assertFalse(acknowledge(RECOVERY_POINT, 5_000, true, false, false));
        assertFalse(frto.holdsRetransmissions());
    }
}
