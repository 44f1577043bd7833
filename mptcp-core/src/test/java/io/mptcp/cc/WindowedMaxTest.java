package io.mptcp.cc;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class WindowedMaxTest {
    @Test
    void largestIsForgottenWhenItFallsOutOfTheWindow() {
        WindowedMax max = new WindowedMax(10);
        max.add(9, 0);
        max.add(5, 4);
        max.add(1, 10);
        assertEquals(9, max.max(10));
        assertEquals(1, max.max(1));
        max.add(1, 11);
        assertEquals(5, max.max(10));
    }

    private record Value(double value, long round) {
    }

    @Property(tries = 100)
    void isThatOfAllValuesOfTheWindow(@ForAll Random random) {
        WindowedMax filter = new WindowedMax(10);
        List<Value> values = new ArrayList<>();
        long round = 0;
        for (int i = 0; i < 200; i++) {
            round += random.nextInt(20) == 0 ? random.nextInt(30) : random.nextInt(3);
            values.add(new Value(random.nextInt(100), round));
            filter.add(values.getLast().value, round);
            long now = round;
            int length = random.nextInt(11);
            assertEquals(values.stream().filter(each -> now - each.round <= length).mapToDouble(Value::value).max().orElseThrow(), filter.max(length));
        }
    }
}
