package io.mptcp.cli.dump;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/** Reads the packets of a capture one after the other, in constant memory: pcap and pcapng, either byte order, also compressed by gzip. */
abstract sealed class CaptureReader implements AutoCloseable permits PcapReader, PcapngReader {
    private static final int BUFFER_BYTES = 1 << 18;
    private static final int GZIP_MAGIC = 0x1f8b;

    final InputStream in;
    /** Where the next byte to read stands in the (uncompressed) file. */
    long positionBytes;

    CaptureReader(InputStream in, long positionBytes) {
        this.in = in;
        this.positionBytes = positionBytes;
    }

    /** @throws CaptureException when it is neither pcap nor pcapng */
    static CaptureReader open(Path file) throws IOException {
        if (Files.isDirectory(file)) {
            throw new CaptureException("is a directory");
        }
        InputStream in = new BufferedInputStream(Files.newInputStream(file), BUFFER_BYTES);
        try {
            return of(in);
        } catch (IOException e) {
            in.close();
            throw e;
        }
    }

    static CaptureReader of(InputStream file) throws IOException {
        file.mark(2);
        int first = file.read() << 8 | file.read();
        file.reset();
        InputStream in = file;
        byte[] magic;
        try {
            if (first == GZIP_MAGIC) {
                in = new BufferedInputStream(new GZIPInputStream(file, BUFFER_BYTES), BUFFER_BYTES);
            }
            magic = in.readNBytes(4);
        } catch (ZipException | EOFException e) {
            throw new CaptureException("is damaged: the compressed data ends or is wrong at its beginning");
        }
        if (magic.length == 0) {
            throw new CaptureException("is empty");
        }
        if (magic.length == 4) {
            int value = ByteBuffer.wrap(magic).getInt();
            if (value == PcapngReader.SECTION_HEADER_BLOCK) {
                return new PcapngReader(in);
            }
            for (ByteOrder order : new ByteOrder[] {ByteOrder.BIG_ENDIAN, ByteOrder.LITTLE_ENDIAN}) {
                int inOrder = order == ByteOrder.BIG_ENDIAN ? value : Integer.reverseBytes(value);
                if (inOrder == PcapReader.MAGIC_MICROSECONDS || inOrder == PcapReader.MAGIC_NANOSECONDS) {
                    return new PcapReader(in, order, inOrder == PcapReader.MAGIC_NANOSECONDS);
                }
            }
        }
        throw new CaptureException("is neither a pcap nor a pcapng file");
    }

    /**
     * Reads the next packet.
     *
     * @return false at the end of the file
     * @throws CaptureException when the file is damaged or ends in the middle of a record; what was read before stands
     */
    abstract boolean next(CapturedPacket packet) throws IOException;

    @Override
    public void close() throws IOException {
        in.close();
    }

    /** Fills the buffer up to its limit; its position stays 0. @return false when the file ends exactly here */
    final boolean readOrEnd(ByteBuffer target) throws IOException {
        int read = read(target.array(), target.limit());
        if (read == 0) {
            return false;
        }
        if (read < target.limit()) {
            throw cut();
        }
        return true;
    }

    final void read(ByteBuffer target) throws IOException {
        if (!readOrEnd(target)) {
            throw cut();
        }
    }

    final void readExactly(byte[] target, int length) throws IOException {
        if (read(target, length) < length) {
            throw cut();
        }
    }

    private int read(byte[] target, int length) throws IOException {
        try {
            int read = in.readNBytes(target, 0, length);
            positionBytes += read;
            return read;
        } catch (ZipException | EOFException e) {
            throw new CaptureException("is damaged: the compressed data ends or is wrong behind byte " + positionBytes);
        }
    }

    final void skip(long bytes) throws IOException {
        long left = bytes;
        byte[] chunk = new byte[(int) Math.min(bytes, BUFFER_BYTES)];
        while (left > 0) {
            int step = (int) Math.min(left, chunk.length);
            readExactly(chunk, step);
            left -= step;
        }
    }

    final CaptureException cut() {
        return new CaptureException("ends in the middle of a record, at byte " + positionBytes);
    }

    final CaptureException damaged(String what) {
        return new CaptureException("is damaged at byte " + positionBytes + ": " + what);
    }

    final void checkPacketLength(long length) throws CaptureException {
        if (length < 0 || length > CapturedPacket.MAX_PACKET_BYTES) {
            throw damaged("a packet of " + (length & 0xffff_ffffL) + " bytes");
        }
    }
}
