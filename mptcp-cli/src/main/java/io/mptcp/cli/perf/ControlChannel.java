package io.mptcp.cli.perf;

import io.mptcp.stack.MptcpConnection;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.function.Consumer;

/**
 * iperf3's control connection: a cookie, then states of one byte; where both sides know that it comes, a length of four bytes (big endian) and so
 * many bytes of JSON. Lives on the event loop.
 */
final class ControlChannel {
    /** More than any iperf3 sends. */
    private static final int MAX_JSON_BYTES = 1 << 20;
    private static final int CHUNK_BYTES = 4096;

    private final MptcpConnection connection;
    private final MemorySegment chunk = Arena.ofAuto().allocate(CHUNK_BYTES);
    private final ByteArrayOutputStream input = new ByteArrayOutputStream();
    private final Deque<byte[]> output = new ArrayDeque<>();
    private int outputOffset;
    private Consumer<String> jsonReader;

    ControlChannel(MptcpConnection connection) {
        this.connection = connection;
    }

    MptcpConnection connection() {
        return connection;
    }

    void send(PerfState state) {
        send(new byte[] {state.code()});
    }

    void sendJson(String json) {
        byte[] text = json.getBytes(StandardCharsets.UTF_8);
        send(ByteBuffer.allocate(4 + text.length).putInt(text.length).put(text).array());
    }

    void send(byte[] bytes) {
        output.add(bytes);
        flush();
    }

    /** The next that comes is JSON. */
    void expectJson(Consumer<String> reader) {
        jsonReader = reader;
    }

    /** Sends what could not be sent before. */
    void flush() {
        while (!output.isEmpty()) {
            byte[] next = output.getFirst();
            int length = Math.min(next.length - outputOffset, CHUNK_BYTES);
            MemorySegment.copy(next, outputOffset, chunk, ValueLayout.JAVA_BYTE, 0, length);
            int taken = connection.write(chunk, 0, length);
            outputOffset += taken;
            if (outputOffset == next.length) {
                output.removeFirst();
                outputOffset = 0;
            }
            if (taken < length) {
                return;
            }
        }
    }

    /**
     * Reads what has come. A handler that wants JSON next has to say so before it returns.
     *
     * @throws PerfException when it makes no sense
     */
    void read(Consumer<PerfState> states) {
        for (int count = connection.read(chunk, 0, CHUNK_BYTES); count > 0; count = connection.read(chunk, 0, CHUNK_BYTES)) {
            input.writeBytes(chunk.asSlice(0, count).toArray(ValueLayout.JAVA_BYTE));
            parse(states);
        }
    }

    private void parse(Consumer<PerfState> states) {
        byte[] bytes = input.toByteArray();
        int at = 0;
        while (at < bytes.length) {
            if (jsonReader == null) {
                PerfState state = PerfState.of(bytes[at]);
                if (state == null) {
                    throw new PerfException("the other side sent " + bytes[at] + ", which is no state: is it an iperf3?", null);
                }
                at++;
                states.accept(state);
            } else {
                int length = bytes.length - at < 4 ? 0 : ByteBuffer.wrap(bytes, at, 4).getInt();
                if (length < 0 || length > MAX_JSON_BYTES) {
                    throw new PerfException("the other side announces " + length + " bytes of JSON: is it an iperf3?", null);
                }
                if (bytes.length - at < 4 + length || bytes.length - at < 4) {
                    break;
                }
                Consumer<String> reader = jsonReader;
                jsonReader = null;
                String json = new String(bytes, at + 4, length, StandardCharsets.UTF_8);
                at += 4 + length;
                reader.accept(json);
            }
        }
        input.reset();
        input.writeBytes(Arrays.copyOfRange(bytes, at, bytes.length));
    }
}
