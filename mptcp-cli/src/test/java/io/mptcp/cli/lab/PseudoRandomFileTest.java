package io.mptcp.cli.lab;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/** A file that exists only as a function of the position. */
class PseudoRandomFileTest {
    @Test
    void anyPieceIsThatPieceOfTheWhole() {
        ByteBuffer whole = ByteBuffer.allocate(1000);
        PseudoRandomFile.fill(whole, 0);
        for (int from = 0; from < 40; from++) {
            ByteBuffer piece = ByteBuffer.allocateDirect(500 - from);
            PseudoRandomFile.fill(piece, from);
            byte[] bytes = new byte[500 - from];
            piece.get(0, bytes);
            assertArrayEquals(Arrays.copyOfRange(whole.array(), from, 500), bytes, "from " + from);
        }
        assertEquals(whole.get(777), PseudoRandomFile.at(777));
    }

    @Test
    void theHashIsThatOfTheContent() {
        ByteBuffer whole = ByteBuffer.allocate(200_000);
        PseudoRandomFile.fill(whole, 0);
        String hash = HexFormat.of().formatHex(PseudoRandomFile.newSha256().digest(whole.array()));
        assertEquals(hash, PseudoRandomFile.sha256(200_000));
        assertEquals("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", PseudoRandomFile.sha256(0));
    }

    @Test
    void noByteValueIsRare() {
        int[] counts = new int[256];
        for (int i = 0; i < 256_000; i++) {
            counts[PseudoRandomFile.at(i) & 0xff]++;
        }
        assertEquals(1000, Arrays.stream(counts).min().orElseThrow(), 200);
        assertEquals(1000, Arrays.stream(counts).max().orElseThrow(), 200);
    }
}
