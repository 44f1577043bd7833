package io.mptcp.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.MemorySegment;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MptcpOptionFaultsTest {
    private static final int PAYLOAD_LENGTH = 0;
    private final MptcpOptionFaults faults = new MptcpOptionFaults();

    private static MemorySegment header(int flags, byte[] options) {
        MemorySegment buffer = MemorySegment.ofArray(new byte[TcpSegment.MAX_HEADER_LENGTH]);
        int length = TcpSegment.MIN_HEADER_LENGTH + (options.length + 3 & ~3);
        TcpSegment.encode(buffer, 0, 1, 2, 3, 4, length, flags, 5);
        MemorySegment.copy(MemorySegment.ofArray(options), 0, buffer, TcpSegment.MIN_HEADER_LENGTH, options.length);
        return buffer;
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        S  | 1e040101                  |
        S  | 1e0c00010000000000000000  | MP_CAPABLE of a SYN of 12 bytes: version 0 is of RFC 6824
        S  | 1e0501010000              | MP_CAPABLE of a SYN of 5 bytes instead of 4
        SA | 1e040101                  | MP_CAPABLE of a SYN/ACK of 4 bytes instead of 12
        A  | 1e040101                  | MP_CAPABLE of 4 bytes instead of 20 without payload
        S  | 1e0410010000              | MP_JOIN of a SYN of 4 bytes instead of 12
        A  | 1e052001000000            | DSS of 5 bytes instead of 8 by its flags
        A  | 1e0820040000000000        | DSS of 8 bytes instead of 14 or 16 by its flags
        A  | 1e042010                  | DATA_FIN without a mapping
        A  | 1e032000                  | DSS of 3 bytes instead of 4 at least
        A  | 1e083101 01020304         |
        A  | 1e0930010102030400        | ADD_ADDR of 9 bytes instead of 16, 18, 28 or 30
        A  | 1e0931010102030400        | ADD_ADDR of 9 bytes instead of 8, 10, 20 or 22 as an echo
        A  | 1e0340                    | REMOVE_ADDR of 3 bytes instead of 4 to 11
        A  | 1e045000                  | MP_PRIO of 4 bytes instead of 3
        A  | 1e046000                  | MP_FAIL of 4 bytes instead of 12
        A  | 1e048000                  | MP_TCPRST on a segment without RST
        S  | 1e0420 00                 | DSS on a segment with SYN
        R  | 1e0401 01                 | MP_CAPABLE on a segment with RST
        A  | 1e0490 00                 | subtype 9, not assigned
        A  | 1e04f0 00                 | MP_EXPERIMENTAL, for private use
        A  | 1e020101                  | an option of 2 bytes, without subtype
        A  | 1e350101                  | option kind 30 of 53 bytes, where 4 are left
        A  | 0101011e                  | option kind 30, where 1 are left
        A  | 1e0350 1e0350             | MP_PRIO once more: the last counts
        """)
    void tellsWhatIsWrong(String flags, String options, String expected) {
        int bits = switch (flags) {
            case "S" -> TcpSegment.SYN;
            case "SA" -> TcpSegment.SYN | TcpSegment.ACK;
            case "R" -> TcpSegment.RST;
            default -> TcpSegment.ACK;
        };
        byte[] bytes = HexFormat.of().parseHex(options.replace(" ", ""));

        List<String> found = faults.of(header(bits, bytes), 0, PAYLOAD_LENGTH);

        assertEquals(expected == null ? List.of() : List.of(expected), found);
    }

    @Test
    void openingAndJoiningAtOnceIsNeither() {
        byte[] both = HexFormat.of().parseHex("1e0401011e0c10010000000100000002");
        assertEquals(List.of("MP_CAPABLE beside MP_JOIN: neither counts"), faults.of(header(TcpSegment.SYN, both), 0, 0));
    }

    /** What the parser takes has no fault, and what it leaves out has one. */
    @Test
    void agreesWithTheParserOnRandomOptions() {
        Random random = new Random(1);
        TcpOptions parsed = new TcpOptions();
        for (int i = 0; i < 200_000; i++) {
            byte[] option = new byte[3 + random.nextInt(25)];
            random.nextBytes(option);
            option[0] = MptcpOptions.KIND;
            option[1] = (byte) option.length;
            option[2] = (byte) (random.nextInt(10) << 4 | random.nextInt(2));
            int payload = random.nextInt(2);
            // A header counts words: what fills the last one is the end of the list.
            MemorySegment header = header(random.nextInt(32), option);
            parsed.parse(header, 0, payload);

            List<String> found = faults.of(header, 0, payload);
            found.remove("DATA_FIN without a mapping");

            assertEquals(parsed.mptcp.present != 0, found.isEmpty(), () -> HexFormat.of().formatHex(option) + " " + found);
        }
    }
}
