package io.mptcp.cli.dump;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.wire.MptcpOption;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;

/** Whatever is in a file: output or a {@link CaptureException}, no other exception, and memory within its limits. */
class DumpFuzzTest {
    private static final int MUTATIONS = Integer.getInteger("dump.mutations", 3000);

    /** @return what was written, and the exception's message behind it */
    private static String dump(byte[] file, boolean json, int maxConnections, int maxEntries) {
        StringWriter text = new StringWriter();
        PrintWriter out = new PrintWriter(text);
        try (CaptureReader reader = CaptureReader.of(new ByteArrayInputStream(file))) {
            Dump.run(reader, json ? new JsonOutput(out, null, false) : new TextOutput(out, null, false), maxConnections, maxEntries);
        } catch (CaptureException e) {
            assertEquals(1, e.getMessage().lines().count());
            return text + e.getMessage();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return text.toString();
    }

    private static byte[] kernel() throws IOException {
        try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(Golden.resource("kernel.pcap.gz")))) {
            return in.readAllBytes();
        }
    }

    /** The same packets without the long payloads, as pcapng: more of the file is headers. */
    private static byte[] headers() throws IOException {
        CaptureFile file = CaptureFile.pcapng(ByteOrder.LITTLE_ENDIAN, LinkLayer.LINUX_SLL);
        try (CaptureReader reader = CaptureReader.of(new ByteArrayInputStream(kernel()))) {
            CapturedPacket packet = new CapturedPacket();
            while (reader.next(packet)) {
                file.add(0, packet.timeNanos, Arrays.copyOf(packet.bytes, packet.originalLength), 120);
            }
        }
        return file.bytes();
    }

    @Test
    void everyBeginningOfAFile() throws IOException {
        byte[] file = headers();
        for (int length = 0; length < file.length; length += length < 400 ? 1 : 7) {
            dump(Arrays.copyOf(file, length), (length & 1) == 0, 16, 1000);
        }
    }

    @Test
    void mutatedFiles() throws IOException {
        byte[] file = headers();
        Random random = new Random(7);
        for (int i = 0; i < MUTATIONS; i++) {
            byte[] mutated = file.clone();
            int changes = 1 + random.nextInt(20);
            for (int change = 0; change < changes; change++) {
                mutated[random.nextInt(mutated.length)] = (byte) (random.nextBoolean() ? random.nextInt(256) : random.nextInt(4));
            }
            dump(mutated, (i & 1) == 0, 16, 200);
        }
    }

    /** Frames stay whole, so that what is wrong gets further: addresses, options, numbers. */
    @Test
    void mutatedPackets() throws IOException {
        List<byte[]> frames = new ArrayList<>();
        try (CaptureReader reader = CaptureReader.of(new ByteArrayInputStream(kernel()))) {
            CapturedPacket packet = new CapturedPacket();
            while (reader.next(packet)) {
                frames.add(Arrays.copyOf(packet.bytes, Math.min(packet.length, 300)));
            }
        }
        Random random = new Random(8);
        for (int i = 0; i < MUTATIONS / 10; i++) {
            CaptureFile file = CaptureFile.pcap(ByteOrder.LITTLE_ENDIAN, true, LinkLayer.LINUX_SLL);
            long time = 0;
            for (byte[] frame : frames) {
                byte[] mutated = frame.clone();
                if (random.nextInt(3) == 0) {
                    mutated[16 + random.nextInt(mutated.length - 16)] ^= (byte) (1 << random.nextInt(8));
                }
                time += random.nextInt(10_000_000);
                file.add(0, time, mutated, random.nextInt(10) == 0 ? random.nextInt(mutated.length) : mutated.length);
            }
            String text = dump(file.bytes(), false, 16, 200);
            assertTrue(text.contains("52 packets"), text);
        }
    }

    @Test
    void noiseBehindAnyMagic() {
        Random random = new Random(9);
        byte[][] beginnings = {CaptureFile.pcap(ByteOrder.BIG_ENDIAN, true, 1).bytes(), CaptureFile.pcapng(ByteOrder.LITTLE_ENDIAN, 1).bytes(), {0x1f, (byte) 0x8b}, {}};
        for (int i = 0; i < MUTATIONS; i++) {
            byte[] beginning = beginnings[i % beginnings.length];
            byte[] noise = new byte[beginning.length + random.nextInt(500)];
            random.nextBytes(noise);
            System.arraycopy(beginning, 0, noise, 0, beginning.length);
            dump(noise, false, 16, 200);
        }
    }

    @Test
    void aFloodOfConnectionsIsFollowedAFewAtATimeAndAllAreSummarized() {
        List<Conversation.Sent> sent = Conversation.story();
        int count = 500;
        for (int i = 0; i < count; i++) {
            new Conversation(sent, 2 * i + 1, 2 * i + 2).open(10 * i, Conversation.flow("10.0.0.1", 1000 + i, "10.0.0.2", 80, i, i), 1);
        }

        String text = dump(Golden.capture(sent), false, 10, 1000);

        assertEquals(count, text.lines().filter(line -> line.startsWith("connection ")).count());
        assertTrue(text.contains(count - 10 + " connections finished early"), text.substring(text.length() - 300));
    }

    @Test
    void whatDoesNotFitIntoTheBudgetIsForgottenAndTheTotalsStay() {
        List<Conversation.Sent> sent = Conversation.story();
        Conversation c = new Conversation(sent, 1, 2);
        Conversation.Flow one = Conversation.flow("10.0.0.1", 1000, "10.0.0.2", 80, 1, 2);
        Conversation.Flow two = Conversation.flow("10.0.1.1", 1000, "10.0.0.2", 80, 3, 4);
        c.open(0, one, 1).join(5, two, 1, 3, 4);
        int segments = 2000;
        for (int i = 0; i < segments; i++) {
            Conversation.Flow flow = (i & 1) == 0 ? one : two;
            int ssn = 1 + i / 2 * 10;
            c.server(10 + i, flow, Conversation.ACK, ssn, 1, Conversation.text(10), c.map(1 + 10L * i, ssn, Conversation.text(10), false));
        }
        MptcpOption.Dss again = c.map(1, 10_001, Conversation.text(10), false);
        c.server(3000, two, Conversation.ACK, 10_001, 1, Conversation.text(10), again);

        String text = dump(Golden.capture(sent), false, 10, 100);

        assertTrue(text.contains("data <     20000 bytes"), text.substring(text.length() - 2000));
        assertTrue(text.contains("reinjected 10: of a subflow long past"), text.substring(text.length() - 2000));
    }
}
