package io.mptcp.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.cli.lab.EmulatedPath;
import io.mptcp.cli.lab.LabProcess;
import io.mptcp.cli.lab.LinkProfile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** UDP by way of daemon and relay while a path dies. */
class RelayTunnelTest extends DaemonLabTest {
    /** Port 53 answers questions for addresses as a name server would that knows one for all names, and echoes the rest. */
    private static final String ECHO_SERVER = """
            import select, socket
            sockets = []
            def answer(data):
                if not b'\\7example' in data: return data
                end = 12
                while data[end]: end += data[end] + 1
                known = data[end + 2] == 1
                address = b'\\xc0\\x0c\\0\\1\\0\\1\\0\\0\\0\\x3c\\0\\4' + socket.inet_aton('10.88.0.1') if known else b''
                return data[:2] + b'\\x81\\x80\\0\\1\\0' + bytes([known]) + b'\\0\\0\\0\\0' + data[12:end + 5] + address
            for family, address in ((socket.AF_INET, '10.88.0.1'), (socket.AF_INET6, 'fd88::1')):
                for port in (7, 53):
                    s = socket.socket(family, socket.SOCK_DGRAM); s.bind((address, port)); sockets.append(s)
            print('listening', flush=True)
            while True:
                for s in select.select(sockets, [], [])[0]:
                    data, peer = s.recvfrom(65535)
                    s.sendto(answer(data), peer)
            """;
    /** Sends one datagram every 50 ms until told to stop, and says how many have not come back four seconds later, and which came twice. */
    private static final String TALK = """
            import select, socket, sys, time
            family = socket.AF_INET6 if ':' in sys.argv[1] else socket.AF_INET
            s = socket.socket(family, socket.SOCK_DGRAM); s.connect((sys.argv[1], int(sys.argv[2])))
            s.setblocking(False); got = []
            def hear():
                try:
                    while True: got.append(int(s.recv(2000)[:8]))
                except OSError: pass
            for attempt in range(600): # the session may not be there yet
                try: s.send(b'%08d' % 0)
                except OSError: pass
                time.sleep(0.1); hear()
                if got: break
            print('begun', flush=True)
            count, end, stop = 0, None, False
            while end is None or time.time() < end:
                if end is None:
                    count += 1; s.send(b'%08d' % count + b'x' * 100)
                time.sleep(0.05); hear()
                if end is None and select.select([sys.stdin], [], [], 0)[0]: end = time.time() + 4
            numbers = [n for n in got if n > 0]
            print('sent %d, lost %d, twice %d' % (count, count - len(set(numbers)), len(numbers) - len(set(numbers))), flush=True)
            """;

    private RelayLab relays;

    RelayTunnelTest() {
        super(LinkProfile.of(20, 10, 100), LinkProfile.of(20, 20, 100));
    }

    @BeforeEach
    void start() throws Exception {
        relays = new RelayLab(lab);
        lab.network.server().start(List.of("python3", "-c", ECHO_SERVER)).awaitLine("listening", PATIENCE);
        relays.startRelay("kernel", relays.tls() + "egress: [{to: 10.88.0.1, ports: [7, 53]}, {to: 'fd88::1', ports: [7, 53]}]\n");
        relays.startClient(relays.client(RelayLab.TOKEN, relays.pinned()) + "udp: {use: relay, duplicate: 53}\n");
    }

    private LabProcess talk(String address, int port) {
        LabProcess talk = lab.network.client().start(List.of("python3", "-c", TALK, address, Integer.toString(port)));
        talk.awaitLine("begun", PATIENCE);
        return talk;
    }

    private static void passFrames(LabProcess talk, EmulatedPath path, int frames) {
        long before = path.forward().deliveredFrames();
        DaemonLab.await("more frames", () -> path.forward().deliveredFrames() > before + frames || !talk.process().isAlive());
    }

    @Test
    void echoesAndNamesComeBackWhileAPathDies() throws Exception {
        List<LabProcess> talks = new ArrayList<>();
        for (String address : List.of("10.88.0.1", "fd88::1")) {
            talks.add(talk(address, 7));
            talks.add(talk(address, 53));
        }
        EmulatedPath first = lab.network.paths().get(0);
        EmulatedPath second = lab.network.paths().get(1);
        passFrames(talks.getFirst(), first, 100);
        first.cut();
        passFrames(talks.getFirst(), second, 200);
        first.restore();
        passFrames(talks.getFirst(), first, 100);
        second.cut();
        passFrames(talks.getFirst(), first, 100);
        List<String> said = new ArrayList<>();
        for (LabProcess talk : talks) {
            talk.process().getOutputStream().write('\n');
            talk.process().getOutputStream().flush();
        }
        for (LabProcess talk : talks) {
            assertEquals(0, talk.awaitExit(PATIENCE), talk.lines().toString());
            talk.awaitEndOfOutput(PATIENCE);
            said.add(talk.lines().getLast());
        }
        // Over both paths at once (port 53) nothing is lost; over one, what was on the way is sent again over the other.
        for (int i = 0; i < said.size(); i++) {
            String expected = "sent [0-9]{2,}, lost " + (i % 2 == 1 ? "0" : "[0-3]") + ", twice 0";
            assertTrue(said.get(i).matches(expected), said + "\n" + lab.daemon.lines() + relays.relay.lines());
        }
    }

    /** The resolver of the C library, which asks by UDP. */
    @Test
    void namesAreLookedUpByWayOfTheRelay(@TempDir Path directory) throws Exception {
        Path resolvConf = Files.writeString(directory.resolve("resolv.conf"), "nameserver 10.88.0.1\noptions timeout:1 attempts:5\n");
        talk("10.88.0.1", 53).close();
        LabProcess lookUp = lab.network.client().start(List.of("unshare", "-m", "sh", "-c",
                "mount --bind " + resolvConf + " /etc/resolv.conf && exec getent ahostsv4 www.example.org"));
        assertEquals(0, lookUp.awaitExit(PATIENCE), lookUp.lines().toString());
        lookUp.awaitEndOfOutput(PATIENCE);
        assertTrue(lookUp.lines().getFirst().matches("10\\.88\\.0\\.1 +STREAM +www\\.example\\.org"), lookUp.lines().toString());
    }

    /** The egress list is for datagrams, too, and who may not is told. */
    @Test
    void whereTheRelayMayNotGoTheSenderIsTold() {
        talk("10.88.0.1", 7).close();
        LabProcess refused = lab.network.client().start(List.of("python3", "-c", """
                import socket
                s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.connect(('10.88.0.1', 9)); s.setsockopt(0, 11, 1)
                for attempt in range(30):
                    try:
                        s.settimeout(1); s.send(b'x'); s.recv(100)
                    except TimeoutError: continue
                    except OSError as e: print(e.errno); break
                """));
        assertEquals(0, refused.awaitExit(PATIENCE), refused.lines().toString());
        refused.awaitEndOfOutput(PATIENCE);
        assertEquals(List.of("101"), refused.lines()); // ENETUNREACH
    }

    /** A relay that is killed takes the session with it; the next one begins another. */
    @Test
    void aSessionComesBackWithTheRelay() throws Exception {
        talk("10.88.0.1", 7).close();
        relays.relay.close();
        relays.relay.awaitExit(PATIENCE);
        relays.startRelay("kernel", relays.tls() + "egress: [{to: 10.88.0.1, ports: 7}]\n");
        talk("10.88.0.1", 7).close();
    }
}
