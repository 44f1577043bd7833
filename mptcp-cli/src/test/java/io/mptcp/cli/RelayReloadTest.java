package io.mptcp.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.cli.lab.LabProcess;
import io.mptcp.cli.lab.LinkProfile;
import io.mptcp.tun.stream.RelayKey;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A relay reads its configuration again, on SIGHUP, while connections go by it. */
class RelayReloadTest extends DaemonLabTest {
    private static final String OTHER_TOKEN = "fedcba9876543210fedcba9876543210";

    private RelayLab relays;

    RelayReloadTest() {
        super(LinkProfile.of(10, 5, 100), LinkProfile.of(10, 15, 100));
    }

    @BeforeEach
    void makeRelays() throws Exception {
        relays = new RelayLab(lab);
    }

    private void reload(Path file, String content, String said) throws Exception {
        Files.writeString(file, content);
        assertEquals(0, new ProcessBuilder("kill", "-HUP", Long.toString(relays.relay.process().pid())).start().waitFor());
        relays.relay.awaitLine(said, PATIENCE);
    }

    private int fetch() {
        return fetch(RelayLab.TARGET_V4);
    }

    private int fetch(String address) {
        return lab.curl(RelayLab.url(address, 1000)).awaitExit(PATIENCE);
    }

    @Test
    void usersAndWhereTheyMayGoChangeWhileADownloadGoesOn() throws Exception {
        relays.startRelay("kernel", relays.tls() + RelayLab.egress());
        relays.startClient(relays.client(RelayLab.TOKEN, relays.pinned()));
        Path file = lab.directory.resolve("relay.yaml");
        String first = Files.readString(file);
        LabProcess download = lab.curl(RelayLab.url(RelayLab.TARGET_V4, 200_000_000));
        relays.await("\"name\":\"alice\",\"connections\":1,");

        reload(file, first.replace("[8080, 9]", "[9]"), "configuration read again: changed: egress");
        assertNotEquals(0, fetch());
        relays.await("\"egress_denied\":1,");
        reload(file, first.replace(RelayLab.TOKEN, OTHER_TOKEN), "configuration read again: changed: users, egress");
        assertNotEquals(0, fetch());
        relays.await("\"wrong_token\":1,");
        reloadClient(RelayLab.TOKEN, OTHER_TOKEN);
        assertEquals(0, fetch(), "the client has the other token, too");
        reloadClient(OTHER_TOKEN, RelayLab.TOKEN);
        reload(file, first.replace(RelayLab.TOKEN + "}", RelayLab.TOKEN + ", connections: 1}") + "limits: {half-open: 10}\n", "configuration read again: changed: users, limits");
        assertNotEquals(0, fetch());
        relays.await("\"name\":\"alice\",\"connections\":1,\"accepted\":2,\"refused\":[1-9]");
        reload(file, first + "limit: 1\n", "configuration not changed: " + file + ":");
        reload(file, first.replace("q2", "q1"), "configuration not changed: " + file + ":");
        reload(file, first + "datagrams: false\n", "changed: users, limits; needs a restart: datagrams");

        assertEquals(0, fetch(), relays.relay.lines().toString());
        assertTrue(download.process().isAlive(), "the download has gone on: " + download.lines());
        relays.await("\"name\":\"alice\",\"connections\":1,\"accepted\":3,");
    }

    private void reloadClient(String before, String after) throws Exception {
        Files.writeString(lab.config, Files.readString(lab.config).replace(before, after));
        assertTrue(lab.mptcp("reload").out().contains("relays and rules for new connections"));
    }

    /** As a certificate that is renewed: clients that come get the new one, and whoever is there notices nothing. */
    @Test
    void filesOfTlsAreReadAgain() throws Exception {
        Path nextCertificate = directory.resolve("next.crt");
        Path nextKey = directory.resolve("next.key");
        String nextPin = RelayKey.write(nextCertificate, nextKey);
        relays.startRelay("kernel", relays.tls() + RelayLab.egress());
        // By IPv4 with the pin of the first key, by IPv6 with that of the next.
        String first = relays.client(RelayLab.TOKEN, relays.pinned()).replace("}]\n", "}, ");
        String next = relays.client(RelayLab.TOKEN, "pin: " + nextPin).replace("relays: [", "").replace("name: vps", "name: next");
        relays.startClient(first + next + "rules: [{to: '" + RelayLab.TARGET_V6 + "', use: relay, relay: next}]\n");
        LabProcess download = lab.curl(RelayLab.url(RelayLab.TARGET_V4, 200_000_000));
        relays.await("\"name\":\"alice\",\"connections\":1,");
        assertNotEquals(0, fetch("[" + RelayLab.TARGET_V6 + "]"));

        Path file = lab.directory.resolve("relay.yaml");
        String content = Files.readString(file);
        String certificate = Files.readString(relays.certificate);
        Files.writeString(relays.certificate, "no certificate");
        reload(file, content, "configuration not changed: " + relays.certificate);
        assertEquals(0, fetch(), "the first one is still served");
        Files.writeString(relays.certificate, certificate);

        Files.move(nextCertificate, relays.certificate, StandardCopyOption.REPLACE_EXISTING);
        Files.move(nextKey, relays.key, StandardCopyOption.REPLACE_EXISTING);
        reload(file, content, "configuration read again: changed: certificate and key");
        assertEquals(0, fetch("[" + RelayLab.TARGET_V6 + "]"));
        assertNotEquals(0, fetch());
        assertTrue(download.process().isAlive(), "the download has gone on: " + download.lines());
    }

    /** Of datagrams each one is looked at: a sender that has been let through is told when it is no longer. */
    @Test
    void theEgressListIsForDatagramsOfSendersThatAreThereToo() throws Exception {
        lab.network.server().start(List.of("python3", "-c", """
                import select, socket
                sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for port in (7, 53)]
                for s, port in zip(sockets, (7, 53)): s.bind(('10.88.0.1', port))
                print('listening', flush=True)
                while True:
                    for s in select.select(sockets, [], [])[0]: s.sendto(*s.recvfrom(65535))
                """)).awaitLine("listening", PATIENCE);
        String egress = "egress: [{to: 10.88.0.1, ports: [7, 53]}]\n";
        relays.startRelay("kernel", relays.tls() + egress);
        relays.startClient(relays.client(RelayLab.TOKEN, relays.pinned()) + "udp: {use: relay}\n");
        Path file = lab.directory.resolve("relay.yaml");
        LabProcess talk = lab.network.client().start(List.of("python3", "-c", """
                import socket, sys, time
                sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for port in (7, 53)]
                for s, port in zip(sockets, (7, 53)): s.connect(('10.88.0.1', port)); s.setsockopt(0, 11, 1); s.settimeout(1)
                def echo(s): # an error number, 0 for an answer, None for neither
                    for attempt in range(60):
                        try: s.send(b'x'); s.recv(100); return 0
                        except TimeoutError: pass
                        except OSError as e: return e.errno
                def begin(s): # the session may not be there yet
                    while echo(s) != 0: time.sleep(0.1)
                begin(sockets[0]); begin(sockets[1]); print('echoed', flush=True)
                sys.stdin.readline()
                print('then', echo(sockets[0]), echo(sockets[1]), flush=True)
                """));
        talk.awaitLine("echoed", PATIENCE);
        reload(file, Files.readString(file).replace("[7, 53]", "[53]"), "configuration read again: changed: egress");
        talk.process().getOutputStream().write('\n');
        talk.process().getOutputStream().flush();
        talk.awaitLine("then 101 0", PATIENCE); // ENETUNREACH
    }
}
