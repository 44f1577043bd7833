package io.mptcp.stack;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Random;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** Mappings without checksums against a map from each byte to its data sequence number. */
class RxMappingsPropertyTest {
    private static final int BYTES = 220;

    @Property(tries = 500)
    void behavesLikeAMapOfBytes(@ForAll long seed) {
        Random random = new Random(seed);
        RxMappings mappings = new RxMappings(1000);
        TreeMap<Long, Long> model = new TreeMap<>();
        long floor = 0;
        for (int step = 0; step < 100; step++) {
            if (random.nextInt(6) == 0) {
                floor += random.nextInt(20);
                mappings.removeBelow(floor);
                model.headMap(floor).clear();
            } else {
                long ssn = floor + random.nextInt(100);
                long distance = 1000L * random.nextInt(3);
                int length = 1 + random.nextInt(20);
                boolean conflict = model.subMap(ssn, ssn + length).entrySet().stream().anyMatch(e -> e.getValue() - e.getKey() != distance);
                RxMappings.Status status = mappings.add(ssn, ssn + distance, length, -1);
                assertEquals(conflict ? RxMappings.Status.CONFLICT : RxMappings.Status.OK, status);
                for (long at = ssn; !conflict && at < ssn + length; at++) {
                    model.put(at, at + distance);
                }
            }
            for (long ssn = floor; ssn < floor + BYTES; ssn++) {
                int index = mappings.find(ssn);
                Long found = index < 0 ? null : Long.valueOf(mappings.dsn(index) + (ssn - mappings.ssn(index)));
                assertEquals(model.get(ssn), found, "byte " + ssn);
            }
        }
    }
}
