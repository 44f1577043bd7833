package io.mptcp.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.cc.CongestionControllers;
import io.mptcp.scheduler.Schedulers;
import io.mptcp.tun.RelaySpec;
import io.mptcp.tun.TunConfig;
import io.mptcp.tun.relay.RelayConfig;
import io.mptcp.tun.stream.Tls;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** Exit codes and messages, without a network. */
class CommandLineTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(CommandLine line, String... args) {
        line.setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
        return line.execute(args);
    }

    private int mptcp(String... args) {
        return run(Mptcp.commandLine(), args);
    }

    private void assertOneLine(String start) {
        String text = err.toString();
        assertEquals(1, text.lines().count(), text);
        assertTrue(text.startsWith(start), text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"--help", "cat --help", "check --help", "demo --help", "bench --help", "bench wan --help", "bench fairness --help", "bench speed --help", "bench failover --help", "bench scale --help", "bench multipath --help", "bench never-slower --help", "bench messages --help", "dump --help", "perf --help", "perf --help", "simulate --help", "tun --help", "tun run --help", "tun check-config --help", "tun relay --help", "tun relay-key --help", "tun setup --help", "tun relay-setup --help", "tun exec --help", "relay --help"})
    void everyCommandHelps(String args) {
        assertEquals(ExitCodes.OK, mptcp(args.split(" ")));
        assertTrue(out.toString().contains("Usage: mptcp") || out.toString().startsWith("Usage:"), out.toString());
        assertTrue(out.toString().contains("--help"), out.toString());
        assertEquals("", err.toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"--version", "cat --version", "demo --version", "bench wan --version", "tun run --version"})
    void everyCommandHasAVersion(String args) {
        assertEquals(ExitCodes.OK, mptcp(args.split(" ")));
        assertTrue(out.toString().matches("mptcp \\d+\\.\\d+\\.\\S+ \\(Java \\d+.*\\)\\R"), out.toString());
    }

    @Test
    void helpOfCatListsWhatThereIs() {
        assertEquals(ExitCodes.OK, mptcp("cat", "--help"));
        String unwrapped = out.toString().replaceAll("\\s+", " ");
        assertTrue(unwrapped.contains(String.join(", ", CongestionControllers.names())), out.toString());
        for (String scheduler : Schedulers.names()) {
            assertTrue(out.toString().contains(scheduler), scheduler);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                                          | mptcp: a command is missing: one of cat, check, demo, bench, dump, perf, simulate, status, connections, conn, paths, endpoint, limits, scheduler, congestion, monitor, top, capture, reload, relay, testport, testport-ctl, tun
        bench                             | mptcp bench: a command is missing: one of wan, fairness, speed, scale, failover, laptop, multipath, never-slower, messages
        bench multipath --paths 50/20     | mptcp bench multipath: --paths: '50/20' is not a pair of paths such as 50/20+10/200
        bench multipath --scheduler best  | mptcp bench multipath: --scheduler: 'best' is none of
        bench never-slower --send-buffer 5 | mptcp bench never-slower: --send-buffer must be 0, or between 4096 and 67108864
        bench messages --cuts 0           | mptcp bench messages: --cuts must be between 1 and 10000
        bench wan --rate 0                | mptcp bench wan: --rate must be between 1 and 1000
        bench wan --rtt 5,-1              | mptcp bench wan: --rtt must be between 0 and 2000
        bench wan --queue 3               | mptcp bench wan: --queue: '3' is not a size such as 1bdp or 50ms
        bench wan --direction left        | mptcp bench wan: Invalid value for option '--direction'
        bench fairness --runs 0           | mptcp bench fairness: --runs must be between 1 and 1000
        bench speed --seconds 0           | mptcp bench speed: --seconds must be between 0.1 and 3600
        bench scale --connections 5,1     | mptcp bench scale: --connections must be rising numbers between 1 and 1000000
        bench scale --connections 5 --by-class | mptcp bench scale: --by-class compares two numbers of connections: --connections must have them
        bench speed --only sound          | mptcp bench speed: Invalid value for option '--only'
        bench failover --cuts 0           | mptcp bench failover: --cuts must be between 1 and 10000
        bench failover --kind slowly      | mptcp bench failover: Invalid value for option '--kind'
        dump                              | mptcp dump: Missing required parameter: 'FILE'
        dump --connection 12x file        | mptcp dump: --connection: '12x' is not a token
        fly                               | mptcp: Unmatched argument at index 0: 'fly'
        endpoint add 10.0.0.1 dev         | mptcp endpoint add: dev needs a value
        endpoint add 10.0.0.1 fast        | mptcp endpoint add: 'fast' is not known here, known are dev, id, port, backup, fullmesh, laminar, signal, subflow
        endpoint change id 1              | mptcp endpoint change: what is to be changed: backup, nobackup, fullmesh or nofullmesh
        limits set subflows 2 x           | mptcp limits set: 'x' is not known here
        paths set p1                      | mptcp paths set: Missing required parameter: 'STATE'
        tun                               | mptcp tun: a command is missing: one of run, check-config, exec, setup
        tun exec curl x                   | mptcp tun exec: the paths are missing: --path eth0 --path wlan0, or --config FILE
        cat                               | mptcp cat: Missing required parameter: 'HOST PORT'
        cat localhost                     | mptcp cat: HOST and PORT are needed
        cat localhost http                | mptcp cat: 'http' is not a port (1 to 65535)
        cat localhost 65536               | mptcp cat: '65536' is not a port (1 to 65535)
        cat -l 0                          | mptcp cat: '0' is not a port (1 to 65535)
        cat -k localhost 80               | mptcp cat: -k goes with -l only
        cat -4 -6 localhost 80            | mptcp cat: -4 and -6 exclude each other
        cat -w 0 localhost 80             | mptcp cat: --wait is a number of seconds, at least 1
        cat -w soon localhost 80          | mptcp cat: Invalid value for option '--wait'
        cat --scheduler best localhost 80 | mptcp cat: --scheduler: unknown scheduler 'best', known are default,
        cat --congestion vegas localhost 80 | mptcp cat: --congestion: unknown congestion control 'vegas', known are cubic,
        cat --path eth0,fast localhost 80 | mptcp cat: Invalid value for option '--path'
        cat --path tun0,link=tun h 80     | mptcp cat: path tun0: link=tun needs addr=A
        cat --path eth0 --path eth0 h 80  | mptcp cat: path eth0 is given twice
        cat --frob localhost 80           | mptcp cat: Unknown option: '--frob'
        cat a b 80                        | mptcp cat: too many arguments: '80'
        check                             | mptcp check: Missing required parameters: 'HOST', 'PORT'
        check localhost http              | mptcp check: Invalid value for positional parameter at index 1 (PORT)
        check localhost 65536             | mptcp check: '65536' is not a port (1 to 65535)
        check -4 -6 localhost 80          | mptcp check: -4 and -6 exclude each other
        check --timeout 0 localhost 80    | mptcp check: --timeout is a number of seconds, at least 1
        check --path eth0 --path eth0 h 80 | mptcp check: path eth0 is given twice
        check --path eth0,fast h 80       | mptcp check: Invalid value for option '--path'
        """)
    void wrongUsageIsOneLineAndCode2(String args, String message) {
        assertEquals(ExitCodes.USAGE, mptcp(args == null ? new String[0] : args.split(" ")));
        assertOneLine(message);
        assertTrue(err.toString().contains("--help"), err.toString());
    }

    @Test
    void unknownHostIsOneLineAndCode1() {
        assertEquals(ExitCodes.FAILURE, mptcp("cat", "no.such.host.invalid", "80"));
        assertOneLine("mptcp cat: no.such.host.invalid: unknown host");
    }

    @Test
    void addressOfAnotherHostCannotBeListenedOn() {
        assertEquals(ExitCodes.FAILURE, mptcp("cat", "-l", "--path", "lo,link=udp", "192.0.2.77", "5000"));
        assertOneLine("mptcp cat: 192.0.2.77: no interface has this address");
    }

    @Test
    void unknownDeviceIsOneLineThatNamesTheKnownOnes() {
        assertEquals(ExitCodes.FAILURE, mptcp("cat", "--path", "nosuchdev9", "127.0.0.1", "80"));
        assertOneLine("mptcp cat: no such interface: nosuchdev9, there are ");
        assertTrue(err.toString().contains("lo"), err.toString());
    }

    @Test
    void configurationIsChecked(@TempDir Path folder) throws IOException {
        Path config = Files.writeString(folder.resolve("good.yaml"), """
            tun: {device: mptcp7, address: 10.255.0.1/30, routes: [198.51.100.0/24]}
            paths: [{device: eth0}, {device: wlan0, backup: true}]
            """);
        assertEquals(ExitCodes.OK, mptcp("tun", "check-config", "-c", config.toString()));
        assertEquals(config + ": ok\n", out.toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"run", "check-config"})
    void truncatedConfigurationIsOneLineAndCode2(String command, @TempDir Path folder) throws IOException {
        Path config = Files.writeString(folder.resolve("bad.yaml"), "tun: {device: mptcp7, address: 10.255");
        assertEquals(ExitCodes.USAGE, run(TunCommand.commandLine(), command, "--config", config.toString()));
        assertOneLine("mptcp-tun " + command + ": " + config + ":1: ");
    }

    @Test
    void missingConfigurationIsOneLineAndCode2(@TempDir Path folder) {
        assertEquals(ExitCodes.USAGE, mptcp("tun", "run", "-c", folder.resolve("absent.yaml").toString()));
        assertOneLine("mptcp tun run: " + folder.resolve("absent.yaml") + ": no such file");
    }

    @Test
    void setupWritesAConfigurationThatCanBeUsedAndReplacesNone(@TempDir Path folder) throws Exception {
        String metered = "no,addr=2001:db8::7,role=off,weight=3,cost=5,quota=20G/month@15,quota-then=off,probe=20,link=udp,gso=off";
        Path file = folder.resolve("etc/mptcp-tun.yaml");
        String[] setup = {"tun", "setup", "--path", "eth0", "--path", "wwan0,backup",
            "--path", metered, "--route", "198.51.100.0/24", "--no-dashboard", "-o", file.toString()};
        assertEquals(ExitCodes.OK, mptcp(setup), err.toString());
        assertEquals(ExitCodes.OK, mptcp("tun", "check-config", "-c", file.toString()));
        TunConfig config = TunConfig.load(file);
        PathSpecConverter option = new PathSpecConverter();
        assertEquals(List.of(option.convert("eth0"), option.convert("wwan0,backup"), option.convert(metered)), config.paths());
        assertEquals("[198.51.100.0/24]", config.tun().routes().toString());
        assertEquals(null, config.control().http());
        assertEquals(ExitCodes.FAILURE, mptcp(setup));
        assertOneLine("mptcp tun setup: " + file + ": is there already");
    }

    @Test
    void whatCanBeDoneButShouldBeKnownIsSaidByTheCheckOfARelaysConfiguration(@TempDir Path folder) throws Exception {
        Path file = Files.writeString(folder.resolve("relay.yaml"), """
                socks: [{address: '192.0.2.1:1080', by: kernel, tls: no, clients: [192.0.2.0/24]}]
                users: [{name: alice, token: 0123456789abcdef0123456789abcdef}]
                """);
        assertEquals(ExitCodes.OK, mptcp("tun", "relay", "--check", "-c", file.toString()), err.toString());
        assertTrue(out.toString().startsWith(file + ": ok\nwarning: socks 192.0.2.1:1080 is without TLS"), out.toString());
    }

    /** On the relay's host, then on the client's with the file from there. */
    @Test
    void bothEndsAreSetUpByACommandEach(@TempDir Path folder) throws Exception {
        Path relayFile = folder.resolve("relay.yaml");
        String[] setup = {"tun", "relay-setup", "--server", "203.0.113.9", "--server", "[2001:db8::9]:8443", "--user", "home", "--user", "laptop-1",
            "--egress", "198.51.100.0/24", "-o", relayFile.toString()};
        assertEquals(ExitCodes.OK, mptcp(setup), err.toString());
        assertEquals(ExitCodes.OK, mptcp("tun", "relay", "--check", "-c", relayFile.toString()), err.toString());
        RelayConfig relay = RelayConfig.load(relayFile);
        Path tunFile = folder.resolve("mptcp-tun.yaml");
        assertEquals(ExitCodes.OK, mptcp("tun", "setup", "--path", "eth0", "--relay", folder.resolve("client-laptop-1.yaml").toString(), "-o", tunFile.toString()), err.toString());
        RelaySpec seen = TunConfig.load(tunFile).relays().getFirst();
        assertEquals("[/203.0.113.9:443, /[2001:db8:0:0:0:0:0:9]:8443]", seen.servers().toString());
        assertEquals(List.of(443, 8443), relay.listen().stream().map(listen -> listen.address().getPort()).toList());
        assertEquals(new RelayConfig.User(seen.user(), seen.token(), relay.users().get(1).connections(), null, null), relay.users().get(1));
        assertEquals(new RelaySpec.TlsTrust(Tls.pin(relay.tls().certificate()), null), seen.tls());
        for (String secret : List.of("relay.yaml", "relay.key", "client-home.yaml", "client-laptop-1.yaml", "mptcp-tun.yaml")) {
            assertEquals("rw-r-----", PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve(secret))), secret);
        }

        assertEquals(ExitCodes.FAILURE, mptcp(setup));
        assertOneLine("mptcp tun relay-setup: " + relayFile + ": is there already");
        setup[setup.length - 1] = folder.resolve("other.yaml").toString(); // the users' files would be replaced
        err.getBuffer().setLength(0);
        assertEquals(ExitCodes.FAILURE, mptcp(setup));
        assertOneLine("mptcp tun relay-setup: " + folder.resolve("client-home.yaml") + ": is there already");
        assertFalse(Files.exists(folder.resolve("other.yaml")), "nothing is left half-configured");
    }

    @Test
    void whatRelaySetupIsNotToldItAsks(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("relay.yaml");
        InputStream before = System.in;
        try {
            System.setIn(new ByteArrayInputStream("203.0.113.9:8443\n\n198.51.100.0/24, 192.0.2.0/24\n".getBytes()));
            assertEquals(ExitCodes.OK, mptcp("tun", "relay-setup", "-o", file.toString()), err.toString());
            assertEquals(ExitCodes.USAGE, mptcp("tun", "relay-setup", "-o", folder.resolve("other.yaml").toString()));
        } finally {
            System.setIn(before);
        }
        assertOneLine("mptcp tun relay-setup: no answer: name the address with --server where nobody can be asked");
        RelayConfig relay = RelayConfig.load(file);
        assertEquals(8443, relay.listen().getFirst().address().getPort());
        assertEquals("home", relay.users().getFirst().name());
        assertTrue(relay.egress().allows(new IpEndpoint(IpAddress.parse("192.0.2.7"), 443)) && !relay.egress().allows(new IpEndpoint(IpAddress.parse("203.0.113.7"), 443)));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        --server relay.example.org                      | --server: 'relay.example.org' is not an address as
        --server 203.0.113.9 --user two/words           | 'two/words' is not 1 to 64 letters, digits or . _ -
        --server 203.0.113.9 --egress 198.51.100.1/24   | 198.51.100.1/24 has host bits set
        """)
    void whatARelayCannotBeSetUpWithIsSaidAndNothingIsWritten(String args, String message, @TempDir Path folder) throws Exception {
        List<String> all = new ArrayList<>(List.of("tun", "relay-setup", "-o", folder.resolve("relay.yaml").toString()));
        all.addAll(List.of(args.split(" ")));
        assertEquals(ExitCodes.USAGE, mptcp(all.toArray(String[]::new)));
        assertOneLine("mptcp tun relay-setup: ");
        assertTrue(err.toString().contains(message), err.toString());
        try (var files = Files.list(folder)) {
            assertEquals(List.of(), files.toList());
        }
    }

    @Command(name = "broken")
    private record Broken(Exception failure) implements Callable<Integer> {
        @Override
        public Integer call() throws Exception {
            throw failure;
        }
    }

    @Test
    void whatNobodyExpectedIsOneLineWithoutStackTrace() {
        assertEquals(ExitCodes.FAILURE, run(CommandLines.of(new Broken(new IllegalStateException("first\n\tsecond")))));
        assertOneLine("broken: internal error: IllegalStateException: first second");
        assertFalse(err.toString().contains("\tat "), err.toString());
    }

    @Test
    void filesThatAreNotThereAreCalledSo() {
        assertEquals(ExitCodes.FAILURE, run(CommandLines.of(new Broken(new NoSuchFileException("/dev/null/x")))));
        assertOneLine("broken: /dev/null/x: no such file");
    }

    @Test
    void silentFailureSaysNothing() {
        assertEquals(ExitCodes.FAILURE, run(CommandLines.of(new Broken(CommandFailure.silent()))));
        assertEquals("", err.toString());
    }
}
