package io.mptcp.tun;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.netty.host.PathSpec;
import io.mptcp.netty.host.PathTerms;
import io.mptcp.pm.PathQuota;
import io.mptcp.pm.PathRole;
import io.mptcp.stack.MptcpPatience;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TunConfigTest {
    private static final String TUN = "tun: {address: 10.255.0.1/30, address6: 'fd00::1/64', routes: [198.51.100.0/24]}\n";
    private static final String PATHS = "paths: [{device: p1}]\n";

    private static TunConfig read(String text) throws ConfigException {
        return TunConfig.parse("f.yaml", text);
    }

    private static String error(String text) {
        String message = assertThrows(ConfigException.class, () -> read(text)).getMessage();
        assertEquals(1, message.lines().count(), message);
        return message;
    }

    @Test
    void smallestFileGetsTheDocumentedDefaults() throws Exception {
        TunConfig config = read(TUN + PATHS);
        assertEquals("mptcp0", config.tun().device());
        assertEquals(Cidr.parse("10.255.0.1/30"), config.tun().address());
        assertEquals(Cidr.parse("fd00::1/64"), config.tun().address6());
        assertEquals(1500, config.tun().mtuBytes());
        assertEquals(List.of(Cidr.parse("198.51.100.0/24")), config.tun().routes());
        assertEquals(List.of(PathSpec.of("p1")), config.paths());
        assertEquals("default", config.scheduler());
        assertEquals("cubic", config.congestion());
        assertFalse(config.checksum());
        assertEquals(new TunConfig.GatewayLimits(4096, 8_388_608, 30), config.limits());
        assertEquals(MptcpPatience.DEFAULT, config.patience());
        MptcpPatience wanted = read(TUN + PATHS + "mptcp: {syn-retrans-before-tcp-fallback: 0, blackhole-timeout-seconds: 0, close-timeout-seconds: 5}").patience();
        assertEquals(new MptcpPatience(0, 0, 5_000_000_000L), wanted);
        assertEquals("info", config.log());
        assertFalse(config.jsonLog());
        assertEquals(new TunConfig.Status(10, false), config.status());
        assertNull(config.capture());
        assertEquals(new ControlSettings(Path.of("/run/mptcp-tun/control.sock"), true, "rw-rw----", null, null, null), config.control());
        assertEquals(new TunConfig.Proxy(null, null), config.proxy());
    }

    @Test
    void everyKeyIsTakenOver() throws Exception {
        TunConfig config = read("""
                tun:
                  device: t0
                  address6: fd00::1/64
                  mtu: 9_000
                  routes: ['2001:db8::/32', '::/0', '2001:db8:1::5']
                paths:
                  - {device: p1, address: 192.0.2.1, backup: true, weight: 7, link: udp, gso: no}
                  - {device: p1, address: 192.0.2.2}
                scheduler: redundant
                congestion: newreno
                checksum: true
                limits: {connections: 5, buffer-bytes: 100000, connect-timeout-seconds: 3}
                log: DEBUG
                status: {every-seconds: 0, json: true}
                capture: /tmp/a.pcapng
                """);
        assertEquals("t0", config.tun().device());
        assertNull(config.tun().address());
        assertEquals(9000, config.tun().mtuBytes());
        assertEquals(List.of("2001:db8::/32", "::/0", "2001:db8:1::5/128"), config.tun().routes().stream().map(Cidr::toString).toList());
        assertEquals(new PathSpec("p1", IpAddress.parse("192.0.2.1"), PathTerms.DEFAULT.withRole(PathRole.BACKUP), 7, PathSpec.Kind.UDP, false), config.paths().get(0));
        assertEquals(PathSpec.of("p1", IpAddress.parse("192.0.2.2"), PathSpec.Kind.PACKET), config.paths().get(1));
        assertEquals("redundant", config.scheduler());
        assertEquals("newreno", config.congestion());
        assertTrue(config.checksum());
        assertEquals(new TunConfig.GatewayLimits(5, 100_000, 3), config.limits());
        assertEquals("debug", config.log());
        assertEquals(new TunConfig.Status(0, true), config.status());
        assertEquals(Path.of("/tmp/a.pcapng"), config.capture());
    }

    @Test
    void aPathThatIsWrittenIsReadAsTheSame() throws Exception {
        PathTerms terms = new PathTerms(PathRole.OFF, 7, PathQuota.parse("1234567/month@15", PathRole.OFF), 20);
        List<PathSpec> paths = List.of(PathSpec.of("p1"),
                new PathSpec("p-2", IpAddress.parse("2001:db8::1"), terms, 9, PathSpec.Kind.UDP, false),
                PathSpec.of("0123", IpAddress.parse("192.0.2.1"), PathSpec.Kind.RAW).withTerms(PathTerms.DEFAULT.withRole(PathRole.BACKUP)),
                PathSpec.of("no").withTerms(PathTerms.DEFAULT.withQuota(PathQuota.parse("20G/week", PathRole.BACKUP))),
                PathSpec.of("#'{}[],&*!|>%@"));
        assertEquals(paths, read(TUN + PathsConfig.yaml(paths)).paths());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            tune: {}                                      | f.yaml:1: unknown key 'tune' in the file, known are tun, paths
            tun: 5                                        | f.yaml:1: tun must be a map (key: value), not '5'
            tun:                                          | f.yaml:1: tun must be a map (key: value), not nothing
            tun: {mtu: 1500}                              | f.yaml:1: tun has no address
            tun: {address: 10.0.0.1/30}                   | f.yaml:1: 'routes' is missing in tun
            tun: {address: 10.0.0.1/30, routes: []}       | f.yaml:1: routes is empty
            tun: {address: 10.0.0.1/30, routes: 10.1/16}  | f.yaml:1: routes must be a list, not '10.1/16'
            tun: {address: 10.0.0.1/33}                   | f.yaml:1: address: prefix length 33 is not in 0..32
            tun: {address: 10.0.0.1/x}                    | f.yaml:1: address: 'x' is not a prefix length
            tun: {address: 10.0.0.300/8}                  | f.yaml:1: address: '10.0.0.300' is not an IP address
            tun: {address: fd00::1/64}                    | f.yaml:1: fd00::1/64 is not an IPv4 address
            tun: {address6: 10.0.0.1/8}                   | f.yaml:1: 10.0.0.1/8 is not an IPv6 address
            tun: {address: 0.0.0.0/8}                     | f.yaml:1: 0.0.0.0/8 cannot be the address of a device
            tun: {address: 10.0.0.1/30, mtu: big}         | f.yaml:1: mtu must be a whole number, not 'big', give a number from 576 to 65535
            tun: {address: 10.0.0.1/30, mtu: 100}         | f.yaml:1: mtu is 100, give a number from 576
            tun: {address6: 'fd00::1/64', mtu: 1000}      | f.yaml:1: mtu is 1000, give a number from 1280
            tun: {address: 10.0.0.1/30, mtu: 999999999999999999999} | f.yaml:1: mtu must be a whole number
            tun: {address: 10.0.0.1/30, routes: [10.1.0.1/16]} | f.yaml:1: 10.1.0.1/16 has host bits set, write 10.1.0.0/16
            tun: {address6: 'fd00::1/64', routes: ['fd00:1::/16']} | f.yaml:1: fd00:1::/16 has host bits set, write fd00::/16
            tun: {address: 10.0.0.1/30, routes: ['fd00::/16']} | f.yaml:1: route fd00::/16 needs the device to have an IPv6 address
            tun: {address: 10.0.0.1/30, routes: [1.2.3.4, 1.2.3.4/32]} | f.yaml:1: route 1.2.3.4/32 is given twice
            tun: {address: 10.0.0.1/30, routes: [{}]}     | f.yaml:1: routes item 1 must be text, not a map
            tun: {device: a/b, address: 10.0.0.1/30}      | f.yaml:1: device: 'a/b' is not an interface name
            tun: {device: a, device: b}                   | f.yaml:1: key 'device' is given twice, keep one
            """)
    void mistakesInTunAreNamedWithTheirLine(String text, String expected) {
        String message = error(text + "\n" + PATHS);
        assertTrue(message.startsWith(expected), message);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            paths: []                                    | f.yaml:2: there are no paths
            paths: {device: p1}                          | f.yaml:2: paths must be a list, not a map
            paths: [p1]                                  | f.yaml:2: paths item 1 must be a map (key: value), not 'p1'
            paths: [{adress: 1.2.3.4}]                   | f.yaml:2: unknown key 'adress' in paths item 1, known are device, address
            paths: [{address: 1.2.3.4}]                  | f.yaml:2: 'device' is missing in paths item 1
            paths: [{device: }]                          | f.yaml:2: device must be text, not nothing
            paths: [{device: sixteen-letters-}]          | f.yaml:2: device: 'sixteen-letters-' is not an interface name
            paths: [{device: p1}, {device: p1}]          | f.yaml:2: device p1 is given twice (item 1 too)
            paths: [{device: mptcp0}]                    | f.yaml:2: path mptcp0 is the TUN device itself
            paths: [{device: p1, address: 10.0.0.1/24}]  | f.yaml:2: address: '10.0.0.1/24' is not an IP address
            paths: [{device: p1, backup: maybe}]         | f.yaml:2: backup must be true or false, not 'maybe'
            paths: [{device: p1, weight: 0}]             | f.yaml:2: weight is 0, give a number from 1 to 1000
            paths: [{device: p1, weight: -1}]            | f.yaml:2: weight is -1
            paths: [{device: p1, weight: 1.5}]           | f.yaml:2: weight must be a whole number, not '1.5'
            paths: [{device: p1, link: carrier-pigeon}]  | f.yaml:2: link: unknown link kind 'carrier-pigeon', use one of packet, raw, tun, udp
            """)
    void mistakesInPathsAreNamedWithTheirLine(String text, String expected) {
        String message = error(TUN + text + "\n");
        assertTrue(message.startsWith(expected), message);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            scheduler: fastest                   | f.yaml:3: unknown scheduler 'fastest', use one of
            congestion: vegas                    | f.yaml:3: unknown congestion 'vegas', use one of
            checksum: 1                          | f.yaml:3: checksum must be true or false, not '1'
            limits: {connections: 0}             | f.yaml:3: connections is 0
            limits: {buffer-bytes: 8MiB}         | f.yaml:3: buffer-bytes must be a whole number, not '8MiB'
            limits: {conections: 1}              | f.yaml:3: unknown key 'conections' in limits
            log: verbose                         | f.yaml:3: unknown log 'verbose', use one of error, warn, info, debug, trace
            log: [info]                          | f.yaml:3: log must be text, not a list
            status: {every-seconds: -1}          | f.yaml:3: every-seconds is -1
            """)
    void mistakesElsewhereAreNamedWithTheirLine(String text, String expected) {
        String message = error(TUN + PATHS + text + "\n");
        assertTrue(message.startsWith(expected), message);
    }

    @Test
    void theFileItselfMustBeAMap() {
        assertTrue(error("[1, 2]").startsWith("f.yaml:1: the file must be a map (key: value), not a list"));
    }

    @Test
    void schedulersAndCongestionControlsThatExistAreListed() {
        assertTrue(error(TUN + PATHS + "scheduler: x").contains("redundant"));
        assertTrue(error(TUN + PATHS + "congestion: x").contains("cubic"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"tun: {address: 10.0.0", "tun:\n  routes: [10.0.0.0/8,", "tun: \"abc", "tun:\n\taddress: 1", "a: b: c", "tun: &a", "%YAML 9.9\n---\n"})
    void whatIsNotYamlIsSaidInOneLine(String text) {
        String message = error(text);
        assertTrue(message.matches("f\\.yaml:[0-9]+: .*"), message);
    }

    @Test
    void emptyFilesAndSeveralDocumentsAreRefused() {
        assertEquals("f.yaml:1: empty, start from the example configuration", error(""));
        assertTrue(error("# only a comment\n").startsWith("f.yaml:1: empty"));
        assertTrue(error(TUN + PATHS + "---\n" + TUN).startsWith("f.yaml:3: not YAML"));
    }

    /** Wherever a file is cut off, reading it either fails with one line or gives a configuration that was complete up to there. */
    @Test
    void truncationAnywhereGivesOneLineOrACompleteConfiguration() throws Exception {
        String whole = Files.readString(example());
        for (int length = 0; length < whole.length(); length++) {
            try {
                TunConfig config = read(whole.substring(0, length));
                assertFalse(config.paths().isEmpty());
                assertFalse(config.tun().routes().isEmpty());
            } catch (ConfigException e) {
                assertTrue(e.getMessage().matches("f\\.yaml:[0-9]+: [^\\n]+, [^\\n]+"), length + ": " + e.getMessage());
            }
        }
    }

    @Test
    void nothingInAFileCanNameAClass() {
        String message = error("tun: !!java.net.URL ['http://192.0.2.1/']\n" + PATHS);
        assertTrue(message.startsWith("f.yaml:1: not YAML: Global tag is not allowed"), message);
    }

    @Test
    void theExampleIsAValidConfiguration() throws Exception {
        TunConfig config = TunConfig.load(example());
        assertEquals(2, config.paths().size());
        assertEquals(new TunConfig.GatewayLimits(4096, 8_388_608, 30), config.limits());
    }

    @Test
    void filesThatCannotBeReadAreNamed(@TempDir Path directory) throws Exception {
        Path missing = directory.resolve("missing.yaml");
        assertEquals(missing + ": no such file, give the path of the configuration",
                assertThrows(ConfigException.class, () -> TunConfig.load(missing)).getMessage());
        assertEquals(directory + ": cannot be read (is a directory), give a readable file",
                assertThrows(ConfigException.class, () -> TunConfig.load(directory)).getMessage());
        Path binary = Files.write(directory.resolve("binary"), new byte[] {(byte) 0xff, (byte) 0xfe, 0});
        assertEquals(binary + ": not UTF-8 text, save it as UTF-8",
                assertThrows(ConfigException.class, () -> TunConfig.load(binary)).getMessage());
    }

    private static Path example() {
        Path here = Path.of("docs/mptcp-tun.example.yaml");
        return Files.exists(here) ? here : Path.of("../docs/mptcp-tun.example.yaml");
    }

    @Test
    void controlAndProxiesAreTakenOver() throws Exception {
        TunConfig config = read(TUN + PATHS + """
                control: {socket: /tmp/c.sock, mode: 0640, group: users}
                http: {listen: '[::1]:9000', token: 0123456789abcdef}
                proxy: {socks5: 127.0.0.1:1080, http-connect: '[::1]:8118'}
                """);
        assertEquals("rw-r-----", config.control().permissions());
        assertEquals("users", config.control().group());
        assertFalse(config.control().isDefault());
        assertEquals(9000, config.control().http().getPort());
        assertEquals("0123456789abcdef", config.control().token());
        assertEquals(1080, config.proxy().socks5().getPort());
        assertEquals(8118, config.proxy().httpConnect().getPort());
        assertNull(read(TUN + PATHS + "control: {socket: none}").control().socket());
        assertNull(read(PATHS + "proxy: {socks5: 127.0.0.1:1080}").tun());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            http: {listen: '0.0.0.0:9000'}                     | f.yaml:3: 0.0.0.0 can be reached by others, add a token, or listen on 127.0.0.1
            http: {listen: '127.0.0.1'}                        | f.yaml:3: listen: '127.0.0.1' is not an address with a port, give address and port, as 127.0.0.1:9654
            http: {listen: 'localhost:80'}                     | f.yaml:3: listen:
            http: {listen: '127.0.0.1:9000', token: short}     | f.yaml:3: token: 16 to 256 letters, digits or . _ ~ - are needed
            http: {token: 0123456789abcdef}                    | f.yaml:3: 'listen' is missing in http
            control: {mode: rw}                                | f.yaml:3: mode: 'rw' is no file mode, write three octal digits, as 660
            proxy: {socks5: '192.0.2.1:1080'}                  | f.yaml:3: 192.0.2.1 can be reached by others, proxies are for this host only: listen on 127.0.0.1:1080
            """)
    void whatWouldOpenTheHostToOthersIsRefused(String lines, String message) {
        assertTrue(error(TUN + PATHS + lines).startsWith(message), () -> error(TUN + PATHS + lines));
    }

    private static final String RELAY = """
            relays:
              - {name: vps, server: ['192.0.2.9:443', '[2001:db8::9]:443'], user: me, token: 0123456789abcdef0123456789abcdef, tls: off}
              - {name: other, server: '192.0.2.8:443', user: me, token: 0123456789abcdef0123456789abcdef, tls-name: relay.example.org}
            """;

    @Test
    void aConverterNeedsNothingButItsAddress() throws ConfigException {
        RelaySpec fails = read(TUN + PATHS + "relays: [{server: '192.0.2.9:5124', convert: yes}]\n").relays().getFirst();
        assertEquals(new RelaySpec.Converter(false), fails.convert());
        List<RelaySpec> relays = read(TUN + PATHS + "relays: [{name: a, server: '192.0.2.9:5124', convert: yes, otherwise: direct}]\n" ).relays();
        assertEquals(new RelaySpec.Converter(true), relays.getFirst().convert());
        assertEquals(relays, read(TUN + PATHS + RelaySpec.yaml(relays)).relays());
        assertTrue(error(TUN + PATHS + "udp: {use: relay}\n" + RelaySpec.yaml(relays)).contains("relay a has no TLS"));
    }

    private static FlowRule.Use use(TunConfig config, String source, String destination, int port) {
        return FlowRule.choose(config.rules(), IpAddress.parse(source), new IpEndpoint(IpAddress.parse(destination), port), Dscp.UNKNOWN).use();
    }

    @Test
    void rulesGoByTheCodePointOfThePacket() throws ConfigException {
        List<FlowRule> rules = read(TUN + PATHS + RELAY + """
                rules:
                  - {dscp: [EF, af41, CS1, 3], use: direct}
                  - {dscp: 0, use: bypass}
                """).rules();
        IpEndpoint destination = new IpEndpoint(IpAddress.parse("203.0.113.1"), 80);
        for (int codePoint : new int[] {46, 34, 8, 3}) {
            assertEquals(FlowRule.Use.DIRECT, FlowRule.choose(rules, destination.address(), destination, codePoint).use(), "code point " + codePoint);
        }
        assertEquals(FlowRule.Use.BYPASS, FlowRule.choose(rules, destination.address(), destination, 0).use());
        assertEquals(FlowRule.Use.RELAY, FlowRule.choose(rules, destination.address(), destination, 10).use());
        assertEquals(FlowRule.Use.RELAY, FlowRule.choose(rules, destination.address(), destination, Dscp.UNKNOWN).use());
    }

    @Test
    void theFirstRuleThatFitsDecidesAndTheRestGoesToTheFirstRelay() throws ConfigException {
        TunConfig config = read(TUN + PATHS + RELAY + """
                rules:
                  - {to: [203.0.113.0/24, '2001:db8:5::/48'], ports: [22, 8000-8100], use: direct, scheduler: redundant, congestion: bbr}
                  - {from: 10.255.0.2, use: bypass, path: p1}
                  - {to: 203.0.113.0/24, use: relay, relay: other}
                """);
        assertEquals(FlowRule.Use.DIRECT, use(config, "10.255.0.2", "203.0.113.1", 22));
        assertEquals(FlowRule.Use.DIRECT, use(config, "fd00::1", "2001:db8:5::1", 8050));
        assertEquals(FlowRule.Use.BYPASS, use(config, "10.255.0.2", "203.0.113.1", 23));
        assertEquals(FlowRule.Use.RELAY, use(config, "10.255.0.1", "203.0.113.1", 23));
        assertEquals(List.of("p1"), config.rules().get(1).paths());
        assertEquals(List.of(), config.rules().getFirst().paths());
        assertEquals(List.of("p1"), read(TUN + PATHS + "rules: [{use: direct, paths: p1}]").rules().getFirst().paths());
        assertEquals("other", config.rules().get(2).relay().name());
        assertEquals("vps", config.rules().getLast().relay().name());
        assertEquals("redundant", config.rules().getFirst().scheduler());
        assertEquals(FlowRule.Use.DIRECT, use(read(TUN + PATHS), "10.255.0.1", "203.0.113.1", 80));
        assertEquals(UdpSettings.DEFAULT, config.udp());
        assertEquals(new UdpSettings(UdpSettings.Use.BYPASS, "p1", null, List.of(), 5), read(TUN + PATHS + "udp: {path: p1, flows: 5}").udp());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            rules: [{use: relay}]                                   | f.yaml:3: there is no relay, add one to relays
            rules: [{use: direct, relay: vps}]                      | f.yaml:3: relay is for use: relay, leave one of them out
            rules: [{use: bypass, path: eth7}]                      | f.yaml:3: there is no path eth7, name one of paths
            rules: [{use: direct, paths: [p1, eth7]}]               | f.yaml:3: there is no path eth7, name one of paths
            rules: [{use: direct, paths: []}]                       | f.yaml:3: paths is empty, name the paths that may carry these connections
            rules: [{use: bypass, path: p1, paths: p1}]             | f.yaml:3: path and paths say the same, keep paths
            rules: [{use: direct, path: p1}]                        | f.yaml:3: path is for use: bypass, leave one of them out
            rules: [{use: bypass, scheduler: default}]              | f.yaml:3: scheduler is for use: direct or relay
            mptcp: {syn-retrans-before-tcp-fallback: 8}             | f.yaml:3: syn-retrans-before-tcp-fallback
            mptcp: {close-timeout-seconds: 0}                       | f.yaml:3: close-timeout-seconds
            mptcp: {blackhole-timeout: 5}                           | f.yaml:3: unknown key 'blackhole-timeout'
            rules: [{dscp: 64, use: direct}]                        | f.yaml:3: dscp: '64' is no code point, write e.g. EF, AF41, CS1 or 0 to 63
            rules: [{ports: 0, use: direct}]                        | f.yaml:3: ports: ports 0-0 are not in 1-65535
            relays: [{server: '192.0.2.9:443', user: me, token: 0123456789abcdef0123456789abcdef}] | f.yaml:3: it has to be said how the relay is known to be the right one
            relays: [{server: '192.0.2.9:443', user: me, token: 0123456789abcdef0123456789abcdef, pin: sha256/abc}] | f.yaml:3: pin:
            relays: [{server: '192.0.2.9:443', user: 'a b', token: x}] | f.yaml:3: user: 'a b' is not 1 to 64 letters
            relays: [{server: '192.0.2.9:443', convert: yes, user: me}] | f.yaml:3: a converter of RFC 8803 knows no user
            relays: [{server: '192.0.2.9:443', convert: yes, otherwise: hope}] | f.yaml:3: unknown otherwise 'hope', use one of fail, direct
            relays: [{server: '192.0.2.9:443', user: me, token: 0123456789abcdef0123456789abcdef, tls: off, otherwise: direct}] | f.yaml:3: otherwise is for converters
            udp: {use: relay}                                       | f.yaml:3: there is no relay
            udp: {duplicate: 53}                                    | f.yaml:3: duplicate is for use: relay
            udp: {path: eth7}                                       | f.yaml:3: there is no path eth7
            """)
    void whatDoesNotFitTogetherIsSaid(String lines, String message) {
        assertTrue(error(TUN + PATHS + lines).startsWith(message), () -> error(TUN + PATHS + lines));
    }
}
