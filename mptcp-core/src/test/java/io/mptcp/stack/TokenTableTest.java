package io.mptcp.stack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class TokenTableTest {
    @Test
    void zeroAndNegativeTokensAreOrdinary() {
        TokenTable<String> table = new TokenTable<>();
        assertNull(table.get(0));
        table.put(0, "zero");
        table.put(-1, "minus one");
        assertEquals("zero", table.get(0));
        assertEquals("minus one", table.get(-1));
        assertTrue(table.contains(0));
        assertEquals("zero", table.remove(0));
        assertNull(table.get(0));
        assertThrows(IllegalArgumentException.class, () -> table.put(1, null));
    }

    @Property(tries = 200)
    void behavesLikeAMap(@ForAll Random random) {
        TokenTable<Integer> table = new TokenTable<>();
        Map<Integer, Integer> model = new HashMap<>();
        int step = 1 + random.nextInt(40);
        for (int i = 0; i < 600; i++) {
            // Multiples of a step: many tokens share their home.
            int token = step * random.nextInt(100);
            switch (random.nextInt(3)) {
                case 0 -> assertEquals(model.put(token, i), table.put(token, i));
                case 1 -> assertEquals(model.remove(token), table.remove(token));
                default -> assertEquals(model.get(token), table.get(token));
            }
            assertEquals(model.size(), table.size());
        }
        model.forEach((token, value) -> assertEquals(value, table.get(token)));
    }
}
