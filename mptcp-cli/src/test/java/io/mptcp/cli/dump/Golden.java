package io.mptcp.cli.dump;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What the command should print, as files beside the tests; {@code -Ddump.update=true} writes them anew. */
final class Golden {
    private static final Path FOLDER = Path.of("src/test/resources/io/mptcp/cli/dump");

    private Golden() {
    }

    static void check(String name, String actual) throws IOException {
        if (Boolean.getBoolean("dump.update")) {
            Files.writeString(FOLDER.resolve(name), actual);
        }
        assertEquals(new String(resource(name), StandardCharsets.UTF_8), actual, "to write " + name + " anew: -Ddump.update=true");
    }

    /** A file beside the tests. */
    static byte[] resource(String name) throws IOException {
        if (Files.exists(FOLDER.resolve(name))) {
            return Files.readAllBytes(FOLDER.resolve(name));
        }
        try (InputStream in = Golden.class.getResourceAsStream(name)) {
            return in.readAllBytes();
        }
    }

    static byte[] capture(List<Conversation.Sent> sent) {
        CaptureFile file = CaptureFile.pcapng(ByteOrder.LITTLE_ENDIAN, LinkLayer.RAW);
        sent.forEach(packet -> file.add(packet.timeNanos(), packet.packet()));
        return file.bytes();
    }

    static String text(byte[] capture) {
        return text(capture, null, false);
    }

    static String text(byte[] capture, Integer token, boolean summaryOnly) {
        StringWriter out = new StringWriter();
        run(capture, new TextOutput(new PrintWriter(out), token, summaryOnly));
        return out.toString();
    }

    static String json(byte[] capture) {
        StringWriter out = new StringWriter();
        run(capture, new JsonOutput(new PrintWriter(out), null, false));
        return out.toString();
    }

    /** The capture has to be a good one. */
    static void run(byte[] capture, DumpOutput output) {
        try (CaptureReader reader = CaptureReader.of(new ByteArrayInputStream(capture))) {
            Dump.run(reader, output);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
