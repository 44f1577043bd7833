package io.mptcp.cli.dump;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mptcp.wire.MptcpOptions;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What tshark says of the same capture, field by field: options as on the wire, relative numbers, tokens and initial data sequence numbers. */
class TsharkOracleTest {
    private static final List<String> FIELDS = List.of("frame.number", "tcp.options.mptcp.rawdataseqno", "tcp.options.mptcp.subflowseqno",
            "tcp.options.mptcp.datalvllen", "tcp.options.mptcp.rawdataack", "mptcp.dss.dsn", "mptcp.ack", "tcp.options.mptcp.sendkey",
            "tcp.options.mptcp.recvtok", "tcp.options.mptcp.addrid");
    private static final long PATIENCE_SECONDS = 60;

    @TempDir
    Path folder;

    @BeforeAll
    static void findTshark() {
        boolean found = false;
        for (String directory : System.getenv().getOrDefault("PATH", "").split(":")) {
            found |= Files.isExecutable(Path.of(directory, "tshark"));
        }
        assumeTrue(found, "tshark is not installed");
    }

    @Test
    void theCaptureOfTwoKernels() throws Exception {
        Path file = Files.write(folder.resolve("kernel.pcap.gz"), Golden.resource("kernel.pcap.gz"));

        compare(file, Golden.resource("kernel.pcap.gz"));
    }

    @Test
    void aConversationWithManyOptions() throws Exception {
        List<Conversation.Sent> sent = Conversation.story();
        Conversation c = new Conversation(sent, 0x1122334455667788L, 0x99aabbccddeeff00L);
        Conversation.Flow one = Conversation.flow("10.0.0.1", 1000, "10.0.0.2", 80, -5, 2);
        Conversation.Flow two = Conversation.flow("10.0.1.1", 1001, "10.0.0.2", 80, 3, 4);
        c.open(0, one, 1).join(5, two, 1, 3, 4);
        for (int i = 0; i < 20; i++) {
            int ssn = 1 + i / 2 * 10;
            c.server(10 + i, (i & 1) == 0 ? one : two, Conversation.ACK, ssn, 1, Conversation.text(10), c.map(1 + 10L * i, ssn, Conversation.text(10), false));
            c.client(10.5 + i, (i & 1) == 0 ? one : two, Conversation.ACK, 1, ssn + 10, new byte[0], c.toClient(11 + 10L * i));
        }
        byte[] capture = Golden.capture(sent);

        compare(Files.write(folder.resolve("made.pcapng"), capture), capture);
    }

    private void compare(Path file, byte[] capture) throws Exception {
        Map<Long, String> ours = new TreeMap<>();
        Golden.run(capture, new DumpOutput(new PrintWriter(new StringWriter()), null, false) {
            @Override
            String packet(PacketReport report) {
                ours.put(report.segment.number, fields(report));
                return "";
            }

            @Override
            String connection(TracedConnection connection) {
                return "";
            }

            @Override
            String totals(CaptureTotals totals) {
                return "";
            }
        });
        Map<Long, String> theirs = new TreeMap<>();
        for (String line : tshark(file)) {
            String[] values = line.split("\t", -1);
            theirs.put(Long.parseLong(values[0]), String.join(" ", List.of(values).subList(1, FIELDS.size())));
        }
        assertTrue(ours.size() > 30, () -> "packets: " + ours.size());
        assertEquals(theirs, ours);
    }

    private static String fields(PacketReport report) {
        MptcpOptions options = report.segment.options.mptcp;
        boolean dss = options.has(MptcpOptions.DSS);
        boolean mapping = dss && options.hasMapping;
        boolean ack = dss && options.hasDataAck;
        boolean capable = options.has(MptcpOptions.MP_CAPABLE);
        boolean syn = report.segment.isSyn();
        boolean join = options.has(MptcpOptions.MP_JOIN);
        List<String> values = new ArrayList<>();
        values.add(mapping ? Long.toUnsignedString(options.dsn) : "");
        values.add(mapping ? Integer.toUnsignedString(options.ssn) : "");
        values.add(mapping || options.hasMpCapableMapping() ? "" + options.dataLevelLength : "");
        values.add(ack ? Long.toUnsignedString(options.dataAck) : "");
        values.add(mapping ? "" + report.dsn : "");
        values.add(ack ? "" + report.dataAck : "");
        values.add(capable && !syn ? Long.toUnsignedString(options.senderKey) : "");
        values.add(join && syn ? Integer.toUnsignedString(options.joinToken) : "");
        values.add(join && (syn || report.segment.isSynAck()) ? "" + options.joinAddressId
                : options.has(MptcpOptions.ADD_ADDR) ? "" + options.addAddrId : "");
        return String.join(" ", values);
    }

    private static List<String> tshark(Path file) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("tshark", "-n", "-r", file.toString(), "-o", "mptcp.relative_sequence_numbers:TRUE", "-T", "fields"));
        FIELDS.forEach(field -> command.addAll(List.of("-e", field)));
        Process process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
        List<String> lines = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).lines().toList();
        assertTrue(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS));
        assertEquals(0, process.exitValue(), "exit code of tshark");
        return lines;
    }
}
