package io.mptcp.cli.interop;

import io.mptcp.cli.lab.PseudoRandomFile;
import java.nio.ByteBuffer;

/** Compares a stream with the pseudo-random file as it comes in. For one thread. */
final class Content {
    private final byte[] expected = new byte[64 << 10];
    private long bytes;
    private long firstWrong = -1;

    /** The next bytes of the stream, 64 KB at most. */
    void add(byte[] received, int length) {
        PseudoRandomFile.fill(ByteBuffer.wrap(expected, 0, length), bytes);
        for (int i = 0; i < length && firstWrong < 0; i++) {
            if (received[i] != expected[i]) {
                firstWrong = bytes + i;
            }
        }
        bytes += length;
    }

    long bytes() {
        return bytes;
    }

    /** What is wrong with the content so far; empty when nothing is. */
    String fault() {
        return firstWrong < 0 ? "" : "byte " + firstWrong + " of " + bytes + " is wrong";
    }
}
