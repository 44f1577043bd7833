package io.mptcp.cli.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Lines as {@code /proc/net/netstat} has them. */
class KernelCountersTest {
    private static final List<String> NETSTAT = List.of(
            "TcpExt: SyncookiesSent TW",
            "TcpExt: 0 17",
            "MPTcpExt: MPCapableSYNRX MPCapableSYNTX MPFailTx",
            "MPTcpExt: 3 0 12345678901");

    @Test
    void namesAndValuesOfAGroupBelongTogether() {
        assertEquals(Map.of("MPCapableSYNRX", 3L, "MPCapableSYNTX", 0L, "MPFailTx", 12345678901L),
                KernelCounters.parse(NETSTAT, "MPTcpExt"));
        assertEquals(Map.of("SyncookiesSent", 0L, "TW", 17L), KernelCounters.parse(NETSTAT, "TcpExt"));
    }

    @Test
    void aKernelWithoutTheGroupHasNoCounters() {
        assertEquals(Map.of(), KernelCounters.parse(NETSTAT.subList(0, 2), "MPTcpExt"));
    }
}
