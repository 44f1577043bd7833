package io.mptcp.buffer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class RingPoolTest {
    @Test
    void anEighthIsKeptForDataInOrder() {
        RingPool pool = new RingPool(1024, 0);
        Ring most = pool.acquire(512, false);
        Ring more = pool.acquire(256, false);
        Ring last = pool.acquire(128, false);
        assertNull(pool.acquire(64, false));
        assertFalse(pool.hasRoomFor(1, false));
        Ring reserve = pool.acquire(128, true);
        assertNotNull(reserve);
        assertNull(pool.acquire(1, true));
        assertEquals(1024, pool.usedBytes());
        for (Ring ring : new Ring[] {most, more, last, reserve}) {
            pool.release(ring);
        }
        assertEquals(0, pool.usedBytes());
    }

    @Test
    void pressureBeginsAtThreeQuartersAndEndsBelowFiveEighths() {
        RingPool pool = new RingPool(1024, 0);
        Ring half = pool.acquire(512, false);
        Ring quarter = pool.acquire(256, false);
        assertFalse(pool.isUnderPressure());
        Ring little = pool.acquire(16, false);
        assertTrue(pool.isUnderPressure());
        assertEquals(1, pool.pressures());
        pool.release(little);
        assertTrue(pool.isUnderPressure(), "not yet over");
        pool.release(quarter);
        assertFalse(pool.isUnderPressure());
        pool.release(half);
    }

    @Test
    void spareMemoryGivesWayToTheBudget() {
        RingPool pool = new RingPool(1024, 1024);
        pool.release(pool.acquire(512, false));
        assertEquals(512, pool.spareBytes());
        Ring ring = pool.acquire(256, false);
        assertEquals(512, pool.spareBytes(), "there is room for both");
        Ring other = pool.acquire(512, false);
        assertEquals(0, pool.spareBytes(), "reused");
        pool.release(other);
        Ring third = pool.acquire(128, false);
        Ring fourth = pool.acquire(256, true);
        assertEquals(0, pool.spareBytes(), "freed: 512 spare and 640 in use are too much");
        for (Ring used : new Ring[] {ring, third, fourth}) {
            pool.release(used);
        }
        pool.close();
    }

    @Test
    void whatNobodyNeededSinceTheLastTrimIsFreed() {
        RingPool pool = new RingPool(1 << 20);
        Ring[] rings = new Ring[8];
        for (int i = 0; i < rings.length; i++) {
            rings[i] = pool.acquire(64, false);
        }
        for (Ring ring : rings) {
            pool.release(ring);
        }
        pool.trim();
        assertEquals(512, pool.spareBytes(), "it was needed a moment ago");
        for (int i = 0; i < 3; i++) { // a burst that needs three of them
            rings[i] = pool.acquire(64, false);
        }
        for (int i = 0; i < 3; i++) {
            pool.release(rings[i]);
        }
        pool.trim();
        assertEquals(192, pool.spareBytes());
        pool.trim();
        assertEquals(0, pool.spareBytes());
    }
}
