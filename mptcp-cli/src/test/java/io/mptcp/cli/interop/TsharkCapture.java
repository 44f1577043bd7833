package io.mptcp.cli.interop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.cli.lab.Command;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A capture as tshark understands it, which knows nothing of our code: options, tokens, initial data sequence numbers, and mappings. */
final class TsharkCapture {
    /**
     * What tshark says of options and mappings that are not as they should be. Of a mapping it speaks only where there is payload; of a FIN without any it may say that
     * its own code has failed, where it looks for the mapping of the FIN's sequence number, which has none.
     */
    private static final String FAULTS = "!(tcp.flags.fin == 1 && tcp.len == 0 && _ws.expert.message contains \"mptcp_map_relssn_to_rawdsn\")"
            + " && (_ws.malformed || _ws.expert.severity == \"Error\" || tcp.option.len.invalid || tcp.options.mptcp.subtype > 8"
            + " || mptcp.connection.echoed_key_mismatch || mptcp.connection.missing_algorithm || mptcp.connection.unsupported_algorithm"
            + " || mptcp.dss.infinite_mapping || mptcp.dss.missing_mapping && tcp.len > 0)";

    private static final int MPTCP_KIND = 30;
    private static final int MP_CAPABLE = 0;
    private static final int DSS = 2;

    private final Path file;
    private final int firstPort;
    private final int lastPort;

    /** @param firstPort first of the servers' ports, up to {@code lastPort} */
    TsharkCapture(Path file, int firstPort, int lastPort) {
        this.file = file;
        this.firstPort = firstPort;
        this.lastPort = lastPort;
    }

    static boolean isInstalled() {
        return Command.find("tshark").isPresent();
    }

    /** Nothing is malformed, and every byte of payload belongs to a mapping. */
    void assertNoFaults() throws Exception {
        List<String[]> faults = read(FAULTS, "frame.number", "tcp.stream", "tcp.len", "tcp.options", "_ws.expert.message");
        assertEquals(List.of(), faults.stream().map(fields -> String.join(" ", fields)).toList());
    }

    /** The joins were recognized by their tokens: as many connections as there are, and no subflow that belongs to none. */
    void assertConnections(int connections) throws Exception {
        // A first SYN does not tell of which connection it is, its answer does.
        List<String[]> synAcks = read("tcp.flags.syn == 1 && tcp.flags.ack == 1", "tcp.stream", "mptcp.stream", "tcp.options.mptcp.subtype");
        Map<String, String> connectionOfSubflow = new TreeMap<>();
        synAcks.forEach(fields -> connectionOfSubflow.put(fields[0], fields[1]));
        assertEquals(connections, synAcks.stream().filter(fields -> fields[2].equals("0")).map(fields -> fields[0]).distinct().count(), "MP_CAPABLE");
        Map<String, Integer> subflows = new TreeMap<>();
        connectionOfSubflow.values().forEach(connection -> subflows.merge(connection, 1, Integer::sum));
        assertEquals(connections, subflows.size(), () -> subflows.toString());
        assertTrue(subflows.values().stream().allMatch(count -> count >= 2), subflows.toString());
    }

    /**
     * The mappings of each direction start behind the initial data sequence number that tshark computes from the key, leave no hole and end with
     * the DATA_FIN, unless the connection was aborted.
     *
     * @param bytesByPort length of the streams of each orderly connection, by the server's port: from the server, and from the client
     */
    void assertDataSequences(Map<Integer, long[]> bytesByPort, boolean checksum) throws Exception {
        Map<String, Direction> directions = new TreeMap<>();
        for (String[] fields : read("mptcp.stream >= 0", "mptcp.stream", "tcp.srcport", "tcp.dstport", "mptcp.expected_idsn",
                "tcp.options.mptcp.rawdataseqno", "tcp.options.mptcp.datalvllen", "tcp.options.mptcp.datafin.flag", "tcp.options")) {
            int source = Integer.parseInt(fields[1]);
            int destination = Integer.parseInt(fields[2]);
            boolean fromServer = source >= firstPort && source <= lastPort;
            Direction direction = directions.computeIfAbsent(fields[0] + (fromServer ? " from server " : " to server "), name ->
                    new Direction(fromServer ? source : destination, fromServer));
            direction.add(fields, checksum);
        }
        for (Map.Entry<String, Direction> entry : directions.entrySet()) {
            Direction direction = entry.getValue();
            long[] bytes = bytesByPort.get(direction.port);
            direction.check("connection " + entry.getKey() + "port " + direction.port, bytes == null ? -1 : bytes[direction.fromServer ? 0 : 1]);
        }
    }

    /** One direction of a connection. */
    private static final class Direction {
        private final int port;
        private final boolean fromServer;
        private Long idsn;
        private boolean finished;
        private int wrongChecksums;
        /** Mapped data by its start relative to the initial data sequence number. */
        private final TreeMap<Long, Long> mapped = new TreeMap<>();

        Direction(int port, boolean fromServer) {
            this.port = port;
            this.fromServer = fromServer;
        }

        void add(String[] fields, boolean checksum) {
            if (!fields[3].isEmpty() && idsn == null) {
                idsn = Long.parseUnsignedLong(fields[3]);
            }
            boolean hasMapping = !fields[5].isEmpty() && idsn != null;
            if (!hasMapping) {
                return;
            }
            // MP_CAPABLE with data has no number of its own: it is the first (RFC 8684 section 3.1).
            long start = fields[4].isEmpty() ? 1 : Long.parseUnsignedLong(fields[4]) - idsn;
            mapped.merge(start, start + Long.parseLong(fields[5]), Math::max);
            finished |= fields[6].equals("1");
            wrongChecksums += hasChecksum(HexFormat.of().parseHex(fields[7])) == checksum ? 0 : 1;
        }

        /** By the length of the option with the mapping: this tshark has no field for the checksum in a DSS. */
        private static boolean hasChecksum(byte[] options) {
            for (int i = 0; i < options.length && options[i] != 0; i += options[i] == 1 ? 1 : Math.max(2, options[i + 1])) {
                int subtype = options[i] == MPTCP_KIND ? options[i + 2] >> 4 : -1;
                if (subtype == MP_CAPABLE) {
                    return options[i + 1] == 24;
                }
                if (subtype == DSS && (options[i + 3] & 0x04) != 0) {
                    int ackBytes = (options[i + 3] & 0x01) == 0 ? 0 : (options[i + 3] & 0x02) == 0 ? 4 : 8;
                    int numberBytes = (options[i + 3] & 0x08) == 0 ? 4 : 8;
                    return options[i + 1] == 4 + ackBytes + numberBytes + 4 + 2 + 2;
                }
            }
            return false;
        }

        /** @param bytes length of its stream, -1 where the connection was aborted */
        void check(String name, long bytes) {
            if (bytes < 0 && mapped.isEmpty()) {
                return; // its greeting, the only byte of one that aborts, was lost, and the abort came before it was sent again
            }
            assertTrue(idsn != null && !mapped.isEmpty(), name + ": no key, or no mapping");
            assertEquals(0, wrongChecksums, name + ": mappings with a checksum too many or too few");
            assertEquals(1, mapped.firstKey(), name + ": start of the data");
            if (bytes < 0) {
                return;
            }
            long end = 1;
            for (Map.Entry<Long, Long> range : mapped.entrySet()) {
                assertTrue(range.getKey() <= end, name + ": nothing is mapped from " + end + " to " + range.getKey());
                end = Math.max(end, range.getValue());
            }
            assertEquals(1 + bytes + 1, end, name + ": end of the data, DATA_FIN included");
            assertTrue(finished, name + ": no DATA_FIN");
        }
    }

    /** @return the fields of each frame the filter passes */
    private List<String[]> read(String filter, String... fields) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(Command.find("tshark").orElseThrow().toString(), "-r", file.toString(),
                // The content is random: nothing above TCP is to make sense of it.
                "-d", "tcp.port==" + firstPort + "-" + lastPort + ",data", "-o", "mptcp.analyze_mappings:TRUE", "-o",
                "mptcp.relative_sequence_numbers:FALSE", "-Y", filter, "-T", "fields", "-E", "separator=/t"));
        for (String field : fields) {
            command.add("-e");
            command.add(field);
        }
        Process tshark = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.to(file.resolveSibling("tshark-errors").toFile())).start();
        String output = new String(tshark.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, tshark.waitFor(), String.join(" ", command));
        return output.lines().map(line -> line.split("\t", -1)).toList();
    }
}
