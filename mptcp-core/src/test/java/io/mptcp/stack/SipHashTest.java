package io.mptcp.stack;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.wire.IpAddress;
import io.mptcp.wire.PacketSlot;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/** The keyed hash behind Fast Open cookies, and that cookies are those of other servers with the same key. */
class SipHashTest {
    private static final long[] KEY = {0x0706050403020100L, 0x0f0e0d0c0b0a0908L};
    private static final long[] LINUX_KEY = {0xb2b2b2b2_a1a1a1a1L, 0xd4d4d4d4_c3c3c3c3L};

    @Test
    void hashesAsItsAuthorsPublished() {
        SipHash hash = new SipHash(KEY[0], KEY[1]);
        assertEquals(0x726fdb47dd0e0e31L, hash.begin().finish());
        assertEquals(0x93f5f5799a932462L, hash.begin().word(0x0706050403020100L).finish());
        assertEquals(0x3f2acc7f57c29bdbL, hash.begin().word(0x0706050403020100L).word(0x0f0e0d0c0b0a0908L).finish());
    }

    private static PacketSlot segment(String from, String to) {
        PacketSlot slot = new PacketSlot();
        IpAddress source = IpAddress.parse(from);
        IpAddress destination = IpAddress.parse(to);
        slot.sourceHi = source.hi();
        slot.sourceLo = source.lo();
        slot.destinationHi = destination.hi();
        slot.destinationLo = destination.lo();
        return slot;
    }

    /** Keys and cookies as packetdrill's suites expect them of Linux. */
    @Test
    void cookiesAreThoseOfLinuxWithTheSameKey() {
        FastOpenCookies cookies = new FastOpenCookies(() -> 1);
        cookies.setKeys(LINUX_KEY, null);
        assertArrayEquals(HexFormat.of().parseHex("3021b9d889017eeb"), cookies.cookie(0, segment("192.0.2.1", "192.168.0.1")));
        assertArrayEquals(HexFormat.of().parseHex("c1d1e9742a47a9bc"), cookies.cookie(0, segment("fd3d:fa7b:d17d::1", "fd3d:0a0b:17d6::1")));
    }

    @Test
    void theKeyBeforeIsStillTaken() {
        FastOpenCookies cookies = new FastOpenCookies(() -> 1);
        PacketSlot in = segment("192.0.2.1", "192.168.0.1");
        cookies.setKeys(KEY, LINUX_KEY);
        byte[] old = HexFormat.of().parseHex("3021b9d889017eeb");
        assertFalse(cookies.isCurrent(0, in, old, 8));
        assertTrue(cookies.isPrevious(0, in, old, 8));
    }
}
