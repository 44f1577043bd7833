package io.mptcp.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.stack.Counter;
import io.mptcp.stack.Counters;
import io.mptcp.stack.StackConfig;
import io.mptcp.stack.SubflowInfo;
import io.mptcp.tcp.MtuProbing;
import io.mptcp.tcp.TcpConfig;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Paths that take smaller packets than the links at their ends, with and without routers that say so. */
class PathMtuDiscoveryTest {
    private static final LinkSpec LINK = LinkSpec.of(50, 20);
    private static final int NARROW = 1400;
    private static final long MB = 1_000_000;

    private static Scenario download(LinkSpec link, boolean ipv6, MtuProbing probing) {
        TcpConfig tcp = TcpConfig.defaults().toBuilder().mtuProbing(probing).build();
        return new Scenario(1).config(StackConfig.defaults().withTcp(tcp)).ipv6(ipv6).path(link).path(link).transfer(0, 20 * MB);
    }

    /** From then on the path to the client is narrow. */
    private static void narrow(Scenario scenario, int path, double atSeconds, boolean told) {
        scenario.at(atSeconds, () -> {
            SimLink down = scenario.path(path).down();
            down.setTellsPacketTooBig(told);
            down.setSpec(down.spec().withMtu(NARROW));
        });
    }

    private static Counters server(Scenario scenario) {
        return scenario.topology().server().stack().counters();
    }

    @ParameterizedTest
    @CsvSource({"false, 0", "true, 0", "false, 65000", "true, 65000"})
    void whereRoutersTellTheStreamHardlyStalls(boolean ipv6, int superSegmentBytes) {
        Scenario scenario = download(LINK.withSuperSegments(superSegmentBytes), ipv6, MtuProbing.OFF);
        narrow(scenario, 0, 1, true);
        Report report = scenario.runUntilDelivered(3);
        assertTrue(report.longestStallNanos() < 0.2e9, () -> "stalled for " + report.longestStallNanos() / 1e6 + " ms");
        assertTrue(server(scenario).get(Counter.IcmpInMsgs) > 0);
        assertEquals(0, server(scenario).get(Counter.TCPTimeouts));
    }

    /** One path only, so that nothing else helps: the stall is that of three timeouts. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aBlackHoleIsFoundOut(boolean ipv6) {
        Scenario scenario = new Scenario(1).ipv6(ipv6).path(LINK).transfer(0, 40 * MB);
        narrow(scenario, 0, 1, false);
        Report report = scenario.runUntilDelivered(11);
        assertTrue(report.longestStallNanos() < 3e9, () -> "stalled for " + report.longestStallNanos() / 1e6 + " ms");
        SubflowInfo subflow = scenario.topology().server().connections().getFirst().subflows().getFirst();
        assertTrue(subflow.pmtuBytes() <= NARROW && subflow.pmtuBytes() > NARROW - 9,
                () -> "the search has found what the path takes: " + subflow);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aPathThatIsABlackHoleFromTheBeginningCarriesItsShareInTheEnd(boolean ipv6) {
        Scenario scenario = download(LINK, ipv6, MtuProbing.BLACK_HOLE);
        narrow(scenario, 0, 0, false);
        scenario.runUntilDelivered(6);
        assertTrue(scenario.path(0).payloadBytesDelivered() > MB, () -> scenario.path(0).payloadBytesDelivered() + " bytes over the narrow path");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aSearchFromTheBeginningCostsLittle(boolean ipv6) {
        Scenario scenario = download(LINK, ipv6, MtuProbing.ON);
        scenario.runUntilDelivered(2.6);
        for (SubflowInfo subflow : scenario.topology().server().connections().getFirst().subflows()) {
            assertEquals(1500, subflow.pmtuBytes(), subflow::toString);
        }
        assertEquals(0, server(scenario).get(Counter.TCPMTUPFail));
    }

    /** What was an outage leaves no small segments behind. */
    @ParameterizedTest
    @ValueSource(doubles = {3, 10})
    void anOutageTakenForABlackHoleIsForgotten(double outageSeconds) {
        Scenario scenario = new Scenario(1).path(LINK).transfer(0, 20 * MB);
        scenario.at(1, () -> scenario.path(0).setPassing(false));
        scenario.at(1 + outageSeconds, () -> scenario.path(0).setPassing(true));
        scenario.runUntilDelivered(2 * outageSeconds + 8);
        SubflowInfo subflow = scenario.topology().server().connections().getFirst().subflows().getFirst();
        assertEquals(1500, subflow.pmtuBytes(), subflow::toString);
    }
}
