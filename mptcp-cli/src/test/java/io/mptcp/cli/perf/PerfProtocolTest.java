package io.mptcp.cli.perf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Messages of iperf3's protocol, and the report. */
class PerfProtocolTest {
    @Test
    void parametersAreReadAsIperf3WritesThem() {
        String text = "{\"tcp\":true,\"omit\":2,\"time\":10,\"num\":0,\"blockcount\":0,\"parallel\":4,\"reverse\":true,\"len\":131072,"
                + "\"pacing_timer\":1000,\"client_version\":\"3.12\"}";
        assertEquals(new PerfParameters(4, true, 10, 2, 0, 131072), PerfParameters.parse(text));
    }

    @Test
    void parametersAreWrittenAsTheyAreRead() {
        PerfParameters parameters = new PerfParameters(2, true, 0, 0, 1 << 30, 1000);
        assertEquals(parameters, PerfParameters.parse(parameters.json("3.12")));
    }

    /** iperf3 takes the presence of the key for a yes. */
    @Test
    void reverseIsNotMentionedWhenItIsNotMeant() {
        assertFalse(new PerfParameters(1, false, 1, 0, 0, 1000).json("3.12").contains("reverse"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"udp\":true}", "{\"bidirectional\":1}", "{\"authtoken\":\"x\"}", "{\"parallel\":0}", "{\"parallel\":1e9}", "{\"len\":-1}", "[1]", "{", "",
        "{\"a\":&x [*x]}", "\u0000"})
    void whatCannotBeDoneIsRefused(String text) {
        assertThrows(PerfException.class, () -> PerfParameters.parse(text));
    }

    @Test
    void resultsAreReadAsTheyAreWritten() {
        PerfResults results = new PerfResults(12.5, 12.5, 0, true,
                List.of(new PerfResults.Stream(1, 1000, 3, 1.5), new PerfResults.Stream(3, 2000, 0, 1.5)));
        assertEquals(results, PerfResults.parse(results.json()));
        assertEquals(3000, results.bytes());
        assertEquals(3, results.retransmits());
    }

    @Test
    void theSecondStreamIsNumberThree() {
        assertEquals(List.of(1, 3, 4), List.of(PerfParameters.streamId(0), PerfParameters.streamId(1), PerfParameters.streamId(2)));
    }

    @Test
    void linesLookLikeThoseOfIperf3() {
        StringWriter out = new StringWriter();
        PerfReport report = new PerfReport(new PrintWriter(out), false, 1);
        report.interval(List.of(new PerfReport.Line(1, 0, 1, 5_891_072, 7, 14_480)), false);
        PerfResults sent = new PerfResults(1, 1, 0, true, List.of(new PerfResults.Stream(1, 11_782_144, 9, 2)));
        PerfResults received = new PerfResults(1, 1, 0, false, List.of(new PerfResults.Stream(1, 11_700_000, -1, 2)));
        report.finished(true, sent, received, List.of(new PerfReport.PathLine("eth0", 750, 0, 1), new PerfReport.PathLine("wlan0", 250, 0, 2)));
        assertEquals("""
                [ ID] Interval           Transfer     Bitrate         Retr  Cwnd
                [  1]   0.00-1.00   sec  5.62 MBytes  47.1 Mbits/sec    7   14.1 KBytes
                - - - - - - - - - - - - - - - - - - - - - - - - -
                [ ID] Interval           Transfer     Bitrate         Retr
                [  1]   0.00-2.00   sec  11.2 MBytes  47.1 Mbits/sec    9             sender
                [  1]   0.00-2.00   sec  11.2 MBytes  46.8 Mbits/sec                  receiver
                path eth0: 75.0 % ( 750 Bytes), 1 subflow
                path wlan0: 25.0 % ( 250 Bytes), 2 subflows
                """.replace("( ", "("), out.toString().replace(System.lineSeparator(), "\n"));
    }

    @Test
    void sizesAreBinaryAndRatesDecimal() {
        assertEquals("1.00 KBytes", PerfReport.size(1024));
        assertEquals("1.00 GBytes", PerfReport.size(1 << 30));
        assertEquals("9.99 Gbits/sec", PerfReport.rate(9.99e9));
        assertTrue(PerfReport.rate(123e6).endsWith("123 Mbits/sec"));
    }
}
