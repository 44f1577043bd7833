package io.mptcp.wire;

import java.lang.foreign.MemorySegment;

/** RFC 9293 section 3.1: accessors on (memory, offset of the TCP header). Call {@link #validate} once, then everything else is total. */
public final class TcpSegment {
    public static final int FIN = 0x01;
    public static final int SYN = 0x02;
    public static final int RST = 0x04;
    public static final int PSH = 0x08;
    public static final int ACK = 0x10;
    public static final int URG = 0x20;
    public static final int ECE = 0x40;
    public static final int CWR = 0x80;
    public static final int MIN_HEADER_LENGTH = 20;
    public static final int MAX_HEADER_LENGTH = 60;

    private TcpSegment() {
    }

    /** Whether {@code length} bytes at {@code offset} hold a whole TCP header (20 bytes or more, data offset within length). */
    public static boolean validate(MemorySegment buffer, long offset, int length) {
        throw new UnsupportedOperationException();
    }

    public static int sourcePort(MemorySegment buffer, long offset) {
        throw new UnsupportedOperationException();
    }

    public static int destinationPort(MemorySegment buffer, long offset) {
        throw new UnsupportedOperationException();
    }

    public static int sequenceNumber(MemorySegment buffer, long offset) {
        throw new UnsupportedOperationException();
    }

    public static int acknowledgmentNumber(MemorySegment buffer, long offset) {
        throw new UnsupportedOperationException();
    }

    /** Header length in bytes, options included: 20..60. */
    public static int headerLength(MemorySegment buffer, long offset) {
        throw new UnsupportedOperationException();
    }

    /** The eight flag bits CWR..FIN. */
    public static int flags(MemorySegment buffer, long offset) {
        throw new UnsupportedOperationException();
    }

    /** The 16-bit window field, unscaled. */
    public static int window(MemorySegment buffer, long offset) {
        throw new UnsupportedOperationException();
    }

    public static int checksum(MemorySegment buffer, long offset) {
        throw new UnsupportedOperationException();
    }

    public static int urgentPointer(MemorySegment buffer, long offset) {
        throw new UnsupportedOperationException();
    }

    /** Writes the 20 fixed bytes; checksum and urgent pointer 0, reserved bits 0. {@code headerLength} includes options, a multiple of 4. */
    public static void encode(MemorySegment buffer, long offset, int sourcePort, int destinationPort, int sequenceNumber,
                              int acknowledgmentNumber, int headerLength, int flags, int window) {
        throw new UnsupportedOperationException();
    }

    public static void setChecksum(MemorySegment buffer, long offset, int checksum) {
        throw new UnsupportedOperationException();
    }
}
