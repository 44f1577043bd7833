package io.mptcp.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code mptcp check} as an ordinary user starts it: segments in UDP over the loopback interface, our own stack as the server. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class CheckProcessTest {
    private static String loopback;
    private static String path;

    @TempDir
    static Path folder;

    private final List<Command> started = new ArrayList<>();

    @BeforeAll
    static void findLoopback() throws IOException {
        loopback = NetworkInterface.getByInetAddress(InetAddress.getByName("127.0.0.1")).getName();
        path = loopback + ",link=udp";
    }

    @AfterEach
    void endProcesses() {
        started.forEach(Command::close);
    }

    private Command mptcp(String... args) throws IOException {
        Command command = Command.start(folder, args);
        started.add(command);
        return command;
    }

    private static String freePort() throws IOException {
        try (DatagramSocket socket = new DatagramSocket(0)) {
            return Integer.toString(socket.getLocalPort());
        }
    }

    private static String output(Command command) throws IOException {
        return new String(command.output().readAllBytes(), StandardCharsets.UTF_8);
    }

    @Test
    void aPathThatWorksIsAFullTableAndCode0() throws Exception {
        String port = freePort();
        Command server = mptcp("cat", "-l", "-v", "--path", path, port).awaitLine("listening on").feed(new byte[0]);
        Command check = mptcp("check", "--path", path, "127.0.0.1", port);
        String text = output(check);
        assertEquals(0, check.awaitExit(), check.errors());
        assertEquals("", check.errors());
        List<String> lines = text.lines().toList();
        assertEquals("127.0.0.1:" + port, lines.get(0), text);
        assertTrue(lines.get(2).startsWith("path    from       first subflow"), text);
        assertTrue(lines.get(3).startsWith("lo,udp  127.0.0.1  MPTCP"), text);
        assertEquals("path lo,udp: MPTCP works.", lines.getLast(), text);
        assertEquals("\r\n\r\n", output(server), "all that the server hears");
        assertEquals(0, server.awaitExit(), server.errors());
    }

    @Test
    void aServerWithoutMptcpIsCode1() throws Exception {
        String port = freePort();
        mptcp("cat", "-l", "-v", "--plain-tcp", "--path", path, port).awaitLine("listening on").feed(new byte[0]);
        Command check = mptcp("check", "--json", "--path", path, "127.0.0.1", port);
        String json = output(check);
        assertEquals(1, check.awaitExit(), check.errors());
        assertEquals(1, json.lines().count(), json);
        assertTrue(json.startsWith("{\"host\":\"127.0.0.1\",\"remote\":\"127.0.0.1:" + port + "\",\"exit_code\":1,\"paths\":[{\"path\":\"lo,udp\","
                + "\"local\":\"127.0.0.1\",\"mptcp\":false,\"tcp\":true,\"first_subflow\":\"not_in_syn_ack\","), json);
    }

    @Test
    void nobodyThereIsCode2() throws Exception {
        Command check = mptcp("check", "--timeout", "1", "--path", path, "127.0.0.1", freePort());
        String text = output(check);
        assertEquals(2, check.awaitExit(), text);
        assertTrue(text.contains("\npath lo,udp: "), text);
        assertEquals("", check.errors());
    }

    @Test
    void whatCannotBeTriedIsOneLineAndCode2() throws Exception {
        for (String wrong : List.of("nosuch9", loopback)) { // the second needs a privilege
            Command check = mptcp("check", "--path", wrong, "127.0.0.1", "80");
            assertEquals("", output(check));
            assertEquals(2, check.awaitExit());
            assertEquals(1, check.errors().lines().count(), check.errors());
            assertTrue(check.errors().startsWith("mptcp check: ") && check.errors().contains(wrong), check.errors());
        }
    }

    @Test
    void ctrlCEndsItAtOnceAndSilently() throws Exception {
        try (DatagramSocket silent = new DatagramSocket(0, InetAddress.getByName("127.0.0.1"))) {
            Command check = mptcp("check", "--timeout", "1000", "--path", path, "127.0.0.1", Integer.toString(silent.getLocalPort()));
            silent.receive(new DatagramPacket(new byte[2048], 2048)); // its SYN
            check.interrupt();
            assertEquals("", output(check));
            check.awaitExit();
            assertEquals("", check.errors());
        }
    }
}
