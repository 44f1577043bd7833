package io.mptcp.wire;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OptionWriterTest {
    private static final int[] EDGES = {10, 20, 30, 40};
    private static final int[] ENDS = {15, 25, 35, 45};
    private static final long KEY = 0x0102030405060708L;
    private static final int BEGIN = 3;

    /** Only the 40 bytes behind an odd offset exist, so that a write outside fails. */
    private final MemorySegment buffer = MemorySegment.ofArray(new byte[BEGIN + OptionWriter.MAX_LENGTH]);
    private final OptionWriter writer = new OptionWriter();

    @BeforeEach
    void begin() {
        buffer.fill((byte) 0xee);
        writer.begin(buffer, BEGIN);
    }

    private String written() {
        return Segments.hex(buffer.asSlice(BEGIN, writer.finish()).toArray(ValueLayout.JAVA_BYTE));
    }

    @ParameterizedTest(name = "mss {0}, sack {1}, timestamps {2}, scale {3}")
    @CsvSource({
        "1460, true, true, 7, 020405b40402080a112233440000000001030307",
        "1460, true, false, 7, 020405b40101040201030307",
        "1460, false, true, 7, 020405b40101080a112233440000000001030307",
        "1460, true, true, -1, 020405b40402080a1122334400000000",
        "1460, false, false, -1, 020405b4",
        "-1, false, false, 0, 01030300",
        "-1, false, false, -1, ''",
    })
    void synOptionsStandInTheOrderOfLinux(int mss, boolean sackPermitted, boolean timestamps, int windowScale, String expected) {
        assertTrue(writer.syn(mss, sackPermitted, timestamps, 0x11223344, 0, windowScale));
        assertEquals(expected, written());
    }

    @Test
    void aFullSynLeavesTwentyBytes() {
        assertTrue(writer.syn(1460, true, true, 1, 0, 7));
        assertEquals(20, writer.remaining());
        assertFalse(writer.mpCapableData(1, 1, KEY, KEY, 1, -1));
        assertTrue(writer.mpCapableAck(1, 1, KEY, KEY), "the twenty are all usable");
        assertEquals(0, writer.remaining());
    }

    @Test
    void everyHandshakeOptionFitsBesideAFullSyn() {
        List<Predicate<OptionWriter>> options = List.of(
                w -> w.mpCapableSyn(1, 1),
                w -> w.mpCapableSynAck(1, 1, KEY),
                w -> w.mpJoinSyn(true, 1, 2, 3),
                w -> w.mpJoinSynAck(true, 1, 2, 3));
        for (Predicate<OptionWriter> option : options) {
            begin();
            assertTrue(writer.syn(1460, true, true, 1, 0, 7));
            assertTrue(option.test(writer));
        }
    }

    @Test
    void aFullDssAndTimestampsFillTheHeaderExactly() {
        assertTrue(writer.timestamps(1, 2));
        assertEquals(28, writer.remaining());
        assertTrue(writer.dssMapping(true, true, 1, true, 2, 3, 4, false, 5));
        assertEquals(0, writer.remaining());
        assertEquals(0, writer.sack(EDGES, ENDS, 1, 0));
        assertEquals(40, writer.finish());
    }

    @Test
    void sackNeverTakesTheRoomOfAFullDss() {
        for (int count = 1; count <= 4; count++) {
            begin();
            assertTrue(writer.timestamps(1, 2));
            assertEquals(0, writer.sack(EDGES, ENDS, count, 28));
            assertTrue(writer.dssMapping(true, true, 1, true, 2, 3, 4, false, 5));
        }
    }

    @ParameterizedTest(name = "timestamps {0}, 64-bit ack {1}: {2} blocks")
    @CsvSource({"true, false, 2", "true, true, 1", "false, false, 3", "false, true, 3"})
    void sackBlocksThatFitBesideADataAck(boolean timestamps, boolean dataAck8, int expected) {
        if (timestamps) {
            assertTrue(writer.timestamps(1, 2));
        }
        int dssLength = dataAck8 ? 12 : 8;
        assertEquals(expected, writer.sack(EDGES, ENDS, 4, dssLength));
        assertTrue(writer.dssAck(dataAck8, 7));
        TcpOptions parsed = Segments.parse(TcpSegment.ACK, 0, written());
        assertAll(
                () -> assertEquals(timestamps, parsed.hasTimestamps),
                () -> assertEquals(expected, parsed.sackCount),
                () -> assertEquals(EDGES[expected - 1], parsed.sackLeft[expected - 1]),
                () -> assertEquals(ENDS[expected - 1], parsed.sackRight[expected - 1]),
                () -> assertEquals(7, parsed.mptcp.dataAck));
    }

    @Test
    void sackAloneHasRoomForFourBlocksAndWritesNoMoreThanThereAre() {
        assertEquals(4, writer.sack(EDGES, ENDS, 4, 0));
        begin();
        assertEquals(1, writer.sack(EDGES, ENDS, 1, 0));
        assertEquals("0101050a0000000a0000000f", written());
        begin();
        assertEquals(0, writer.sack(EDGES, ENDS, 0, 0));
        assertEquals("", written());
    }

    @Test
    void paddingBehindAnUnalignedOptionIsNop() {
        assertTrue(writer.mpPrio(true));
        assertEquals("1e035101", written());
        begin();
        assertTrue(writer.removeAddr(new int[] {1, 2}, 2));
        assertEquals("1e0540010201 0101".replace(" ", ""), written());
    }

    @Test
    void whatDoesNotFitLeavesNoByteBehind() {
        assertTrue(writer.timestamps(1, 2));
        assertTrue(writer.dssAck(true, 3));
        int remaining = writer.remaining();
        byte[] before = buffer.toArray(ValueLayout.JAVA_BYTE);
        assertFalse(writer.addAddr(1, 0x20010db800000000L, 10, 443, KEY));
        assertFalse(writer.syn(1460, true, true, 1, 2, 7));
        assertEquals(remaining, writer.remaining());
        assertTrue(Arrays.equals(before, buffer.toArray(ValueLayout.JAVA_BYTE)));
    }

    @Test
    void anIpv6AddressWithPortFitsOnlyWithoutTimestamps() {
        assertTrue(writer.timestamps(1, 2));
        assertFalse(writer.addAddr(3, 0x20010db800000000L, 10, 443, KEY));
        assertTrue(writer.addAddr(3, 0x20010db800000000L, 10, 0, KEY));
        begin();
        assertTrue(writer.addAddr(3, 0x20010db800000000L, 10, 443, KEY));
    }

    @Test
    void openingJoiningAndMappingExcludeEachOther() {
        assertTrue(writer.mpCapableSyn(1, 1));
        assertFalse(writer.mpJoinSyn(false, 1, 2, 3));
        assertFalse(writer.dssAck(false, 1));
        assertFalse(writer.addAddrEcho(1, 0, IpAddress.mapped(1), 0));
        begin();
        assertTrue(writer.dssAck(false, 1));
        assertFalse(writer.mpCapableSyn(1, 1));
        assertFalse(writer.mpJoinSyn(false, 1, 2, 3));
    }

    @Test
    void aSubtypeIsWrittenOnce() {
        assertTrue(writer.removeAddr(new int[] {1}, 1));
        assertFalse(writer.removeAddr(new int[] {2}, 1));
        assertTrue(writer.mpPrio(true));
        assertFalse(writer.mpPrio(false));
    }

    @Test
    void onAResetTheReasonFollowsFastcloseOrFail() {
        assertTrue(writer.mpFastclose(KEY));
        assertTrue(writer.mpTcpRst(1, false));
        assertFalse(writer.dssAck(false, 1));
        assertEquals("1e0c70000102030405060708" + "1e048001", written());
        begin();
        assertTrue(writer.mpFail(KEY));
        assertTrue(writer.mpTcpRst(6, true));
        assertEquals("1e0c60000102030405060708" + "1e048106", written());
    }

    @Test
    void dssCarriesFailureRemovalAndPriority() {
        assertTrue(writer.dssAck(false, 1));
        assertTrue(writer.mpFail(2));
        begin();
        assertTrue(writer.dssAck(false, 1));
        assertTrue(writer.removeAddr(new int[] {1}, 1));
        assertTrue(writer.mpPrio(true));
        assertTrue(writer.addAddrEcho(1, 0, IpAddress.mapped(1), 0));
    }

    @Test
    void coexistenceIsSymmetric() {
        for (int a = 0; a <= MptcpOptions.SUBTYPE_MP_TCPRST; a++) {
            assertFalse(Coexistence.mayJoin(a, 1 << a));
            for (int b = 0; b <= MptcpOptions.SUBTYPE_MP_TCPRST; b++) {
                assertEquals(Coexistence.mayJoin(a, 1 << b), Coexistence.mayJoin(b, 1 << a), a + " beside " + b);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 9})
    void removeAddrListsOneToEightIds(int count) {
        assertThrows(IllegalArgumentException.class, () -> writer.removeAddr(new int[16], count));
    }

    @Test
    void aJoinAckNeedsTwentyBytesOfHmac() {
        assertThrows(IllegalArgumentException.class, () -> writer.mpJoinAck(new byte[19]));
        assertTrue(writer.mpJoinAck(new byte[32]));
        assertEquals(16, writer.remaining());
    }

    @Test
    void optionsThatCannotStandTogetherAreRefusedByName() {
        List<MptcpOption> options = List.of(new MptcpOption.MpCapableSyn(1, 1), new MptcpOption.MpPrio(true));
        var failure = assertThrows(IllegalArgumentException.class, () -> MptcpOption.encode(options));
        assertTrue(failure.getMessage().contains("MP_PRIO backup"), failure.getMessage());
    }
}
