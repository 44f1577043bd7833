package io.mptcp.netty;

import io.netty.util.concurrent.Ticker;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;

/**
 * Writes IP packets of one or more interfaces into a pcapng file (draft-ietf-opsawg-pcapng), link type RAW (packets start with the IP
 * header), nanosecond timestamps, direction in {@code epb_flags}. Buffered; {@link #close} or {@link #flush} completes the file. May be
 * shared by links of several event loops.
 */
public final class PcapWriter implements AutoCloseable {
    static final int SECTION_HEADER_BLOCK = 0x0a0d0d0a;
    static final int INTERFACE_DESCRIPTION_BLOCK = 1;
    static final int ENHANCED_PACKET_BLOCK = 6;
    static final int BYTE_ORDER_MAGIC = 0x1a2b3c4d;
    static final int LINKTYPE_RAW = 101;
    static final int OPTION_IF_NAME = 2;
    static final int OPTION_IF_TSRESOL = 9;
    static final int OPTION_SHB_USERAPPL = 4;
    static final int OPTION_EPB_FLAGS = 2;
    static final int DIRECTION_INBOUND = 1;
    static final int DIRECTION_OUTBOUND = 2;

    private static final int END_OF_OPTIONS = 0;
    private static final int NANOSECONDS = 9;
    private static final int BLOCK_OVERHEAD_BYTES = 12;
    private static final int MAX_BLOCK_BYTES = 0xffff + 256;
    private static final int BUFFER_BYTES = 1 << 18;
    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    private final WritableByteChannel channel;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES).order(ByteOrder.nativeOrder());
    private final MemorySegment bufferSegment = MemorySegment.ofBuffer(buffer);
    /** Add to the clock of the event loops for nanoseconds since 1970. */
    private final long epochOffsetNanos;
    private int interfaceCount;
    private boolean closed;

    private PcapWriter(WritableByteChannel channel, long epochOffsetNanos) {
        this.channel = channel;
        this.epochOffsetNanos = epochOffsetNanos;
        writeSectionHeader();
    }

    /**
     * Creates or truncates the file.
     *
     * @throws IOException if it cannot be written; the message is fit to be shown
     */
    public static PcapWriter open(Path file) throws IOException {
        FileChannel channel;
        try {
            channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING);
        } catch (IOException e) {
            throw new IOException("cannot write the capture file " + file + ": " + reason(e), e);
        }
        return to(channel, Ticker.systemTicker(), Instant.now());
    }

    /** Writes to a channel, in pieces that end where a block ends; it is closed with the writer. */
    public static PcapWriter to(WritableByteChannel channel) {
        return to(channel, Ticker.systemTicker(), Instant.now());
    }

    /** Writes to a channel; {@code clock} shows {@code now} at this moment and times the packets. */
    static PcapWriter to(WritableByteChannel channel, Ticker clock, Instant now) {
        return new PcapWriter(channel, now.getEpochSecond() * NANOS_PER_SECOND + now.getNano() - clock.nanoTime());
    }

    private static String reason(IOException e) {
        return switch (e) {
            case java.nio.file.NoSuchFileException missing -> "no such directory";
            case java.nio.file.AccessDeniedException denied -> "permission denied";
            default -> e.getMessage();
        };
    }

    /** Declares an interface. @return its number for {@link #write} */
    synchronized int addInterface(String name) {
        byte[] text = name.getBytes(StandardCharsets.UTF_8);
        int length = BLOCK_OVERHEAD_BYTES + 8 + optionBytes(text.length) + optionBytes(1) + 4;
        beginBlock(INTERFACE_DESCRIPTION_BLOCK, length);
        buffer.putShort((short) LINKTYPE_RAW).putShort((short) 0).putInt(0);
        putOption(OPTION_IF_NAME, text);
        putOption(OPTION_IF_TSRESOL, new byte[] {NANOSECONDS});
        buffer.putShort((short) END_OF_OPTIONS).putShort((short) 0);
        buffer.putInt(length);
        return interfaceCount++;
    }

    /** Records one IP packet. @param nowNanos reading of the event loop's clock */
    synchronized void write(int interfaceId, long nowNanos, int direction, MemorySegment packet, long offset, int packetLength) {
        if (closed) {
            return;
        }
        int padded = padded(packetLength);
        int length = BLOCK_OVERHEAD_BYTES + 20 + padded + optionBytes(4) + 4;
        beginBlock(ENHANCED_PACKET_BLOCK, length);
        long time = epochOffsetNanos + nowNanos;
        buffer.putInt(interfaceId).putInt((int) (time >>> 32)).putInt((int) time).putInt(packetLength).putInt(packetLength);
        MemorySegment.copy(packet, offset, bufferSegment, buffer.position(), packetLength);
        buffer.position(buffer.position() + packetLength);
        putZeros(padded - packetLength);
        buffer.putShort((short) OPTION_EPB_FLAGS).putShort((short) 4).putInt(direction);
        buffer.putShort((short) END_OF_OPTIONS).putShort((short) 0);
        buffer.putInt(length);
    }

    /** Hands everything recorded so far to the file. @throws UncheckedIOException when the file cannot be written */
    public synchronized void flush() {
        buffer.flip();
        try {
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write the capture file: " + e.getMessage(), e);
        } finally {
            buffer.clear();
        }
    }

    /** Completes and closes the file. */
    @Override
    public synchronized void close() throws IOException {
        if (closed) {
            return;
        }
        closed = true;
        try (channel) {
            flush();
        } catch (UncheckedIOException e) {
            throw new IOException(e.getMessage(), e.getCause());
        }
    }

    private void writeSectionHeader() {
        byte[] application = "mptcp".getBytes(StandardCharsets.UTF_8);
        int length = BLOCK_OVERHEAD_BYTES + 16 + optionBytes(application.length) + 4;
        beginBlock(SECTION_HEADER_BLOCK, length);
        buffer.putInt(BYTE_ORDER_MAGIC).putShort((short) 1).putShort((short) 0).putLong(-1); // section length: not specified
        putOption(OPTION_SHB_USERAPPL, application);
        buffer.putShort((short) END_OF_OPTIONS).putShort((short) 0);
        buffer.putInt(length);
    }

    private void beginBlock(int type, int length) {
        if (length > MAX_BLOCK_BYTES) {
            throw new IllegalArgumentException("a block of " + length + " bytes is longer than any IP packet needs");
        }
        if (buffer.remaining() < length) {
            flush();
        }
        buffer.putInt(type).putInt(length);
    }

    private void putOption(int code, byte[] value) {
        buffer.putShort((short) code).putShort((short) value.length).put(value);
        putZeros(padded(value.length) - value.length);
    }

    private void putZeros(int count) {
        for (int i = 0; i < count; i++) {
            buffer.put((byte) 0);
        }
    }

    private static int optionBytes(int valueLength) {
        return 4 + padded(valueLength);
    }

    private static int padded(int length) {
        return (length + 3) & ~3;
    }
}
