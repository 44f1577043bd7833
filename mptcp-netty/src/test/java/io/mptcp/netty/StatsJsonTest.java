package io.mptcp.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.mptcp.spi.PathStatus;
import io.mptcp.stack.MptcpInfo;
import io.mptcp.stack.SubflowInfo;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class StatsJsonTest {
    private static final MptcpInfo MPTCP = new MptcpInfo(1, 2, 3, 7, 8, 255, 2, 0x8000_0001, -1, -2, 9, 10, 255, true, 11, 12, 13, 14, 15, 16,
            17_000_000, 18_000_000, 19_000_000);
    private static final String MPTCP_JSON = "\"mptcp_info\":{\"mptcpi_subflows\":1,\"mptcpi_add_addr_signal\":2,\"mptcpi_add_addr_accepted\":3,"
            + "\"mptcpi_subflows_max\":7,\"mptcpi_add_addr_signal_max\":8,\"mptcpi_add_addr_accepted_max\":255,\"mptcpi_flags\":2,"
            + "\"mptcpi_token\":2147483649,\"mptcpi_write_seq\":\"18446744073709551615\",\"mptcpi_snd_una\":\"18446744073709551614\","
            + "\"mptcpi_rcv_nxt\":\"9\",\"mptcpi_local_addr_used\":10,\"mptcpi_local_addr_max\":255,\"mptcpi_csum_enabled\":1,"
            + "\"mptcpi_retransmits\":11,\"mptcpi_bytes_retrans\":12,\"mptcpi_bytes_sent\":13,\"mptcpi_bytes_received\":14,"
            + "\"mptcpi_bytes_acked\":15,\"mptcpi_subflows_total\":16,\"mptcpi_last_data_sent\":17,\"mptcpi_last_data_recv\":18,"
            + "\"mptcpi_last_ack_recv\":19},";

    @Test
    void everyFieldStandsUnderItsName() {
        SubflowInfo info = new SubflowInfo(3, 1, new IpEndpoint(IpAddress.parse("fd00::1"), 50_000), new IpEndpoint(IpAddress.parse("fd00::2"), 80),
                "ESTABLISHED", true, false, 1001, 1002, 1003, 1004, 5, 12_345_678, 2_000_000, 14_480, 28_960, 1448, 212_345_678, 1448, 1500);
        Map<String, Long> counters = new LinkedHashMap<>();
        counters.put("MPJoinSynTx", 1L);
        counters.put("TCPTimeouts", 2L);
        StackStatistics statistics = new StackStatistics(7, 8, 1_234_567_890L, true, "MPCapableFallbackSYNACK", "closed", MPTCP,
                List.of(new StackStatistics.Subflow("eth\"0", info)), counters,
                List.of(new StackStatistics.KnownBlackhole("wwan0", IpAddress.parse("192.0.2.7"), 2, 7_199_500_000_000L)),
                List.of(new StackStatistics.Path("wwan0", new PathStatus(1, 2, null, PathStatus.State.UNUSED, "no route to 192.0.2.1", -1)),
                        new StackStatistics.Path("eth0", new PathStatus(0, 1, IpAddress.parse("192.0.2.9"), PathStatus.State.USED, "in use", 0))));
        assertEquals("{\"bytes_sent\":7,\"bytes_received\":8,\"duration_seconds\":1.235,\"fallback\":true,"
                + "\"fallback_reason\":\"MPCapableFallbackSYNACK\",\"close_reason\":\"closed\"," + MPTCP_JSON + "\"subflows\":[{\"id\":3,\"link\":\"eth\\\"0\","
                + "\"local\":\"[fd00::1]:50000\",\"remote\":\"[fd00::2]:80\",\"state\":\"ESTABLISHED\",\"backup\":true,\"initial\":false,"
                + "\"bytes_sent\":1001,\"bytes_received\":1002,\"bytes_acked\":1003,\"retransmits\":5,\"bytes_retrans\":1004,"
                + "\"srtt_ms\":12.346,\"rttvar_ms\":2,\"rto_ms\":212.346,\"cwnd_bytes\":14480,\"ssthresh_bytes\":28960,"
                + "\"in_flight_bytes\":1448,\"mss\":1448,\"pmtu\":1500}],\"counters\":{\"MPJoinSynTx\":1,\"TCPTimeouts\":2},"
                + "\"blackholes\":[{\"link\":\"wwan0\",\"remote\":\"192.0.2.7\",\"times\":2,\"seconds_left\":7199.5}],\"paths\":[{\"link\":\"wwan0\",\"endpoint\":2,\"local\":null,"
                + "\"state\":\"UNUSED\",\"reason\":\"no route to 192.0.2.1\"},{\"link\":\"eth0\",\"endpoint\":1,\"local\":\"192.0.2.9\","
                + "\"state\":\"USED\",\"reason\":\"in use\",\"subflow\":0}]}", StatsJson.line(statistics));
    }

    @Test
    void aConnectionThatNeverWasHasNoReasonAndNoSubflows() {
        StackStatistics statistics = new StackStatistics(0, 0, 0, false, null, "open", MPTCP, List.of(), Map.of(), List.of(), List.of());
        assertEquals("{\"bytes_sent\":0,\"bytes_received\":0,\"duration_seconds\":0,\"fallback\":false,\"fallback_reason\":null,"
                + "\"close_reason\":\"open\"," + MPTCP_JSON + "\"subflows\":[],\"counters\":{},\"blackholes\":[],\"paths\":[]}", StatsJson.line(statistics));
    }
}
