package io.mptcp.cli.simulate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.mptcp.cc.CongestionControllers;
import io.mptcp.tun.ConfigException;
import io.mptcp.tun.ConfigNode;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PlanFileTest {
    @Test
    void aFileSaysWhatTheOptionsSay() throws ConfigException {
        SimulationPlan plan = read("""
                size: 64kB
                direction: up
                scheduler: [default, roundrobin]
                congestion: newreno
                runs: 3
                seed: 7
                buffer: 4MiB
                paths:
                  - {name: dsl, rate: 50, up: 10, rtt: 20, queue: 2bdp}
                  - {name: lte, rate: 10, rtt: 200, loss: 0.1, backup: true, weight: 2, jitter: 3, reorder: 1}
                cuts:
                  - lte,1s,2s,down
                """);
        List<PlannedPath> paths = List.of(PlannedPath.parse("50,20,2bdp,name=dsl,up=10", 1),
                PlannedPath.parse("10,200,0.1,name=lte,backup,weight=2,jitter=3,reorder=1", 2));
        assertEquals(new SimulationPlan(paths, List.of(Cut.parse("2,1,2,down", paths)), 64_000, false, List.of("default", "roundrobin"),
                List.of("newreno"), 3, 7, 4 << 20), plan);
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', value = {
        "size: 1MB ; plan:1: paths is missing, list at least one path",
        "paths: [{rate: 50}] ; plan:1: paths item 1: rtt is missing, correct it",
        "paths: [{rate: 50, rtt: 20, colour: red}] ; plan:1: unknown key 'colour' in paths item 1, known are name, rate, up, rtt, loss, queue, jitter, reorder, backup, weight",
        "paths: [{rate: quick, rtt: 20}] ; plan:1: rate: 'quick' is not a rate such as 50 (Mbit/s) or 500kbit, correct it",
        "{paths: [{rate: 5, rtt: 20}], runs: 0} ; plan:1: runs is 0, give a number from 1 to 10000",
        "{paths: [{rate: 5, rtt: 20}], congestion: vegas} ; plan:1: unknown congestion 'vegas', known are cubic, newreno",
        "{paths: [{rate: 5, rtt: 20}], cuts: ['2,1']} ; plan:1: cuts item 1: there is no path '2', known are path1, write PATH,AT[,FOR][,silent|down|up-only]"})
    void mistakesNameTheLine(String text, String message) {
        String said = assertThrows(ConfigException.class, () -> read(text)).getMessage();
        assertEquals(message.replace("cubic, newreno", String.join(", ", CongestionControllers.names())), said);
    }

    private static SimulationPlan read(String text) throws ConfigException {
        PlanBuilder plan = new PlanBuilder();
        PlanFile.read(ConfigNode.parse("plan", text), plan);
        return plan.build();
    }
}
