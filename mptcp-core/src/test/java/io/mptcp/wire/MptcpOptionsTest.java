package io.mptcp.wire;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which options are taken, and which are as good as absent. */
class MptcpOptionsTest {
    private static final int SYN = TcpSegment.SYN;
    private static final int SYN_ACK = TcpSegment.SYN | TcpSegment.ACK;
    private static final int ACK = TcpSegment.ACK;
    private static final int RST = TcpSegment.RST;
    private static final int MAX_OPTION = 40;

    /** An option with the given length, all of whose bytes behind the second come from {@code third}, {@code fourth} and zeros. */
    private static byte[] option(int length, int third, int fourth) {
        byte[] option = new byte[length];
        option[0] = MptcpOptions.KIND;
        option[1] = (byte) length;
        option[2] = (byte) third;
        if (length > 3) {
            option[3] = (byte) fourth;
        }
        return option;
    }

    private static boolean taken(int flags, int payloadLength, byte[] option) {
        return Segments.parse(flags, payloadLength, option).mptcp.present != 0;
    }

    @Test
    void mpCapableIsTakenOnlyInTheFormOfItsSegment() {
        for (int length = 3; length <= MAX_OPTION; length++) {
            byte[] option = option(length, 0x01, 0x01);
            for (int payloadLength : new int[] {0, 1, 1460}) {
                assertEquals(length == 4, taken(SYN, payloadLength, option), "SYN " + length);
                assertEquals(length == 12, taken(SYN_ACK, payloadLength, option), "SYN/ACK " + length);
                boolean form = payloadLength == 0 ? length == 20 : length == 22 || length == 24;
                assertEquals(form, taken(ACK, payloadLength, option), "ACK " + length + " payload " + payloadLength);
                assertFalse(taken(RST, payloadLength, option), "RST " + length);
                assertFalse(taken(RST | ACK, payloadLength, option), "RST/ACK " + length);
            }
        }
    }

    @Test
    void mpJoinIsTakenOnlyInTheFormOfItsSegment() {
        for (int length = 3; length <= MAX_OPTION; length++) {
            byte[] option = option(length, 0x10, 0x01);
            assertEquals(length == 12, taken(SYN, 0, option), "SYN " + length);
            assertEquals(length == 16, taken(SYN_ACK, 0, option), "SYN/ACK " + length);
            assertEquals(length == 24, taken(ACK, 0, option), "ACK " + length);
            assertFalse(taken(RST | ACK, 0, option), "RST " + length);
        }
    }

    @Test
    void dssLengthFollowsFromItsFlagsButForTheChecksum() {
        for (int flags = 0; flags < 32; flags++) {
            boolean hasAck = (flags & 1) != 0;
            boolean ack8 = (flags & 2) != 0;
            boolean hasMapping = (flags & 4) != 0;
            boolean dsn8 = (flags & 8) != 0;
            int expected = 4 + (hasAck ? ack8 ? 8 : 4 : 0) + (hasMapping ? dsn8 ? 14 : 10 : 0);
            for (int length = 3; length <= MAX_OPTION; length++) {
                boolean fits = length == expected || hasMapping && length == expected + 2;
                MptcpOptions options = Segments.parse(ACK, 1, option(length, 0x20, flags)).mptcp;
                assertEquals(fits, options.has(MptcpOptions.DSS), "flags " + flags + " length " + length);
                if (fits) {
                    assertEquals(hasAck, options.hasDataAck);
                    assertEquals(hasMapping, options.hasMapping);
                    assertEquals(hasMapping && length == expected + 2, options.hasChecksum);
                }
            }
        }
    }

    @Test
    void dataFinWithoutMappingIsIgnored() {
        MptcpOptions options = Segments.parse(ACK, 0, "1e0820118e087c8f").mptcp;
        assertTrue(options.hasDataAck);
        assertFalse(options.dataFin);
        assertTrue(Segments.parse(ACK, 0, "1e14201cf5a101d3d29d6f80000000000001c66b").mptcp.dataFin);
    }

    @Test
    void addAddrFamilyAndPortFollowFromEchoBitAndLength() {
        Set<Integer> original = Set.of(16, 18, 28, 30);
        Set<Integer> echo = Set.of(8, 10, 20, 22);
        for (int length = 3; length <= MAX_OPTION; length++) {
            assertEquals(original.contains(length), taken(ACK, 0, option(length, 0x30, 1)), "original " + length);
            assertEquals(echo.contains(length), taken(ACK, 0, option(length, 0x31, 1)), "echo " + length);
        }
    }

    @Test
    void addAddrOfAMappedAddressIsNoIpv6Address() {
        assertFalse(taken(ACK, 0, Segments.hex("1e14 3103 00000000000000000000ffff c000020a")));
    }

    @Test
    void otherOptionsHaveOneLength() {
        for (int length = 3; length <= MAX_OPTION; length++) {
            assertEquals(length >= 4 && length <= 11, taken(ACK, 0, option(length, 0x40, 1)), "REMOVE_ADDR " + length);
            assertEquals(length == 3, taken(ACK, 0, option(length, 0x50, 1)), "MP_PRIO " + length);
            assertEquals(length == 12, taken(ACK, 0, option(length, 0x60, 0)), "MP_FAIL " + length);
            assertEquals(length == 12, taken(ACK, 0, option(length, 0x70, 0)), "MP_FASTCLOSE " + length);
            assertEquals(length == 4, taken(RST, 0, option(length, 0x80, 0)), "MP_TCPRST " + length);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {TcpSegment.SYN, TcpSegment.SYN | TcpSegment.ACK, TcpSegment.ACK, TcpSegment.FIN | TcpSegment.ACK})
    void resetReasonIsTakenOnlyOnAReset(int flags) {
        byte[] option = option(4, 0x81, 6);
        assertFalse(taken(flags, 0, option));
        assertTrue(taken(RST, 0, option));
        assertTrue(taken(RST | ACK, 0, option));
    }

    @ParameterizedTest
    @ValueSource(strings = {"1e0820018e087c8f", "1e083102c000020a", "1e044002", "1e0351", "1e0c6000f5a101d3d29d6f73",
        "1e0c70001112131415161718"})
    void signalsOfAnEstablishedSubflowAreNotTakenOnASyn(String option) {
        assertFalse(taken(SYN, 0, Segments.hex(option)));
        assertFalse(taken(SYN_ACK, 0, Segments.hex(option)));
        assertTrue(taken(ACK, 0, Segments.hex(option)));
    }

    @ParameterizedTest(name = "{0} with reserved bits {1}")
    @CsvSource({
        "1e0c1102ccad45aca1a2a3a4, 1e0c1f02ccad45aca1a2a3a4, 2",
        "1e101000864b40428762fd06b1b2b3b4, 1e101e00864b40428762fd06b1b2b3b4, 18",
        "1e18100053037f2899475529844115fd07e665d23d3554fb, 1e181fff53037f2899475529844115fd07e665d23d3554fb, 16",
        "1e0820018e087c8f, 1e082fe18e087c8f, 16",
        "1e12200cf5a101d3d29d6f7300000001000d, 1e122fecf5a101d3d29d6f7300000001000d, 16",
        "1e083102c000020a, 1e083f02c000020a, 16",
        "1e103002c000020ab4f807b46d263ed8, 1e103e02c000020ab4f807b46d263ed8, 16",
        "1e044002, 1e044f02, 16",
        "1e0351, 1e035f, 16",
        "1e0350, 1e035e, 16",
        "1e0c6000f5a101d3d29d6f73, 1e0c6ffff5a101d3d29d6f73, 16",
        "1e0c70001112131415161718, 1e0c7fff1112131415161718, 16",
        "1e048006, 1e048e06, 4",
        "1e048106, 1e048f06, 4",
    })
    void reservedBitsAreIgnored(String plain, String reserved, int flags) {
        var expected = MptcpOption.of(Segments.parse(flags, 0, plain).mptcp);
        assertEquals(1, expected.size());
        assertEquals(expected, MptcpOption.of(Segments.parse(flags, 0, reserved).mptcp));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 0x41, 0x81, 0x02, 0x1f, 0xff})
    void versionAndFlagsAreReportedAndNotJudged(int flags) {
        for (int version = 0; version < 16; version++) {
            MptcpOptions options = Segments.parse(SYN, 0, option(4, version, flags)).mptcp;
            assertTrue(options.has(MptcpOptions.MP_CAPABLE));
            assertEquals(version, options.version);
            assertEquals(flags, options.mpCapableFlags);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"1e05200000", "1e0a20018e087c8f0000", "1e0460 00", "1e0450 01", "1e0d70001112131415161718 00", "1e0340"})
    void optionsBehindAMalformedOneAreStillTaken(String malformed) {
        MptcpOptions options = Segments.parse(ACK, 0, malformed + "1e083102c000020a").mptcp;
        assertEquals(MptcpOptions.ADD_ADDR, options.present);
    }

    @Test
    void theLastOfTwoWithOneSubtypeWins() {
        MptcpOptions options = Segments.parse(ACK, 1, "1e1c200f535beea38e087c8ff5a101d3d29d6f7300000001000dcd7b 1e0820018e087c8f").mptcp;
        assertAll(
                () -> assertTrue(options.hasDataAck),
                () -> assertFalse(options.dataAck8),
                () -> assertEquals(0x8e087c8fL, options.dataAck),
                () -> assertFalse(options.hasMapping));
        assertEquals(2, Segments.parse(ACK, 0, "1e044001 1e044002").mptcp.removeAddrIds[0]);
    }

    @Test
    void aMalformedSecondOneDoesNotUndoTheFirst() {
        MptcpOptions options = Segments.parse(ACK, 0, "1e0351 1e045000").mptcp;
        assertTrue(options.has(MptcpOptions.MP_PRIO));
        assertTrue(options.prioBackup);
    }

    @ParameterizedTest
    @ValueSource(strings = {"1e040101 1e0c1102ccad45aca1a2a3a4", "1e0c1102ccad45aca1a2a3a4 1e040101"})
    void openingAndJoiningAtOnceIsNeither(String options) {
        assertEquals(0, Segments.parse(SYN, 0, options).mptcp.present);
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "1e16010101020304050607081112131415161718000d 1e0e2014d29d6f73000000010007",
        "1e0e2014d29d6f73000000010007 1e16010101020304050607081112131415161718000d",
    })
    void theMappingOfMpCapableStandsBesideAnother(String bytes) {
        MptcpOptions options = Segments.parse(ACK, 13, bytes).mptcp;
        assertAll(
                () -> assertTrue(options.hasMpCapableMapping()),
                () -> assertEquals(13, options.dataLevelLength),
                () -> assertFalse(options.hasMapping),
                () -> assertFalse(options.dataFin),
                () -> assertFalse(options.hasChecksum));
    }

    @Test
    void aDataAckIsTakenBesideTheThirdAckOfEitherHandshake() {
        MptcpOptions capable = Segments.parse(ACK, 0, "1e14010101020304050607081112131415161718 1e0820018e087c8f").mptcp;
        assertTrue(capable.has(MptcpOptions.MP_CAPABLE) && capable.has(MptcpOptions.DSS) && capable.hasDataAck);
        MptcpOptions join = Segments.parse(ACK, 0, "1e0c2003535beea38e087c8f 1e18100053037f2899475529844115fd07e665d23d3554fb").mptcp;
        assertEquals(MptcpOptions.MP_JOIN | MptcpOptions.DSS, join.present);
    }

    @Test
    void resetOptionsAreTakenInAnyOrder() {
        int all = MptcpOptions.MP_FASTCLOSE | MptcpOptions.MP_TCPRST;
        assertEquals(all, Segments.parse(RST | ACK, 0, "1e0c70001112131415161718 1e048106").mptcp.present);
        assertEquals(all, Segments.parse(RST | ACK, 0, "1e048106 1e0c70001112131415161718").mptcp.present);
    }

    @Test
    void thirtyTwoBitNumbersAreNotSignExtended() {
        MptcpOptions options = Segments.parse(ACK, 1, "1e122005ffffffffd29d6f7300000001000d").mptcp;
        assertEquals(0xffffffffL, options.dataAck);
        assertEquals(0xd29d6f73L, options.dsn);
    }
}
