package io.mptcp.cli.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** The live view, for terminals and for files. */
class PrintViewTest {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);

    @Test
    void aFileGetsPlainLinesTwiceASecond() {
        PrintView view = new PrintView(out, false, 50e6);
        view.step("both paths");
        for (int i = 0; i <= 10; i++) {
            view.sample(i / 10.0, new double[] {25e6, 50e6}, i * 10, 100);
        }
        String[] lines = text().split("\\R");
        assertEquals(4, lines.length, text());
        assertEquals("    0.0 s   path 1  25.0 Mbit/s   path 2  50.0 Mbit/s     0 %", lines[1]);
        assertEquals("    1.0 s   path 1  25.0 Mbit/s   path 2  50.0 Mbit/s   100 %", lines[3]);
        assertEquals(-1, text().indexOf('\033'));
    }

    @Test
    void aTerminalGetsOneLineThatIsDrawnAnew() {
        PrintView view = new PrintView(out, true, 50e6);
        view.sample(0.1, new double[] {25e6, 60e6}, 10, 100);
        view.sample(0.2, new double[] {0, 50e6}, 20, 100);
        assertEquals(-1, text().indexOf('\n'));
        assertTrue(text().contains("##########.......... "), text());
        assertTrue(text().contains("#################### "), "more than the full bar is a full bar");
        view.step("path 1 goes silent");
        assertTrue(text().endsWith("20 %" + System.lineSeparator() + "path 1 goes silent" + System.lineSeparator()), text());
    }

    private String text() {
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
