package io.mptcp.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class AddressTableTest {
    @Test
    void findsWhatWasPutLast() {
        Random random = new Random(1);
        AddressTable<Integer> table = new AddressTable<>();
        Map<Long, Integer> model = new HashMap<>();
        for (int i = 0; i < 10_000; i++) {
            long lo = random.nextLong(2000);
            table.put(lo & 1, lo, i);
            model.put(lo, i);
        }
        for (long lo = 0; lo < 2000; lo++) {
            assertEquals(model.get(lo), table.get(lo & 1, lo));
            assertNull(table.get(2, lo));
        }
        table.clear();
        assertNull(table.get(0, 2));
    }

    @Test
    void aFloodOfAddressesNeitherFillsNorBlocksIt() {
        AddressTable<Long> table = new AddressTable<>();
        for (long lo = 0; lo < 100_000; lo++) {
            table.put(0xfd01L << 48, lo, lo);
            assertEquals(lo, table.get(0xfd01L << 48, lo));
        }
    }
}
