package io.mptcp.stack;

import static io.mptcp.stack.RxMappings.Status.CONFLICT;
import static io.mptcp.stack.RxMappings.Status.FULL;
import static io.mptcp.stack.RxMappings.Status.OK;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class RxMappingsTest {
    private final RxMappings mappings = new RxMappings(1000);

    @Test
    void aMappingCoversItsBytesAndNoOthers() {
        assertEquals(OK, mappings.add(10, 100, 5, 7));
        assertEquals(-1, mappings.find(9));
        assertEquals(0, mappings.find(10));
        assertEquals(0, mappings.find(14));
        assertEquals(-1, mappings.find(15));
        assertEquals(100, mappings.dsn(0));
        assertEquals(15, mappings.endSsn(0));
        assertEquals(7, mappings.checksum(0));
    }

    @Test
    void theSameAgainIsNoNewMapping() {
        mappings.add(10, 100, 5, -1);
        assertEquals(OK, mappings.add(10, 100, 5, -1));
        assertEquals(1, mappings.size());
    }

    @Test
    void anyOverlapThatIsNotTheSameIsAConflict() {
        mappings.add(10, 100, 5, -1);
        assertEquals(CONFLICT, mappings.add(10, 101, 5, -1));
        assertEquals(CONFLICT, mappings.add(10, 100, 6, -1));
        assertEquals(CONFLICT, mappings.add(10, 100, 4, -1));
        assertEquals(CONFLICT, mappings.add(12, 102, 3, -1));
        assertEquals(CONFLICT, mappings.add(8, 98, 3, -1));
        assertEquals(CONFLICT, mappings.add(1, 1, 100, -1));
        assertEquals(1, mappings.size());
    }

    @Test
    void neighboursAreNoConflict() {
        assertEquals(OK, mappings.add(10, 100, 5, -1));
        assertEquals(OK, mappings.add(15, 50, 5, -1));
        assertEquals(OK, mappings.add(5, 200, 5, -1));
        assertEquals(200, mappings.dsn(mappings.find(9)));
        assertEquals(50, mappings.dsn(mappings.find(15)));
    }

    @Test
    void aFullSetTakesNoMoreUntilSomeAreUsedUp() {
        RxMappings two = new RxMappings(2);
        assertEquals(OK, two.add(1, 1, 5, -1));
        assertEquals(OK, two.add(6, 6, 5, -1));
        assertEquals(FULL, two.add(11, 11, 5, -1));
        assertEquals(OK, two.add(6, 6, 5, -1));
        two.removeBelow(6);
        assertEquals(OK, two.add(11, 11, 5, -1));
    }

    @Test
    void aMappingStaysUntilItsLastByte() {
        mappings.add(1, 1, 10, -1);
        mappings.removeBelow(10);
        assertEquals(0, mappings.find(10));
        mappings.removeBelow(11);
        assertEquals(0, mappings.size());
    }

    private record Map(long ssn, long dsn, int length) {
    }

    @Property(tries = 300)
    void behavesLikeAList(@ForAll long seed) {
        RxMappings mappings = new RxMappings(1000);
        Random random = new Random(seed);
        List<Map> model = new ArrayList<>();
        for (int step = 0; step < 100; step++) {
            if (random.nextInt(6) == 0) {
                int below = random.nextInt(200);
                mappings.removeBelow(below);
                model.removeIf(m -> m.ssn + m.length <= below);
            } else {
                Map map = new Map(random.nextInt(200), random.nextInt(3), 1 + random.nextInt(20));
                boolean overlaps = model.stream().anyMatch(m -> m.ssn < map.ssn + map.length && map.ssn < m.ssn + m.length);
                RxMappings.Status expected = !overlaps || model.contains(map) ? OK : CONFLICT;
                assertEquals(expected, mappings.add(map.ssn, map.dsn, map.length, -1));
                if (expected == OK && !model.contains(map)) {
                    model.add(map);
                    model.sort(Comparator.comparingLong(Map::ssn));
                }
            }
            assertEquals(model.size(), mappings.size());
            for (long ssn = 0; ssn < 230; ssn++) {
                long position = ssn;
                int index = mappings.find(position);
                Map expected = model.stream().filter(m -> m.ssn <= position && position < m.ssn + m.length).findFirst().orElse(null);
                Map found = index < 0 ? null : new Map(mappings.ssn(index), mappings.dsn(index), mappings.length(index));
                assertEquals(expected, found);
            }
        }
    }
}
