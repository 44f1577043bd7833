package io.mptcp.cli.testport;

import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** A request: {@code u32 length, u8 op, u8 mayPark, i64 nowMicros}, then the fields of the operation, which are read one after the other. Big endian. */
final class Frame {
    static final int MAX_BYTES = 1 << 20;
    private static final int HEADER_BYTES = 10;

    /** What came is no request. The message is one line. */
    static final class Malformed extends Exception {
        private static final long serialVersionUID = 1;

        Malformed(String message) {
            super(message);
        }
    }

    final int op;
    final boolean mayPark;
    final long nowMicros;
    private final ByteBuffer fields;

    private Frame(int op, boolean mayPark, long nowMicros, ByteBuffer fields) {
        this.op = op;
        this.mayPark = mayPark;
        this.nowMicros = nowMicros;
        this.fields = fields;
    }

    /** @return null at the end of the stream. What is malformed has been read to its end: the next frame can follow */
    static Frame read(DataInputStream in) throws IOException, Malformed {
        int length;
        try {
            length = in.readInt();
        } catch (EOFException _) {
            return null;
        }
        if (length < HEADER_BYTES || length > MAX_BYTES) {
            in.skipNBytes(length & 0xffff_ffffL);
            throw new Malformed("a frame has " + HEADER_BYTES + " to " + MAX_BYTES + " bytes, not " + (length & 0xffff_ffffL));
        }
        byte[] body = new byte[length];
        in.readFully(body);
        ByteBuffer buffer = ByteBuffer.wrap(body);
        return new Frame(buffer.get() & 0xff, buffer.get() != 0, buffer.getLong(), buffer);
    }

    int u32() throws Malformed {
        try {
            return fields.getInt();
        } catch (BufferUnderflowException _) {
            throw tooShort();
        }
    }

    long i64() throws Malformed {
        try {
            return fields.getLong();
        } catch (BufferUnderflowException _) {
            throw tooShort();
        }
    }

    int u16() throws Malformed {
        try {
            return fields.getShort() & 0xffff;
        } catch (BufferUnderflowException _) {
            throw tooShort();
        }
    }

    /** All that is left. */
    byte[] rest() {
        byte[] bytes = new byte[fields.remaining()];
        fields.get(bytes);
        return bytes;
    }

    String text() {
        return new String(rest(), StandardCharsets.UTF_8);
    }

    /** @return null for AF_UNSPEC, which only connect() takes */
    IpEndpoint address() throws Malformed {
        try {
            int family = fields.get();
            int port = u16();
            if (family == 0) {
                return null;
            }
            if (family != 4 && family != 6) {
                throw new Malformed("address family " + family + " is neither 4 nor 6");
            }
            byte[] bytes = new byte[family == 4 ? 4 : 16];
            fields.get(bytes);
            return new IpEndpoint(IpAddress.of(bytes), port);
        } catch (BufferUnderflowException _) {
            throw tooShort();
        }
    }

    private Malformed tooShort() {
        return new Malformed("operation " + op + " needs more bytes than the frame has");
    }
}
