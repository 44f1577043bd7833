package io.mptcp.stack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** RFC 6056. */
class PortAllocatorTest {
    private static final IpAddress LOCAL = IpAddress.parse("10.0.0.1");

    private final PortAllocator ports = new PortAllocator(new Random(7)::nextLong);

    private static IpEndpoint server(int lastByte) {
        return new IpEndpoint(IpAddress.parse("192.0.2." + lastByte), 443);
    }

    @Test
    void aPortComesAgainLate() {
        Set<Integer> seen = new HashSet<>();
        for (int i = 0; i < 1800; i++) { // increments are at most 8, the range is 16384
            assertTrue(seen.add(ports.allocate(LOCAL, server(1), (local, port, remote) -> true)));
        }
    }

    @Test
    void destinationsBeginElsewhere() {
        Set<Integer> first = new HashSet<>();
        for (int i = 0; i < 100; i++) {
            first.add(ports.allocate(LOCAL, server(i), (local, port, remote) -> true));
        }
        assertTrue(first.size() > 90, () -> "of 100 destinations only " + first.size() + " ports");
    }

    @Test
    void theFourTupleHasToBeUniqueNotThePort() {
        ports.setRange(5000, 5000);
        assertEquals(5000, ports.allocate(LOCAL, server(1), (local, port, remote) -> !remote.equals(server(2))));
        assertEquals(-1, ports.allocate(LOCAL, server(2), (local, port, remote) -> !remote.equals(server(2))));
    }

    @Test
    void theOnlyFreePortIsFound() {
        ports.setRange(1000, 1999);
        for (int free = 1000; free < 2000; free += 37) {
            int only = free;
            assertEquals(only, ports.allocate(LOCAL, server(1), (local, port, remote) -> port == only));
        }
    }

    @Test
    void theSequenceIsAnotherWithAnotherSecret() {
        int same = 0;
        for (int i = 0; i < 20; i++) {
            PortAllocator other = new PortAllocator(new Random(i)::nextLong);
            if (other.allocate(LOCAL, server(1), (local, port, remote) -> true)
                    == new PortAllocator(new Random(100 + i)::nextLong).allocate(LOCAL, server(1), (local, port, remote) -> true)) {
                same++;
            }
        }
        assertNotEquals(20, same);
        assertTrue(same < 3);
    }
}
