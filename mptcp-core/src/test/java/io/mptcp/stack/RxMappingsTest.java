package io.mptcp.stack;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.mptcp.stack.RxMappings.Status;
import org.junit.jupiter.api.Test;

/** RFC 8684 section 3.3.1: mappings in any order, repeated, in pieces, and contradicting each other. */
class RxMappingsTest {
    private static final int LIMIT = 4;

    private final RxMappings mappings = new RxMappings(LIMIT);

    private void add(Status expected, long ssn, long dsn, int length) {
        assertEquals(expected, mappings.add(ssn, dsn, length, -1));
    }

    private void addChecked(Status expected, long ssn, long dsn, int length) {
        assertEquals(expected, mappings.add(ssn, dsn, length, 0x1234));
    }

    private void maps(long ssn, long expectedDsn) {
        int index = mappings.find(ssn);
        assertEquals(expectedDsn, index < 0 ? -1 : mappings.dsn(index) + ssn - mappings.ssn(index));
    }

    @Test
    void mappingsThatContinueEachOtherAreOne() {
        add(Status.OK, 1, 101, 10);
        add(Status.OK, 11, 111, 10);
        add(Status.OK, 31, 131, 10);
        assertEquals(2, mappings.size());
        add(Status.OK, 21, 121, 10);
        assertEquals(1, mappings.size());
        maps(1, 101);
        maps(40, 140);
        maps(41, -1);
    }

    /** A peer may declare what it never sends. */
    @Test
    void mappingsDoNotJoinBeyondWhatALengthCanSay() {
        long ssn = 1;
        for (int i = 0; i < 32_768; i++) {
            add(Status.OK, ssn, ssn + 100, 65_535);
            ssn += 65_535;
        }
        add(Status.FULL, ssn, ssn + 100, 65_535);
        assertEquals(1, mappings.size());
        assertEquals(ssn, mappings.endSsn(0));
        maps(ssn - 1, ssn + 99);
    }

    @Test
    void neighboursThatMapDifferentlyStayApart() {
        add(Status.OK, 1, 101, 10);
        add(Status.OK, 11, 511, 10);
        assertEquals(2, mappings.size());
        maps(10, 110);
        maps(11, 511);
    }

    @Test
    void repeatedAndOverlappingPiecesOfTheSameMappingAreFine() {
        add(Status.OK, 1, 101, 30);
        add(Status.OK, 1, 101, 30);
        add(Status.OK, 11, 111, 10);
        add(Status.OK, 21, 121, 20);
        maps(40, 140);
        assertEquals(1, mappings.size());
    }

    @Test
    void anotherMappingForTheSameBytesIsAConflict() {
        add(Status.OK, 11, 111, 10);
        add(Status.CONFLICT, 11, 112, 10);
        add(Status.CONFLICT, 1, 1, 11);
        add(Status.CONFLICT, 20, 500, 5);
        maps(15, 115);
    }

    @Test
    void mappingsWithChecksumsStandAlone() {
        addChecked(Status.OK, 1, 101, 10);
        addChecked(Status.OK, 11, 111, 10);
        addChecked(Status.OK, 1, 101, 10);
        addChecked(Status.CONFLICT, 1, 101, 9);
        assertEquals(2, mappings.size());
    }

    @Test
    void whatFillsAHoleFindsRoomWhenTheEndIsFull() {
        for (int i = 0; i < LIMIT; i++) {
            addChecked(Status.OK, 101 + 10 * i, 1_000 + 20 * i, 10);
        }
        addChecked(Status.FULL, 901, 5_000, 10);
        addChecked(Status.OK, 1, 1, 10);
        maps(5, 5);
        mappings.removeBelow(11);
        maps(5, -1);
        assertEquals(LIMIT, mappings.size());
    }

    @Test
    void longStreamOfMappingsStaysOneShortEntry() {
        for (long ssn = 1; ssn < 10_000_000_000L; ssn += 50_000_000) {
            add(Status.OK, ssn, ssn + 7, 50_000_000);
            mappings.removeBelow(ssn + 25_000_000);
            assertEquals(1, mappings.size());
            assertEquals(25_000_000, mappings.length(0));
            maps(ssn + 49_999_999, ssn + 50_000_006);
        }
    }
}
