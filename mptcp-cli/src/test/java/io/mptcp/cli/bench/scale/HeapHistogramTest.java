package io.mptcp.cli.bench.scale;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class HeapHistogramTest {
    @Test
    void linesOfTheDiagnosticCommandAreRead() {
        HeapHistogram histogram = HeapHistogram.parse("""
                 num     #instances         #bytes  class name (module)
                -------------------------------------------------------
                   1:          8026         642080  io.mptcp.tcp.Tcb (io.mptcp.core@1.0)
                   2:            12            288  [J (java.base@25)
                Total          8038         642368
                """);
        assertEquals(new HeapHistogram.Use(8026, 642_080), histogram.classes().get("io.mptcp.tcp.Tcb"));
        assertEquals(2, histogram.classes().size());
    }

    @Test
    void whatWasMadeSinceIsCountedLargestFirst() {
        HeapHistogram before = HeapHistogram.take();
        List<long[]> kept = List.of(new long[100_000], new long[100_000]);
        List<Token> tokens = List.of(new Token(1), new Token(2), new Token(3));
        List<Map.Entry<String, HeapHistogram.Use>> more = HeapHistogram.take().since(before);
        assertEquals("[J", more.getFirst().getKey());
        assertTrue(more.getFirst().getValue().bytes() >= 1_600_000);
        HeapHistogram.Use made = more.stream().filter(entry -> entry.getKey().equals(Token.class.getName())).findAny().orElseThrow().getValue();
        assertEquals(tokens.size(), made.instances());
        assertEquals(2, kept.size());
    }

    private record Token(int number) {
    }
}
