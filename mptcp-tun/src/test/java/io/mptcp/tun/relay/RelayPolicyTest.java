package io.mptcp.tun.relay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mptcp.netty.linux.KernelMptcp;
import io.mptcp.tun.ConfigException;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import io.netty.channel.Channel;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Who may use a relay, how much, and to go where. */
class RelayPolicyTest {
    private static final String REST = """
            tls: off
            users: [{name: alice, token: 0123456789abcdef0123456789abcdef}]
            """;

    private static EgressList egress(String yaml) throws ConfigException {
        return RelayConfig.parse("relay.yaml", "listen: [{address: '127.0.0.1:443', by: kernel}]\n" + REST + yaml).egress();
    }

    private static boolean allows(EgressList list, String address, int port) {
        return list.allows(new IpEndpoint(IpAddress.parse(address), port));
    }

    @Test
    void nothingIsAllowedThatIsNotListed() throws Exception {
        assertFalse(allows(egress(""), "192.0.2.1", 80));
        EgressList list = egress("egress: [{to: 192.0.2.0/24, ports: [80, 8000-8100]}, {to: '2001:db8::/32'}]\n");
        assertTrue(allows(list, "192.0.2.1", 80));
        assertTrue(allows(list, "192.0.2.255", 8100));
        assertTrue(allows(list, "2001:db8:1::1", 22));
        assertFalse(allows(list, "192.0.2.1", 81));
        assertFalse(allows(list, "192.0.3.1", 80));
        assertFalse(allows(list, "2001:db9::1", 22));
    }

    @Test
    void theWholeInternetHasNoPrivateNetworksInIt() throws Exception {
        EgressList list = egress("egress: [{to: 0.0.0.0/0}, {to: '::/0'}, {to: 10.9.0.0/16, ports: 443}]\n");
        assertTrue(allows(list, "198.51.100.1", 443));
        assertTrue(allows(list, "2001:db8::1", 443));
        for (String address : new String[] {"10.0.0.1", "192.168.1.1", "172.16.0.1", "169.254.169.254", "100.64.0.1", "fd00::1", "fe80::1", "64:ff9b::a00:1"}) {
            assertFalse(allows(list, address, 443), address);
        }
        assertTrue(allows(list, "10.9.1.1", 443));
        assertFalse(allows(list, "10.9.1.1", 80));
    }

    @Test
    void mistakesInTheFileAreSaidWithTheirLine() {
        for (String[] mistake : new String[][] {
            {"users: [{name: alice, token: short}]\ntls: off\nlisten: [{address: '127.0.0.1:1'}]", "relay.yaml:1: token: 32 to 256 letters, digits or . _ ~ - are needed"},
            {"listen: [{address: '127.0.0.1:1'}]\ntls: off", "relay.yaml:1: 'users' is missing"},
            {"listen: [{address: '127.0.0.1:1'}]\n" + REST + "egress: [{to: 10.0.0.1/8}]", "relay.yaml:4: 10.0.0.1/8 has host bits set, write 10.0.0.0/8"},
            {"listen: [{address: '127.0.0.1:1', by: stack}]\n" + REST, "relay.yaml:1: 'paths' is missing"},
            {"listen: [{address: '127.0.0.1:1', by: kernel}]\nusers: [{name: a, token: 0123456789abcdef0123456789abcdef}]", "relay.yaml:1: 'tls' is missing"},
            {"listen: [{address: '127.0.0.1:1', by: kernel}]\n" + REST + "allow-join-initial-addr-port: no", "relay.yaml:4: the kernel takes the connections"},
            {"listen: [{address: '127.0.0.1:1', by: stack}]\npaths: [{device: eth0}]\n" + REST + "announce: [{address: 192.0.2.1, port: 1}]", "relay.yaml:5: port 1 is listened on"},
            {"listen: [{address: '127.0.0.1:1'}]\n" + REST.replace("}]", ", rate: 20M}]"), "relay.yaml:3: rate: '20M' is not a rate like 20Mbit/s"},
            {"listen: [{address: '127.0.0.1:1'}]\n" + REST.replace("}]", ", quota: 20G}]"), "relay.yaml:3: quota: '20G' is not a quota like 20G/month"},
            {"log: info", "relay.yaml:1: nothing is listened on"}}) {
            String message = assertThrows(ConfigException.class, () -> RelayConfig.parse("relay.yaml", mistake[0])).getMessage();
            assertTrue(message.startsWith(mistake[1]), message);
        }
    }

    /** Until the restart that it needs: users of what is listened on go on as they were. */
    @Test
    void aFileThatNoLongerListensTakesNobodyAway() throws Exception {
        RelayConfig before = RelayConfig.parse("relay.yaml", "listen: [{address: '127.0.0.1:443', by: kernel}]\n" + REST);
        RelayConfig without = RelayConfig.parse("relay.yaml", "forward: [{address: '127.0.0.1:443', by: kernel, to: '127.0.0.1:80'}]\n");
        assertEquals(before.users(), before.reloadedWith(without).users());
        assertEquals("nothing is to be changed; needs a restart: listen, forward", before.changes(without, false));
        assertEquals("nothing is to be changed; needs a restart: listen, forward", without.changes(before, false));
        RelayConfig others = RelayConfig.parse("relay.yaml", "listen: [{address: '127.0.0.1:444', by: kernel}]\n" + REST.replace("alice", "bob"));
        assertEquals(others.users(), before.reloadedWith(others).users());
        assertEquals("changed: users; needs a restart: listen", before.changes(others, false));
    }

    @Test
    void aRelayThatStopsReadsNothingAnyMore() throws Exception {
        assumeTrue(KernelMptcp.available(), "needs a kernel with MPTCP");
        RelayConfig config = RelayConfig.parse("relay.yaml", "listen: [{address: '127.0.0.1:0', by: kernel}]\n" + REST.replace("}]", ", quota: 1G/day}]"));
        RelayServer relay = RelayServer.start(RelayConfig.parse("relay.yaml", "listen: [{address: '127.0.0.1:0', by: kernel}]\n" + REST));
        relay.close();
        assertEquals("the relay is being stopped", assertThrows(ConfigException.class, () -> relay.reload(config)).getMessage());
    }

    @Test
    void theExampleHasEveryKeyAndIsValid() throws Exception {
        Path example = Path.of("..", "docs", "relay.example.yaml");
        RelayConfig config = RelayConfig.load(example);
        assertEquals(2, config.users().size());
        String text = Files.readString(example);
        for (String key : new String[] {"listen", "convert", "clients", "cookies", "cookie-secret", "mptcp", "socks", "forward", "address", "by", "proxy-protocol", "accept-proxy", "paths", "scheduler", "congestion", "announce", "port", "allow-join-initial-addr-port", "tls", "certificate", "key", "users", "name", "token",
            "connections", "rate", "quota", "egress", "to", "ports", "datagrams", "limits", "half-open", "half-open-per-client", "hello-timeout-seconds", "connect-timeout-seconds", "log",
            "log-format", "control", "http"}) {
            assertTrue(text.matches("(?s).*\\b" + key + ":.*"), key);
        }
    }

    @Test
    void aClientHasSoManyHalfOpenConnectionsAndOfAllTheOldestGoes() {
        HalfOpen halfOpen = new HalfOpen(4, 2);
        IpAddress slow = IpAddress.parse("192.0.2.1");
        Channel first = new EmbeddedChannel();
        assertNull(halfOpen.enters(first, slow));
        assertNull(halfOpen.enters(new EmbeddedChannel(), slow));
        Channel third = new EmbeddedChannel();
        assertSame(third, halfOpen.enters(third, slow));
        halfOpen.leaves(third, slow);
        assertNull(halfOpen.enters(new EmbeddedChannel(), IpAddress.parse("2001:db8::1")));
        assertNull(halfOpen.enters(new EmbeddedChannel(), IpAddress.parse("2001:db8::2")));
        Channel same = new EmbeddedChannel();
        assertSame(same, halfOpen.enters(same, IpAddress.parse("2001:db8::3")), "all of one network of 64 bits is one client");
        assertSame(first, halfOpen.enters(new EmbeddedChannel(), IpAddress.parse("192.0.2.2")));
        halfOpen.leaves(first, slow);
        halfOpen.leaves(first, slow);
        assertEquals(4, halfOpen.size());
    }

    @Test
    void whoHasProvedWhereHeIsMakesNoRoomAndStillCountsForHisClient() {
        HalfOpen halfOpen = new HalfOpen(1, 2);
        IpAddress proved = IpAddress.parse("192.0.2.1");
        Channel first = new EmbeddedChannel();
        assertNull(halfOpen.enters(first, proved));
        halfOpen.proves(first);
        Channel stranger = new EmbeddedChannel();
        assertNull(halfOpen.enters(stranger, IpAddress.parse("192.0.2.2")));
        assertSame(stranger, halfOpen.enters(new EmbeddedChannel(), proved));
        Channel third = new EmbeddedChannel();
        assertSame(third, halfOpen.enters(third, proved));
        assertEquals(3, halfOpen.size());
        halfOpen.leaves(first, proved);
        halfOpen.leaves(first, proved);
        assertEquals(2, halfOpen.size());
        halfOpen.proves(first); // it is gone
        assertEquals(2, halfOpen.size());
    }

    @Test
    void aNonceIsTakenOnceWhileItsTimeWouldBe() {
        ReplayGuard guard = new ReplayGuard();
        byte[] nonce = "sixteen bytes it".getBytes();
        long start = 1_800_000_000_000L;
        assertTrue(guard.isTimely(start - ReplayGuard.WINDOW_MILLIS, start) && guard.isTimely(start + ReplayGuard.WINDOW_MILLIS, start));
        assertFalse(guard.isTimely(start - ReplayGuard.WINDOW_MILLIS - 1, start));
        assertFalse(guard.isTimely(start + ReplayGuard.WINDOW_MILLIS + 1, start));
        // Made by a clock that is ahead by the whole window: timely for two windows.
        for (long age = 0; age <= 2 * ReplayGuard.WINDOW_MILLIS; age += 1000) {
            assertEquals(age == 0, guard.takes(nonce, start + age), "after " + age);
            guard.takes(("other nonce " + age).getBytes(), start + age);
        }
    }
}
