package io.mptcp.wire;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/** TCP segments made of flags and raw option bytes. */
final class Segments {
    private Segments() {
    }

    static byte[] hex(String text) {
        return HexFormat.of().parseHex(text.replace(" ", ""));
    }

    static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    /** A header whose memory ends with it, so that a read outside fails; options are padded with EOL. */
    static MemorySegment header(int flags, byte[] options) {
        int headerLength = TcpSegment.MIN_HEADER_LENGTH + (options.length + 3) / 4 * 4;
        byte[] bytes = new byte[headerLength];
        MemorySegment buffer = MemorySegment.ofArray(bytes);
        TcpSegment.encode(buffer, 0, 1, 2, 3, 4, headerLength, flags, 5);
        System.arraycopy(options, 0, bytes, TcpSegment.MIN_HEADER_LENGTH, options.length);
        return buffer;
    }

    static TcpOptions parse(int flags, int payloadLength, byte[] options) {
        TcpOptions parsed = new TcpOptions();
        parsed.parse(header(flags, options), 0, payloadLength);
        return parsed;
    }

    static TcpOptions parse(int flags, int payloadLength, String options) {
        return parse(flags, payloadLength, hex(options));
    }

    /** What a writer makes of one option, without the padding behind it. */
    static byte[] unpadded(MptcpOption option) {
        byte[] bytes = MptcpOption.encode(List.of(option));
        return Arrays.copyOf(bytes, bytes[1]);
    }
}
