package io.mptcp.tun;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.netty.host.CountingLink;
import io.mptcp.netty.host.PathSpec;
import io.mptcp.netty.host.SetupException;
import io.mptcp.netty.host.UplinkSettings;
import io.mptcp.netty.host.Uplinks;
import io.mptcp.pm.PathRole;
import io.mptcp.stack.StackConfig;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import io.netty.channel.ManualIoEventLoop;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.handler.ssl.SslContext;
import io.netty.util.concurrent.MockTicker;
import io.netty.util.concurrent.Ticker;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What becomes of paths that run when the file says something else about them. */
class ReloadTest {
    private final MockTicker clock = Ticker.newMockTicker();
    private final ManualIoEventLoop loop = new ManualIoEventLoop(null, Thread.currentThread(), EpollIoHandler.newFactory(), clock);
    private final Uplinks uplinks = Uplinks.over(loop, UplinkSettings.of(StackConfig.defaults()), new Random(1)::nextLong,
            List.of(Wire.pair(0, "p1", "10.1.0.2", "10.99.0.1", 1, false)[0], Wire.pair(1, "p2", "10.2.0.2", "10.99.0.1", 1, false)[0]), () -> { });
    private final CountingLink second = uplinks.links().get(1);
    private TunConfig config = config("");
    private final RelayDialer dialer = dialer();
    private final FlowRouting routing = new FlowRouting(config.rules(), dialer, uplinks);
    private final Reload reload = new Reload(uplinks, new FlowTable(1), routing, config.paths());

    @AfterEach
    void close() {
        uplinks.close();
        loop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        while (!loop.isTerminated()) {
            loop.runNow();
            clock.advance(1, TimeUnit.SECONDS);
        }
    }

    /** The second path with these keys. */
    private static TunConfig config(String keys) {
        return config(keys, "");
    }

    private static TunConfig config(String keys, String more) {
        try {
            return TunConfig.parse("f.yaml", "tun: {address: 10.255.0.1/30, routes: [0.0.0.0/0]}\npaths: [{device: p1}, {device: p2" + keys + "}]\n" + more);
        } catch (ConfigException e) {
            throw new AssertionError(e);
        }
    }

    private String reload(String keys) {
        return reload(config(keys));
    }

    private static RelayDialer dialer() {
        try {
            return new RelayDialer(null, List.of());
        } catch (SetupException e) {
            throw new AssertionError(e);
        }
    }

    private String reload(TunConfig wanted) {
        String summary = reload.apply(config, wanted, contexts(wanted));
        config = config.reloadedWith(wanted);
        assertSame(second, uplinks.links().get(1), "the path was opened anew");
        assertEquals(2, uplinks.links().size());
        return summary;
    }

    @Test
    void everyRoleTurnsIntoEveryOther() {
        assertEquals("p2 off", reload(", role: off"));
        assertEquals(PathRole.OFF, uplinks.pathManager().role(1));
        assertEquals("p2 backup", reload(", role: backup"));
        assertEquals(PathRole.BACKUP, uplinks.pathManager().role(1));
        assertEquals("p2 off", reload(", role: off"));
        assertEquals(PathRole.OFF, uplinks.pathManager().role(1));
        assertEquals("p2 no longer off", reload(""));
        assertEquals(PathRole.USE, uplinks.pathManager().role(1));
        assertEquals("nothing is to be changed", reload(""));
    }

    @Test
    void whatWasSetByCommandLastsUntilTheFileIsReadAgain() {
        uplinks.pathManager().setRole(1, PathRole.OFF);
        assertEquals("p2 no longer off", reload(""));
        assertEquals(PathRole.USE, uplinks.pathManager().role(1));
    }

    @Test
    void costProbesAndWeightAreChangedInPlace() {
        assertEquals("p2 weight 7, p2 cost 3, p2 probe-seconds 20", reload(", weight: 7, cost: 3, probe-seconds: 20"));
        assertEquals(7, second.properties().weight());
        assertEquals(3, second.properties().cost());
        assertEquals(TimeUnit.SECONDS.toNanos(20), second.properties().probeIntervalNanos());
        assertEquals("p2 weight 1, p2 cost 0", reload(", probe-seconds: 20"));
    }

    @Test
    void aQuotaComesAndGoesAndOneThatIsUsedUpStaysSo() {
        assertEquals("p2 quota 20G/month then backup", reload(", quota: 20G/month"));
        uplinks.quotas().restore(1, 30_000_000_000L);
        assertEquals("p2 off, p2 quota 20G/month then off", reload(", quota: 20G/month, quota-then: off"));
        assertEquals("nothing is to be changed", reload(", quota: 20G/month, quota-then: off"));
        assertEquals("p2 no longer off, p2 quota 40G/month then off", reload(", quota: 40G/month, quota-then: off"));
        assertEquals(30_000_000_000L, uplinks.quotas().meter(1).usedBytes());
        assertEquals("p2 without quota", reload(""));
    }

    @Test
    void rulesAndRelaysAreForConnectionsFromNowOn() {
        IpEndpoint web = new IpEndpoint(IpAddress.parse("198.51.100.1"), 80);
        assertEquals("rules for new connections", reload(config("", "rules: [{ports: 80, use: direct, paths: p2}]\n")));
        assertEquals(List.of("p2"), routing.choose(IpAddress.parse("10.255.0.1"), web, Dscp.UNKNOWN).paths());
        String relay = "relays: [{server: '192.0.2.9:443', user: me, token: 0123456789abcdef0123456789abcdef, tls: off}]\n";
        assertEquals("relays and rules for new connections", reload(config("", relay)));
        assertEquals("relay", routing.choose(IpAddress.parse("10.255.0.1"), web, Dscp.UNKNOWN).relayName());
        assertEquals("relays and rules for new connections", reload(config("")));
        assertEquals(List.of(), routing.choose(IpAddress.parse("10.255.0.1"), web, Dscp.UNKNOWN).paths());
    }

    /** A connection to a relay of before never goes without its TLS; that of datagrams is still with its relay. */
    @Test
    void theTlsOfARelayThatStaysIsWhatItWasAndOfOneThatIsGoneThereIsNone() {
        String pin = "pin: 'sha256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='";
        String first = "{name: a, server: '192.0.2.9:443', user: me, token: 0123456789abcdef0123456789abcdef, " + pin + "}";
        String second = first.replace("name: a", "name: b");
        config = config("", "relays: [" + first + "]\nudp: {use: relay}\n");
        dialer.setRelays(contexts(config), null);
        RelaySpec a = config.relays().getFirst();
        Object before = dialer.tls(a);
        assertEquals("relays for new connections", reload(config("", "relays: [" + first + ", " + second + "]\nudp: {use: relay}\n")));
        RelaySpec b = config.relays().getLast();
        assertSame(before, dialer.tls(a));
        assertNotNull(dialer.tls(b));
        assertEquals("relays and rules for new connections; needs a restart: udp", reload(config("", "relays: [" + second + "]\nudp: {use: relay}\n")));
        assertSame(before, dialer.tls(a), "datagrams go on by it");
        assertEquals("relays and rules for new connections; needs a restart: udp", reload(config("")));
        assertNull(dialer.tls(b));
    }

    private static Map<RelaySpec, SslContext> contexts(TunConfig config) {
        try {
            return RelayDialer.contexts(config.relays());
        } catch (SetupException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void whatTheLinkWasOpenedWithNeedsARestart() {
        assertEquals("nothing is to be changed; needs a restart: gso of p2", reload(", gso: false"));
        assertTrue(reload(", gso: false, role: backup").startsWith("p2 backup; needs a restart: gso of p2"));
        assertEquals("p2 no longer backup", reload(""));
    }
}
