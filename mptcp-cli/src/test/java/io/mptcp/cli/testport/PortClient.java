package io.mptcp.cli.testport;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** One client thread of a test port, speaking the frames of docs/test-port.md by itself, and the clock of its session. */
final class PortClient implements AutoCloseable {
    record Reply(int kind, int errno, long result, long nowMicros, byte[] data) {
        boolean isParked() {
            return kind == 1;
        }

        String text() {
            return new String(data, StandardCharsets.UTF_8);
        }
    }

    private final SocketChannel channel;
    private final DataInputStream in;
    private final DataOutputStream out;
    long nowMicros = 5_000_000;

    PortClient(Path socket) throws IOException {
        channel = SocketChannel.open(UnixDomainSocketAddress.of(socket));
        in = new DataInputStream(Channels.newInputStream(channel));
        out = new DataOutputStream(Channels.newOutputStream(channel));
    }

    /** Fields are Integer (u32), Short (u16), Long (i64), Byte, byte[] or String. */
    private static byte[] frame(int op, boolean mayPark, long nowMicros, Object... fields) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream body = new DataOutputStream(bytes);
        body.writeByte(op);
        body.writeBoolean(mayPark);
        body.writeLong(nowMicros);
        for (Object field : fields) {
            switch (field) {
                case Integer number -> body.writeInt(number);
                case Short number -> body.writeShort(number);
                case Long number -> body.writeLong(number);
                case Byte number -> body.writeByte(number);
                case byte[] raw -> body.write(raw);
                case String text -> body.write(text.getBytes(StandardCharsets.UTF_8));
                default -> throw new IllegalArgumentException(field.getClass().toString());
            }
        }
        return ByteBuffer.allocate(4 + bytes.size()).putInt(bytes.size()).put(bytes.toByteArray()).array();
    }

    void sendRaw(byte[] bytes) throws IOException {
        out.write(bytes);
    }

    void send(int op, boolean mayPark, Object... fields) throws IOException {
        out.write(frame(op, mayPark, nowMicros, fields));
    }

    Reply receive() throws IOException {
        byte[] body = in.readNBytes(in.readInt());
        ByteBuffer buffer = ByteBuffer.wrap(body);
        Reply reply = new Reply(buffer.get(), buffer.getInt(), buffer.getLong(), buffer.getLong(), new byte[body.length - 21]);
        buffer.get(reply.data());
        return reply;
    }

    /** A request that lets time pass until it is done; the client's clock follows. */
    Reply call(int op, Object... fields) throws IOException {
        send(op, false, fields);
        Reply reply = receive();
        nowMicros = Math.max(nowMicros, reply.nowMicros());
        return reply;
    }

    long hello(String flags) throws IOException {
        return call(Op.HELLO, 0L, flags).result();
    }

    static byte[] address(int a, int b, int c, int d, int port) {
        return new byte[] {4, (byte) (port >> 8), (byte) port, (byte) a, (byte) b, (byte) c, (byte) d};
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
