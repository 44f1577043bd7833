package io.mptcp.stack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class FlowTableTest {
    private record Flow(long localHi, long localLo, int localPort, long remoteHi, long remoteLo, int remotePort) implements FlowTable.Entry {
        private Flow copy() {
            return new Flow(localHi, localLo, localPort, remoteHi, remoteLo, remotePort);
        }
    }

    private static Flow get(FlowTable<Flow> table, Flow key) {
        return table.get(key.localHi, key.localLo, key.localPort, key.remoteHi, key.remoteLo, key.remotePort);
    }

    @Test
    void everyPartOfTheKeyCounts() {
        FlowTable<Flow> table = new FlowTable<>(1);
        Flow flow = new Flow(1, 2, 3, 4, 5, 6);
        table.put(flow);
        assertSame(flow, table.get(1, 2, 3, 4, 5, 6));
        assertNull(table.get(0, 2, 3, 4, 5, 6));
        assertNull(table.get(1, 0, 3, 4, 5, 6));
        assertNull(table.get(1, 2, 0, 4, 5, 6));
        assertNull(table.get(1, 2, 3, 0, 5, 6));
        assertNull(table.get(1, 2, 3, 4, 0, 6));
        assertNull(table.get(1, 2, 3, 4, 5, 0));
        assertNull(table.get(4, 5, 6, 1, 2, 3));
    }

    @Test
    void secondEntryWithTheSameKeyReplacesTheFirst() {
        FlowTable<Flow> table = new FlowTable<>(1);
        Flow first = new Flow(1, 2, 3, 4, 5, 6);
        Flow second = first.copy();
        assertNotSame(first, second);
        assertNull(table.put(first));
        assertSame(first, table.put(second));
        assertEquals(1, table.size());
        assertFalse(table.remove(first));
        assertSame(second, get(table, first));
        assertTrue(table.remove(second));
        assertNull(get(table, first));
        assertEquals(0, table.size());
    }

    @Property(tries = 200)
    void behavesLikeAMap(@ForAll Random random, @ForAll long seed) {
        FlowTable<Flow> table = new FlowTable<>(seed);
        Map<Flow, Flow> model = new HashMap<>();
        int keys = 1 + random.nextInt(200);
        for (int step = 0; step < 600; step++) {
            Flow key = new Flow(0, 7, 443, 0, random.nextInt(keys) >> 2, random.nextInt(4));
            switch (random.nextInt(4)) {
                case 0, 1 -> assertSame(model.put(key, key), table.put(key));
                case 2 -> {
                    Flow held = model.remove(key);
                    assertEquals(held != null, table.remove(held == null ? key : held));
                }
                default -> assertSame(model.get(key), get(table, key));
            }
            assertEquals(model.size(), table.size());
        }
        model.forEach((key, flow) -> assertSame(flow, get(table, key)));
    }
}
