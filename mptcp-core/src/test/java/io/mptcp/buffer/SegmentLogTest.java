package io.mptcp.buffer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class SegmentLogTest {
    private static final int NONE = -1;

    /** One sequence number, and all that is known of it. */
    private static final class Cell {
        long dsn;
        long mapSsn;
        int mapLength;
        long mapDsn;
        int checksum;
        long sentNanos;
        boolean sacked;
        boolean lost;
        boolean retransmitted;
        boolean fin;
    }

    /** The log against a list with one entry for each sequence number. */
    @Property(tries = 200)
    void behavesLikeAListOfBytes(@ForAll long seed) {
        Random random = new Random(seed);
        SegmentLog log = new SegmentLog();
        List<Cell> model = new ArrayList<>();
        long headSsn = 1;
        long nextSsn = 1;
        long nextDsn = 1;
        for (int step = 0; step < 200; step++) {
            switch (random.nextInt(8)) {
                case 0, 1, 2 -> {
                    int length = 1 + random.nextInt(20);
                    boolean reinjection = nextDsn > 30 && random.nextInt(4) == 0;
                    long dsn = reinjection ? 1 + random.nextInt((int) nextDsn - 20) : nextDsn;
                    nextDsn = reinjection ? nextDsn : nextDsn + length;
                    log.append(nextSsn, length, 0, dsn, (int) (dsn % 100), step);
                    for (int i = 0; i < length; i++) {
                        Cell cell = new Cell();
                        cell.dsn = dsn + i;
                        cell.mapSsn = nextSsn;
                        cell.mapLength = length;
                        cell.mapDsn = dsn;
                        cell.checksum = (int) (dsn % 100);
                        cell.sentNanos = step;
                        model.add(cell);
                    }
                    nextSsn += length;
                }
                case 3 -> {
                    int acked = model.isEmpty() ? 0 : random.nextInt(Math.min(30, model.size()) + 1);
                    headSsn += acked;
                    model.subList(0, acked).clear();
                    acknowledge(log, headSsn);
                }
                case 4 -> {
                    if (!log.isEmpty()) {
                        int index = random.nextInt(log.size());
                        if (log.length(index) > 1) {
                            log.split(index, log.ssn(index) + 1 + random.nextInt(log.length(index) - 1));
                        }
                    }
                }
                case 5 -> {
                    if (!log.isEmpty()) {
                        int index = random.nextInt(log.size());
                        if (!log.has(index, SegmentLog.SACKED)) {
                            forEach(model, headSsn, log, index, cell -> {
                                cell.sacked = true;
                                cell.lost = false;
                            });
                            log.markSacked(index);
                        }
                    }
                }
                case 6 -> {
                    if (!log.isEmpty()) {
                        int index = random.nextInt(log.size());
                        if (!log.has(index, SegmentLog.SACKED | SegmentLog.LOST)) {
                            forEach(model, headSsn, log, index, cell -> cell.lost = true);
                            log.markLost(index);
                        }
                    }
                }
                default -> {
                    if (!log.isEmpty()) {
                        int index = random.nextInt(log.size());
                        if (!log.has(index, SegmentLog.SACKED)) {
                            long now = step;
                            forEach(model, headSsn, log, index, cell -> {
                                cell.lost = false;
                                cell.retransmitted = true;
                                cell.sentNanos = now;
                            });
                            log.markRetransmitted(index, step);
                        }
                    }
                }
            }
            compare(log, model, headSsn);
        }
    }

    private static void acknowledge(SegmentLog log, long ackSsn) {
        while (!log.isEmpty() && log.endSsn(0) <= ackSsn) {
            log.removeHead();
        }
        if (!log.isEmpty() && log.ssn(0) < ackSsn) {
            log.trimHead(ackSsn);
        }
    }

    private static void forEach(List<Cell> model, long headSsn, SegmentLog log, int index, java.util.function.Consumer<Cell> action) {
        for (long ssn = log.ssn(index); ssn < log.endSsn(index); ssn++) {
            action.accept(model.get((int) (ssn - headSsn)));
        }
    }

    private static void compare(SegmentLog log, List<Cell> model, long headSsn) {
        long ssn = headSsn;
        for (int i = 0; i < log.size(); i++) {
            assertEquals(ssn, log.ssn(i));
            for (int k = 0; k < log.length(i); k++, ssn++) {
                Cell cell = model.get((int) (ssn - headSsn));
                assertEquals(cell.dsn, log.dsn(i) + k);
                assertEquals(cell.mapSsn, log.mapSsn(i));
                assertEquals(cell.mapDsn, log.mapDsn(i));
                assertEquals(cell.mapLength, log.mapLength(i));
                assertEquals(cell.checksum, log.mapChecksum(i));
                assertEquals(cell.sentNanos, log.sentNanos(i));
                assertEquals(cell.sacked, log.has(i, SegmentLog.SACKED));
                assertEquals(cell.lost, log.has(i, SegmentLog.LOST));
                assertEquals(cell.retransmitted, log.has(i, SegmentLog.RETRANSMITTED));
            }
            assertEquals(i, log.indexOf(log.ssn(i)));
            assertEquals(i, log.indexOf(log.endSsn(i) - 1));
        }
        assertEquals(model.size(), log.totalLength());
        assertEquals(model.size(), ssn - headSsn);
        assertEquals(model.stream().filter(c -> c.sacked).count(), log.sackedBytes());
        assertEquals(model.stream().filter(c -> c.lost).count(), log.lostBytes());
        assertEquals(model.stream().filter(c -> !c.lost && !c.sacked).count(), log.inFlightBytes());
        assertEquals(model.stream().mapToLong(c -> c.dsn).min().orElse(Long.MAX_VALUE), log.lowestDsn());
        for (long dsn = 1; dsn < 60; dsn += 7) {
            long position = dsn;
            assertEquals(model.stream().anyMatch(c -> c.dsn == position), log.carries(dsn), () -> "byte " + position);
            int index = log.indexOfDsn(dsn);
            assertTrue(index < 0 || log.dsn(index) <= dsn && dsn < log.dsn(index) + log.payloadLength(index), () -> "byte " + position);
        }
    }

    @Test
    void aFinTakesASequenceNumberAndNoPayload() {
        SegmentLog log = new SegmentLog();
        log.append(1, 10, 0, 1, NONE, 0);
        log.append(11, 1, SegmentLog.FIN, 0, NONE, 0);
        assertEquals(11, log.totalLength());
        assertEquals(0, log.payloadLength(1));
        assertEquals(1, log.lowestDsn());
        assertFalse(log.carries(0));
        log.removeHead();
        assertEquals(Long.MAX_VALUE, log.lowestDsn());
        assertEquals(1, log.inFlightBytes());
    }

    @Test
    void takenBackSacksCountAsInFlightAgain() {
        SegmentLog log = new SegmentLog();
        log.append(1, 10, 0, 1, NONE, 0);
        log.append(11, 10, 0, 11, NONE, 0);
        log.markSacked(0);
        log.markSacked(1);
        assertEquals(0, log.inFlightBytes());
        log.clearSacked();
        assertEquals(20, log.inFlightBytes());
        assertFalse(log.has(0, SegmentLog.SACKED));
    }

    @Test
    void aRetransmittedEntryIsInFlightAndNoLongerLost() {
        SegmentLog log = new SegmentLog();
        log.append(1, 10, 0, 1, NONE, 5);
        log.markLost(0);
        assertEquals(0, log.inFlightBytes());
        log.markRetransmitted(0, 9);
        assertEquals(10, log.inFlightBytes());
        assertEquals(9, log.sentNanos(0));
        assertTrue(log.has(0, SegmentLog.RETRANSMITTED));
    }
}
