package io.mptcp.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class UdpPeersTest {
    @Test
    void unknownEndpointHasNoPort() {
        assertEquals(0, new UdpPeers(16).lookup(1, 2, 3));
    }

    @Test
    void lastPortHeardOfWins() {
        UdpPeers peers = new UdpPeers(16);
        peers.learn(1, 2, 80, 1000);
        peers.learn(1, 2, 80, 2000);
        assertEquals(2000, peers.lookup(1, 2, 80));
        assertEquals(1, peers.count());
    }

    @Test
    void addressAndTcpPortTellEndpointsApart() {
        UdpPeers peers = new UdpPeers(16);
        peers.learn(1, 2, 80, 1000);
        peers.learn(1, 2, 81, 1001);
        peers.learn(2, 1, 80, 1002);
        assertEquals(1000, peers.lookup(1, 2, 80));
        assertEquals(1001, peers.lookup(1, 2, 81));
        assertEquals(1002, peers.lookup(2, 1, 80));
    }

    @Test
    void countStaysBoundedAndAnEndpointThatKeepsTalkingIsKept() {
        UdpPeers peers = new UdpPeers(512);
        for (int i = 1; i <= 100_000; i++) {
            peers.learn(7, i, 5000, 1 + i % 65_535);
            if (i % 100 == 0) {
                peers.learn(9, 9, 443, 4444);
            }
            assertTrue(peers.count() <= 1024 + 1);
        }
        assertEquals(4444, peers.lookup(9, 9, 443));
        assertEquals(0, peers.lookup(7, 1, 5000));
    }

    @Test
    void asManyAsPromisedAreKeptThoughTheyAreSilent() {
        UdpPeers peers = new UdpPeers(20_000);
        for (int i = 1; i <= 20_000; i++) {
            peers.learn(7, i, 5000, i);
        }
        for (int i = 1; i <= 20_000; i++) {
            assertEquals(i, peers.lookup(7, i, 5000));
        }
    }

    @Property(tries = 200)
    void behavesLikeAMapWhileBelowItsBound(@ForAll @Size(max = 300) java.util.List<@IntRange(max = 400) Integer> endpoints) {
        UdpPeers peers = new UdpPeers(1024);
        Map<Integer, Integer> model = new HashMap<>();
        int port = 1;
        for (int endpoint : endpoints) {
            peers.learn(endpoint / 7, endpoint, endpoint % 3, port);
            model.put(endpoint, port++);
        }
        for (int endpoint = 0; endpoint <= 400; endpoint++) {
            assertEquals(model.getOrDefault(endpoint, 0), peers.lookup(endpoint / 7, endpoint, endpoint % 3));
        }
    }
}
