package io.mptcp.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** {@code mptcp dump} as a command: what it says of files that are none, and of a capture {@code mptcp cat --pcap} makes. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class DumpCommandTest {
    private static final int BYTES = 300_000;
    private static final int TURNS = 100;

    @TempDir
    static Path folder;

    private static Path captured;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int dump(String... args) {
        CommandLine line = Mptcp.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
        String[] all = new String[args.length + 1];
        all[0] = "dump";
        System.arraycopy(args, 0, all, 1, args.length);
        return line.execute(all);
    }

    @Test
    void aFileThatIsNoCaptureIsOneLineAndCode1() throws IOException {
        Path text = Files.writeString(folder.resolve("letter.txt"), "Dear all,\n");
        assertEquals(ExitCodes.FAILURE, dump(text.toString()));
        assertEquals("mptcp dump: " + text + " is neither a pcap nor a pcapng file\n", err.toString());
    }

    @Test
    void aFileThatIsNotThereIsOneLineAndCode1() {
        assertEquals(ExitCodes.FAILURE, dump(folder.resolve("absent").toString()));
        assertEquals("mptcp dump: " + folder.resolve("absent") + ": no such file\n", err.toString());
    }

    @Test
    void aDirectoryIsOneLineAndCode1() {
        assertEquals(ExitCodes.FAILURE, dump(folder.toString()));
        assertEquals("mptcp dump: " + folder + " is a directory\n", err.toString());
    }

    @Test
    void aCaptureThatIsCutShowsWhatItHasAndFails() throws Exception {
        byte[] whole = Files.readAllBytes(capture());
        Path cut = Files.write(folder.resolve("cut.pcapng"), Arrays.copyOf(whole, whole.length - 5));

        assertEquals(ExitCodes.FAILURE, dump("--summary", cut.toString()));

        assertTrue(out.toString().startsWith("connection 1: "), out.toString());
        assertEquals("mptcp dump: " + cut + " ends in the middle of a record, at byte " + (whole.length - 5) + "\n", err.toString());
    }

    @Test
    void theStoryOfOurOwnCaptureIsCleanAndComplete() throws Exception {
        Path file = capture();

        assertEquals(ExitCodes.OK, dump(file.toString()), err::toString);

        String text = out.toString();
        assertEquals(2, count(text, "MP_JOIN hmac"), text);
        assertEquals(4, count(text, "[HMAC ok]"), text);
        assertTrue(text.contains("checksums on, "), text);
        assertTrue(text.contains("  data >     " + BYTES + " bytes, DATA_FIN at " + (BYTES + 1) + " acknowledged"), text);
        assertTrue(text.contains("DATA_FIN both ways, acknowledged"), text);
        for (String trouble : List.of("malformed", "bad]", "no mapping", "far off", "fallback:", "mapping changed", "gap of")) {
            assertFalse(text.lines().anyMatch(line -> line.contains("[" + trouble) || line.contains(trouble + "]")), () -> trouble + " in " + text);
        }
        String token = text.lines().filter(line -> line.startsWith("  listener")).findFirst().orElseThrow().replaceAll(".*token (\\w+).*", "$1");
        out.getBuffer().setLength(0);
        assertEquals(ExitCodes.OK, dump("--json", "--summary", "--connection", "0x" + token, file.toString()));
        assertTrue(out.toString().startsWith("{\"type\":\"connection\",\"connection\":1,"), out.toString());
        assertEquals(1, out.toString().lines().count());
    }

    @Test
    void aTokenNobodyHasIsOneLineAndCode1() throws Exception {
        Path file = capture();
        assertEquals(ExitCodes.FAILURE, dump("--connection", "1", file.toString()));
        assertEquals("mptcp dump: " + file + ": no connection has the token 1\n", err.toString());
    }

    private static int count(String text, String what) {
        return text.split(Pattern.quote(what), -1).length - 1;
    }

    /** Two processes of ours over three subflows, with checksums, recorded by the client. */
    private static synchronized Path capture() throws Exception {
        if (captured != null) {
            return captured;
        }
        String path = "--path=" + NetworkInterface.getByInetAddress(InetAddress.getByName("127.0.0.1")).getName() + ",link=udp";
        // An ordinary user writes it.
        Path open = Files.createDirectory(folder.resolve("captures"));
        open.toFile().setWritable(true, false);
        Path file = open.resolve("client.pcapng");
        String port;
        try (DatagramSocket socket = new DatagramSocket(0)) {
            port = Integer.toString(socket.getLocalPort());
        }
        byte[] bytes = new byte[BYTES];
        Arrays.fill(bytes, (byte) 7);
        try (Command server = Command.start(folder, "cat", "-l", "-v", "--checksum", path, port).awaitLine("listening on");
                Command client = Command.start(folder, "cat", "--checksum", "--scheduler=roundrobin", "--pcap", file.toString(),
                        path + ",addr=127.0.0.2", path + ",addr=127.0.0.3", path + ",addr=127.0.0.4", "127.0.0.1", port)) {
            // Many turns, each a round trip: the joins, which begin with the first of them, are over when they are.
            for (int turn = 0; turn < TURNS; turn++) {
                client.input().write(bytes[turn]);
                client.input().flush();
                assertEquals(bytes[turn], server.output().read());
                server.input().write(turn);
                server.input().flush();
                assertEquals(turn, client.output().read());
            }
            server.input().close();
            client.feed(Arrays.copyOfRange(bytes, TURNS, BYTES));
            assertArrayEquals(Arrays.copyOfRange(bytes, TURNS, BYTES), server.output().readAllBytes());
            assertEquals(ExitCodes.OK, client.awaitExit(), client.errors());
            assertEquals(ExitCodes.OK, server.awaitExit(), server.errors());
        }
        captured = file;
        return file;
    }
}
