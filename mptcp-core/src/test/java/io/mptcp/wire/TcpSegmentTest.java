package io.mptcp.wire;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

class TcpSegmentTest {
    private static final String HEADER = "90c01f90 fa5bdc35 80000001 6012fe30 abcd 0102 01010100";

    @Test
    void readsEveryField() {
        MemorySegment buffer = MemorySegment.ofArray(Segments.hex("ff" + HEADER));
        assertTrue(TcpSegment.validate(buffer, 1, 24));
        assertAll(
                () -> assertEquals(0x90c0, TcpSegment.sourcePort(buffer, 1)),
                () -> assertEquals(0x1f90, TcpSegment.destinationPort(buffer, 1)),
                () -> assertEquals(0xfa5bdc35, TcpSegment.sequenceNumber(buffer, 1)),
                () -> assertEquals(0x80000001, TcpSegment.acknowledgmentNumber(buffer, 1)),
                () -> assertEquals(24, TcpSegment.headerLength(buffer, 1)),
                () -> assertEquals(TcpSegment.SYN | TcpSegment.ACK, TcpSegment.flags(buffer, 1)),
                () -> assertEquals(0xfe30, TcpSegment.window(buffer, 1)),
                () -> assertEquals(0xabcd, TcpSegment.checksum(buffer, 1)),
                () -> assertEquals(0x0102, TcpSegment.urgentPointer(buffer, 1)));
    }

    @Test
    void writesWhatItReadsAndClearsTheRest() {
        MemorySegment buffer = MemorySegment.ofArray(new byte[21]);
        buffer.fill((byte) 0xff);
        TcpSegment.encode(buffer, 1, 0x90c0, 0x1f90, 0xfa5bdc35, 0x80000001, 24, 0xff, 0xfe30);
        assertEquals("ff90c01f90fa5bdc358000000160fffe3000000000", Segments.hex(buffer.toArray(ValueLayout.JAVA_BYTE)));
        TcpSegment.setChecksum(buffer, 1, 0xabcd);
        assertEquals(0xabcd, TcpSegment.checksum(buffer, 1));
        assertEquals(0, TcpSegment.urgentPointer(buffer, 1));
    }

    @Test
    void reservedBitsDoNotCountAsHeaderLength() {
        MemorySegment buffer = MemorySegment.ofArray(Segments.hex(HEADER));
        Bytes.put8(buffer, 12, 0x6f);
        assertTrue(TcpSegment.validate(buffer, 0, 24));
        assertEquals(24, TcpSegment.headerLength(buffer, 0));
        assertEquals(0x12, TcpSegment.flags(buffer, 0));
    }

    @Test
    void validatesTheDataOffsetAgainstTheLength() {
        MemorySegment buffer = MemorySegment.ofArray(new byte[64]);
        for (int words = 0; words <= 15; words++) {
            Bytes.put8(buffer, 12, words << 4);
            for (int length = 0; length <= 64; length++) {
                boolean whole = length >= 20 && words >= 5 && words * 4 <= length;
                assertEquals(whole, TcpSegment.validate(buffer, 0, length), words + " words in " + length);
            }
        }
    }

    @Test
    void aLengthBeyondTheMemoryIsNotValid() {
        MemorySegment buffer = MemorySegment.ofArray(Segments.hex(HEADER));
        assertFalse(TcpSegment.validate(buffer, 0, 25));
        assertFalse(TcpSegment.validate(buffer, 1, 24));
        assertFalse(TcpSegment.validate(buffer, -1, 24));
        assertFalse(TcpSegment.validate(buffer, Long.MAX_VALUE, 24));
        assertFalse(TcpSegment.validate(buffer, 0, -1));
    }
}
