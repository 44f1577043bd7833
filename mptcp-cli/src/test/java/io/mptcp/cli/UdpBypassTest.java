package io.mptcp.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.cli.lab.LabProcess;
import io.mptcp.cli.lab.LinkProfile;
import io.mptcp.cli.lab.TwoPathLab;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Datagrams and pings that come by the daemon's device. */
class UdpBypassTest extends DaemonLabTest {
    /** Echoes, and answers questions for names as a name server would that knows one address for all. */
    private static final String SERVERS = """
            import select, socket
            sockets = []
            for family, address in ((socket.AF_INET, '%s'), (socket.AF_INET6, '%s')):
                for port in (7, 53):
                    s = socket.socket(family, socket.SOCK_DGRAM); s.bind((address, port)); sockets.append(s)
            print('listening', flush=True)
            while True:
                for s in select.select(sockets, [], [])[0]:
                    data, peer = s.recvfrom(65535)
                    if s.getsockname()[1] == 53:
                        data = data[:2] + b'\\x81\\x80' + data[4:6] + b'\\0\\1\\0\\0\\0\\0' + data[12:data.index(b'\\0', 12) + 5] + b'\\xc0\\x0c\\0\\1\\0\\1\\0\\0\\0\\x3c\\0\\4\\x0a\\x63\\0\\1'
                    elif data == b'large': data = data * 800
                    s.sendto(data, peer)
            """.formatted(TwoPathLab.SERVICE_V4, TwoPathLab.SERVICE_V6);
    private static final String ECHO = """
            import socket, sys
            s = socket.socket(socket.AF_INET6 if ':' in sys.argv[1] else socket.AF_INET, socket.SOCK_DGRAM); s.connect((sys.argv[1], 7))
            def echo(payload, length):
                for attempt in range(20):
                    s.settimeout(1); s.send(payload)
                    try:
                        if len(s.recv(65535)) == length: return True
                    except (TimeoutError, OSError): pass
                return False
            for size in (1, 1000, 1400): print(size, echo(b'x' * size, size), flush=True)
            print('large answer', echo(b'large', 4000), flush=True)
            """;
    private static final String PING = """
            import os, socket, struct, sys
            v6 = ':' in sys.argv[1]
            s = socket.socket(socket.AF_INET6 if v6 else socket.AF_INET, socket.SOCK_RAW, 58 if v6 else 1); s.settimeout(1)
            def exchange(number, data):
                message = struct.pack('!BBHHH', 128 if v6 else 8, 0, 0, 0xbeef, number) + data
                total = sum(struct.unpack('!%dH' % (len(message) // 2), message))
                total = (total >> 16) + (total & 0xffff); total += total >> 16
                s.sendto(message[:2] + struct.pack('!H', ~total & 0xffff) + message[4:], (sys.argv[1], 0))
                while True:
                    answer, peer = s.recvfrom(65535)
                    if not v6: answer = answer[20:]
                    if answer[0] == (129 if v6 else 0) and answer[4:] == message[4:] and peer[0] == sys.argv[1]: return
            for number, size in ((1, 0), (2, 56), (3, 1400)):
                for attempt in range(20):
                    try: exchange(number, os.urandom(size)); break
                    except (TimeoutError, OSError): pass
                else: sys.exit('no answer to ' + str(number))
            """;
    private static final String LOOK_UP = """
            import socket
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(2)
            for attempt in range(20):
                s.sendto(b'\\x12\\x34\\1\\0\\0\\1\\0\\0\\0\\0\\0\\0\\3www\\7example\\3org\\0\\0\\1\\0\\1', ('%s', 53))
                try: answer, server = s.recvfrom(512); break
                except TimeoutError: pass
            print(server[1], socket.inet_ntoa(answer[-4:]))
            """.formatted(TwoPathLab.SERVICE_V4);

    UdpBypassTest() {
        super(LinkProfile.of(20, 5, 100), LinkProfile.of(20, 10, 100));
    }

    private void startServers() {
        lab.network.server().start(List.of("python3", "-c", SERVERS)).awaitLine("listening", PATIENCE);
    }

    private void assertEchoes(String address) {
        LabProcess echo = lab.network.client().start(List.of("python3", "-c", ECHO, address));
        assertEquals(0, echo.awaitExit(PATIENCE), echo.lines().toString());
        echo.awaitEndOfOutput(PATIENCE);
        assertEquals(List.of("1 True", "1000 True", "1400 True", "large answer True"), echo.lines().stream().filter(line -> !line.isBlank()).toList());
    }

    @Test
    void datagramsGoOnOverOnePathAndNamesAreFound() {
        startServers();
        start("");
        assertEchoes(TwoPathLab.SERVICE_V4);
        assertEchoes(TwoPathLab.SERVICE_V6);
        LabProcess lookUp = lab.network.client().start(List.of("python3", "-c", LOOK_UP));
        assertEquals(0, lookUp.awaitExit(PATIENCE), lookUp.lines().toString());
        lookUp.awaitEndOfOutput(PATIENCE);
        assertEquals(List.of("53 10.99.0.1"), lookUp.lines());
        lab.await(List.of("\"udp\":\\{\"flows\":[1-9]\\d*,\"sent\":[1-9]\\d*,\"received\":[1-9]\\d*,"), "status", "--json");
    }

    @Test
    void whenAPathIsSwitchedOffDatagramsTakeAnother() throws Exception {
        startServers();
        start("");
        assertEchoes(TwoPathLab.SERVICE_V4);
        long before = lab.network.paths().get(1).forward().deliveredBytes();
        lab.network.client().ip("link set p1 down");
        assertEchoes(TwoPathLab.SERVICE_V4);
        assertTrue(lab.network.paths().get(1).forward().deliveredBytes() > before + 2000, "they went over the second path");
    }

    /** By a raw socket with an identifier and numbers of its own, as ping does it; whole answers, and over the path that works. */
    @Test
    void pingsGoOnOverOnePathAndAreAnswered() {
        start("");
        for (String address : List.of(TwoPathLab.SERVICE_V4, TwoPathLab.SERVICE_V6)) {
            assertPinged(address);
        }
        lab.network.client().ip("link set p1 down");
        assertPinged(TwoPathLab.SERVICE_V4);
        // The host's own pings are answered on the same path, and are nobody else's.
        LabProcess own = lab.network.client().start(List.of("python3", "-c", PING, TwoPathLab.serverV4(2)));
        assertEquals(0, own.awaitExit(PATIENCE), own.lines().toString());
    }

    private void assertPinged(String address) {
        LabProcess ping = lab.network.client().start(List.of("python3", "-c", PING, address));
        assertEquals(0, ping.awaitExit(PATIENCE), ping.lines() + "\n" + lab.daemon.lines());
    }

    /** A ping is answered by an ICMP error, at once, and so is a datagram where none are wanted: nobody waits for nothing. */
    @Test
    void whatIsNotCarriedIsRefusedInWords() {
        start("udp: {use: refuse}\n");
        for (String address : List.of(TwoPathLab.SERVICE_V4, TwoPathLab.SERVICE_V6)) {
            LabProcess sender = lab.network.client().start(List.of("python3", "-c", """
                    import socket, sys
                    s = socket.socket(socket.AF_INET6 if ':' in sys.argv[1] else socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(20)
                    s.connect((sys.argv[1], 7)); s.setsockopt(*((41, 25, 1) if ':' in sys.argv[1] else (0, 11, 1))); s.send(b'x')
                    try: s.recv(100)
                    except OSError as e: print(e.errno)
                    """, address));
            assertEquals(0, sender.awaitExit(PATIENCE), sender.lines().toString());
            sender.awaitEndOfOutput(PATIENCE);
            assertEquals(List.of("101"), sender.lines()); // ENETUNREACH
        }
        lab.await(List.of("\"udp\":\\{\"flows\":0,\"sent\":0,\"received\":0,\"refused\":[2-9]"), "status", "--json");
    }

    private void start(String more) {
        try {
            lab.start(more);
        } catch (java.io.IOException e) {
            throw new AssertionError(e);
        }
    }
}
