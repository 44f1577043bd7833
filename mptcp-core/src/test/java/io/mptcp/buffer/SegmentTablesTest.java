package io.mptcp.buffer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class SegmentTablesTest {
    private final SegmentTables tables = new SegmentTables();

    @Test
    void whatOneLogGivesBackTheNextOneTakes() {
        SegmentTables.Table table = tables.acquire(10);
        assertTrue(table.capacity() >= 10);
        table.runs.append(1, 1, 101);
        tables.release(table);
        assertSame(table, tables.acquire(3));
        assertEquals(0, table.runs.size());
        assertNotSame(table, tables.acquire(3));
    }

    @Test
    void largeTablesAreNotForSmallLogs() {
        tables.release(tables.acquire(1000));
        assertEquals(16, tables.acquire(1).capacity());
        assertEquals(1024, tables.acquire(1000).capacity());
    }

    @Test
    void twoLogsOfOnePoolDoNotMeet() {
        SegmentLog first = new SegmentLog(tables);
        SegmentLog second = new SegmentLog(tables);
        first.append(1, 100, 0, 1, -1, 5);
        second.append(1, 200, 0, 1001, -1, 6);
        first.removeHead();
        first.append(101, 300, 0, 5001, -1, 7);
        assertEquals(1001, second.dsn(0));
        assertEquals(200, second.length(0));
        assertEquals(5001, first.dsn(0));
        assertTrue(first.carries(5001));
        assertTrue(!first.carries(1001));
    }
}
