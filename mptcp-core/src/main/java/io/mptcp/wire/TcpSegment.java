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

    private static final int SOURCE_PORT = 0;
    private static final int DESTINATION_PORT = 2;
    private static final int SEQUENCE_NUMBER = 4;
    private static final int ACKNOWLEDGMENT_NUMBER = 8;
    private static final int DATA_OFFSET = 12;
    private static final int FLAGS = 13;
    private static final int WINDOW = 14;
    static final int CHECKSUM = 16;
    private static final int URGENT_POINTER = 18;

    private TcpSegment() {
    }

    /** Whether {@code length} bytes at {@code offset} hold a whole TCP header (20 bytes or more, data offset within length). */
    public static boolean validate(MemorySegment buffer, long offset, int length) {
        if (length < MIN_HEADER_LENGTH || offset < 0 || offset > buffer.byteSize() - length) {
            return false;
        }
        int headerLength = headerLength(buffer, offset);
        return headerLength >= MIN_HEADER_LENGTH && headerLength <= length;
    }

    public static int sourcePort(MemorySegment buffer, long offset) {
        return Bytes.get16(buffer, offset + SOURCE_PORT);
    }

    public static int destinationPort(MemorySegment buffer, long offset) {
        return Bytes.get16(buffer, offset + DESTINATION_PORT);
    }

    public static int sequenceNumber(MemorySegment buffer, long offset) {
        return Bytes.get32(buffer, offset + SEQUENCE_NUMBER);
    }

    public static int acknowledgmentNumber(MemorySegment buffer, long offset) {
        return Bytes.get32(buffer, offset + ACKNOWLEDGMENT_NUMBER);
    }

    /** Header length in bytes, options included: 20..60. */
    public static int headerLength(MemorySegment buffer, long offset) {
        // The data offset counts 32-bit words in the upper nibble; the reserved bits below it are ignored.
        return Bytes.get8(buffer, offset + DATA_OFFSET) >> 4 << 2;
    }

    /** The eight flag bits CWR..FIN. */
    public static int flags(MemorySegment buffer, long offset) {
        return Bytes.get8(buffer, offset + FLAGS);
    }

    /** The 16-bit window field, unscaled. */
    public static int window(MemorySegment buffer, long offset) {
        return Bytes.get16(buffer, offset + WINDOW);
    }

    public static int checksum(MemorySegment buffer, long offset) {
        return Bytes.get16(buffer, offset + CHECKSUM);
    }

    public static int urgentPointer(MemorySegment buffer, long offset) {
        return Bytes.get16(buffer, offset + URGENT_POINTER);
    }

    /**
     * Writes the 20 fixed bytes; checksum, urgent pointer and reserved bits 0.
     *
     * @param headerLength options included, a multiple of 4
     */
    public static void encode(MemorySegment buffer, long offset, int sourcePort, int destinationPort, int sequenceNumber,
                              int acknowledgmentNumber, int headerLength, int flags, int window) {
        assert headerLength >= MIN_HEADER_LENGTH && headerLength <= MAX_HEADER_LENGTH && (headerLength & 3) == 0 : headerLength;
        Bytes.put16(buffer, offset + SOURCE_PORT, sourcePort);
        Bytes.put16(buffer, offset + DESTINATION_PORT, destinationPort);
        Bytes.put32(buffer, offset + SEQUENCE_NUMBER, sequenceNumber);
        Bytes.put32(buffer, offset + ACKNOWLEDGMENT_NUMBER, acknowledgmentNumber);
        Bytes.put8(buffer, offset + DATA_OFFSET, headerLength >> 2 << 4);
        Bytes.put8(buffer, offset + FLAGS, flags);
        Bytes.put16(buffer, offset + WINDOW, window);
        Bytes.put32(buffer, offset + CHECKSUM, 0);
    }

    /** Sets URG and the pointer to the octet behind the urgent data, counted from the sequence number of the segment. */
    public static void setUrgent(MemorySegment buffer, long offset, int urgentPointer) {
        Bytes.put8(buffer, offset + FLAGS, flags(buffer, offset) | URG);
        Bytes.put16(buffer, offset + URGENT_POINTER, urgentPointer);
    }

    public static void setChecksum(MemorySegment buffer, long offset, int checksum) {
        Bytes.put16(buffer, offset + CHECKSUM, checksum);
    }
}
