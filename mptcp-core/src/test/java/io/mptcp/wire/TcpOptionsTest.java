package io.mptcp.wire;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TcpOptionsTest {
    private static final int SYN = TcpSegment.SYN;
    private static final int ACK = TcpSegment.ACK;

    @Test
    void readsTheOptionsOfASynAsLinuxSendsIt() {
        TcpOptions options = Segments.parse(SYN, 0, "020405b4 0402 080a 11223344 00000000 01 030307 1e040101");
        assertAll(
                () -> assertEquals(1460, options.mss),
                () -> assertTrue(options.sackPermitted),
                () -> assertTrue(options.hasTimestamps),
                () -> assertEquals(0x11223344, options.tsVal),
                () -> assertEquals(0, options.tsEcr),
                () -> assertEquals(7, options.windowScale),
                () -> assertEquals(MptcpOptions.MP_CAPABLE, options.mptcp.present));
    }

    @Test
    void readsUpToFourSackBlocksInOrder() {
        TcpOptions options = Segments.parse(ACK, 0,
                "0101 0522 00000001 00000002 00000003 00000004 00000005 00000006 fffffffe 00000007");
        assertEquals(4, options.sackCount);
        assertArrayEquals(new int[] {1, 3, 5, -2}, options.sackLeft);
        assertArrayEquals(new int[] {2, 4, 6, 7}, options.sackRight);
    }

    @ParameterizedTest
    @ValueSource(strings = {"0502", "0506 00000001", "050b 00000001 00000002 00", "0511 00000001 00000002 00000003 000000"})
    void ignoresSackWithoutWholeBlocks(String option) {
        TcpOptions options = Segments.parse(ACK, 0, option + "080a 00000001 00000002");
        assertEquals(0, options.sackCount);
        assertTrue(options.hasTimestamps);
    }

    @Test
    void optionsOfTheHandshakeMeanNothingLater() {
        TcpOptions options = Segments.parse(ACK, 0, "020405b4 030307 0402");
        assertAll(
                () -> assertEquals(-1, options.mss),
                () -> assertEquals(-1, options.windowScale),
                () -> assertFalse(options.sackPermitted));
        assertEquals(0, Segments.parse(SYN, 0, "050a 00000001 00000002").sackCount);
    }

    @Test
    void windowScaleAbove14CountsAs14() {
        assertEquals(14, Segments.parse(SYN, 0, "03030f").windowScale);
        assertEquals(14, Segments.parse(SYN, 0, "0303ff").windowScale);
        assertEquals(0, Segments.parse(SYN, 0, "030300").windowScale);
    }

    @Test
    void endOfOptionsHidesWhatFollows() {
        TcpOptions options = Segments.parse(SYN, 0, "030307 00 020405b4");
        assertEquals(7, options.windowScale);
        assertEquals(-1, options.mss);
    }

    @ParameterizedTest
    @ValueSource(strings = {"0200 05b4 01010101", "0201 05b4 01010101", "ff00", "1e00", "1e01", "0209 05b4", "1eff0101", "08"})
    void stopsAtALengthThatLeadsNowhereAndKeepsWhatCameBefore(String bad) {
        TcpOptions options = Segments.parse(SYN, 0, "030305" + bad);
        assertEquals(5, options.windowScale);
        assertEquals(-1, options.mss);
        assertEquals(0, options.mptcp.present);
    }

    @Test
    void aKindInTheLastByteHasNoLengthToRead() {
        TcpOptions options = Segments.parse(SYN, 0, "01010102");
        assertEquals(-1, options.mss);
    }

    @ParameterizedTest
    @ValueSource(strings = {"0203 05 030305", "0205 05b400 030305", "0303 07 0304 0700 030305",
        "0809 00000000000000 030305", "0403 00 030305"})
    void skipsAKnownOptionOfWrongLengthByThatLength(String bytes) {
        TcpOptions options = Segments.parse(SYN, 0, bytes);
        assertAll(
                () -> assertEquals(-1, options.mss),
                () -> assertFalse(options.hasTimestamps),
                () -> assertFalse(options.sackPermitted),
                () -> assertEquals(5, options.windowScale));
    }

    @Test
    void skipsUnknownKindsAtAnyAlignment() {
        TcpOptions options = Segments.parse(SYN, 0, "01 fd03aa 2202 01 020405b4 4104ffff 1e040101");
        assertEquals(1460, options.mss);
        assertTrue(options.mptcp.has(MptcpOptions.MP_CAPABLE));
    }

    @Test
    void nothingOfTheLastSegmentIsLeftOver() {
        TcpOptions options = new TcpOptions();
        options.parse(Segments.header(SYN, Segments.hex("020405b4 0402 080a 11223344 00000000 01 030307 1e040101")), 0, 0);
        options.parse(Segments.header(ACK, Segments.hex("050a0000000100000002")), 0, 0);
        assertAll(
                () -> assertEquals(-1, options.mss),
                () -> assertEquals(-1, options.windowScale),
                () -> assertFalse(options.sackPermitted),
                () -> assertFalse(options.hasTimestamps),
                () -> assertEquals(0, options.mptcp.present));
        options.parse(Segments.header(ACK, new byte[0]), 0, 0);
        assertEquals(0, options.sackCount);
    }

    @Test
    void nothingOfTheLastDssIsLeftOver() {
        TcpOptions options = new TcpOptions();
        options.parse(Segments.header(ACK, Segments.hex("1e1c201f535beea38e087c8ff5a101d3d29d6f7300000001000dcd7b")), 0, 13);
        MptcpOptions mptcp = options.mptcp;
        assertTrue(mptcp.hasDataAck && mptcp.hasMapping && mptcp.dataFin && mptcp.hasChecksum);
        options.parse(Segments.header(ACK, Segments.hex("1e0351")), 0, 0);
        assertFalse(mptcp.hasDataAck || mptcp.hasMapping || mptcp.dataFin || mptcp.hasChecksum);
    }

    @ParameterizedTest
    @ValueSource(ints = {TcpSegment.SYN, TcpSegment.SYN | TcpSegment.ACK, TcpSegment.ACK, TcpSegment.RST | TcpSegment.ACK})
    void unassignedAndPrivateSubtypesHaveNoEffect(int flags) {
        for (int subtype = 0x9; subtype <= 0xf; subtype++) {
            for (int length = 3; length <= 40; length++) {
                byte[] option = new byte[length];
                Arrays.fill(option, (byte) 0xff);
                option[0] = MptcpOptions.KIND;
                option[1] = (byte) length;
                option[2] = (byte) (subtype << 4);
                assertEquals(0, Segments.parse(flags, 0, option).mptcp.present);
            }
        }
    }

    @Test
    void anMptcpOptionWithoutSubtypeIsSkipped() {
        TcpOptions options = Segments.parse(ACK, 0, "1e02 1e0351");
        assertEquals(MptcpOptions.MP_PRIO, options.mptcp.present);
    }
}
