package io.mptcp.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.mptcp.buffer.RangeSet;
import org.junit.jupiter.api.Test;

/** RFC 2018 section 4 and RFC 2883 section 4. Blocks are printed as {@code left-right} without the initial sequence number. */
class SackBlocksTest {
    private static final int IRS = 0xffff_fffe;

    private final SackBlocks blocks = new SackBlocks();
    private final RangeSet held = new RangeSet(100);

    private void receive(long start, long end) {
        held.add(start, end);
        blocks.received(start);
    }

    private String collected() {
        StringBuilder text = new StringBuilder();
        int count = blocks.collect(held, IRS);
        for (int i = 0; i < count; i++) {
            text.append(i == 0 ? "" : " ").append(blocks.left[i] - IRS).append('-').append(blocks.right[i] - IRS);
        }
        return text.toString();
    }

    @Test
    void nothingHeldGivesNoBlocks() {
        assertEquals("", collected());
    }

    @Test
    void theMostRecentComesFirstAndWhole() {
        receive(10, 20);
        receive(30, 40);
        assertEquals("30-40 10-20", collected());
        receive(20, 25);
        assertEquals("10-25 30-40", collected());
    }

    @Test
    void eachBlockIsReportedOnce() {
        receive(10, 20);
        receive(20, 30);
        receive(30, 40);
        assertEquals("10-40", collected());
    }

    @Test
    void whatIsContiguousByNowIsNotReported() {
        receive(10, 20);
        receive(30, 40);
        held.removeBelow(20);
        assertEquals("30-40", collected());
    }

    @Test
    void blocksLongForgottenFillWhatIsFree() {
        for (int i = 1; i <= 6; i++) {
            receive(10 * i, 10 * i + 5);
        }
        assertEquals("60-65 50-55 40-45 30-35", collected());
        held.removeBelow(65); // the recent ones are gone, none is left
        assertEquals("", collected());
    }

    @Test
    void aDuplicateComesBeforeAllAndOnce() {
        receive(10, 20);
        blocks.duplicate(3, 5);
        assertEquals("3-5 10-20", collected());
        blocks.reported();
        assertEquals("10-20", collected());
    }

    @Test
    void aDuplicateOfAHeldBlockDoesNotHideTheBlock() {
        receive(10, 20);
        blocks.duplicate(10, 20);
        assertEquals("10-20 10-20", collected());
    }
}
