package io.mptcp.cli.interop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mptcp.cli.lab.Command;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Connections through firewalls that want no Multipath TCP, made with nftables: they work all the same. What {@code mptcp check} says of such is in {@code CheckNftTest}. */
class FirewallInteropTest extends RoutedInteropTest {
    @BeforeEach
    void checkNft() {
        assumeTrue(Command.find("nft").isPresent(), "the program nft is missing: install nftables");
    }

    /** Nobody has to wait for anything. */
    @ParameterizedTest
    @EnumSource
    void optionsThatAreRemovedMakeItPlainTcp(Ends ends) throws Exception {
        build(ends, 1, 1, false);
        network.firewall("reset tcp option mptcp");
        connect();
        upload();
        Map<String, Long> client = clientCounters();
        assertEquals(1, client.get("MPCapableFallbackSYNACK"), client::toString);
        assertEquals(null, serverCounters().get("MPCapableSYNRX"), "the server has seen no MP_CAPABLE");
    }

    /** The first connection finds out, by SYNs that nobody answers; the next one begins as plain TCP. */
    @ParameterizedTest
    @EnumSource
    void synsThatAreDroppedGoWithoutMptcpAndTheNextConnectionKnows(Ends ends) throws Exception {
        build(ends, 1, 1, false);
        network.firewall("tcp flags & syn == syn tcp option mptcp exists drop");
        long firstMillis = millisToConnect();
        upload();
        Map<String, Long> client = clientCounters();
        assertEquals(1, client.get("MPCapableSYNTXDrop"), client::toString);
        assertEquals(1, client.get("Blackhole"), client::toString);
        long secondMillis = millisToConnect();
        upload();
        System.out.println(ends + ": ms until connected, first " + firstMillis + ", next " + secondMillis);
        Map<String, Long> second = clientCounters();
        assertEquals(1, second.get("MPCapableSYNTXDisabled"), second::toString);
        assertEquals(client.get("MPCapableSYNTX"), second.get("MPCapableSYNTX"), "no SYN of the second connection asked for MPTCP");
    }

    private long millisToConnect() throws Exception {
        long from = System.nanoTime();
        connect();
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - from);
    }

    /** The other link is as good as it was, and the connection is Multipath TCP to its end. */
    @ParameterizedTest
    @EnumSource
    void aFirewallOnOneLinkCostsThatLink(Ends ends) throws Exception {
        build(ends, 2, 1, false);
        network.firewall("ip saddr " + RoutedLab.clientAddress(2) + " tcp flags & syn == syn reset tcp option mptcp");
        connect();
        upload();
        Map<String, Long> server = serverCounters();
        assertEquals(1, server.get("MPCapableACKRX"), server::toString);
        assertEquals(null, server.get("MPJoinAckRx"), server::toString);
        assertTrue(carried(network.clientLinks).getFirst() > BYTES, () -> "links carried " + carried(network.clientLinks));
    }
}
