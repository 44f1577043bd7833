package io.mptcp.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.mptcp.stack.StackConfig;
import org.junit.jupiter.api.Test;

class ScenarioTest {
    @Test
    void plain() {
        Scenario s = new Scenario(1).config(StackConfig.defaults().withMptcp(false)).path(LinkSpec.of(100, 20)).transfer(0, 10_000_000);
        Report r = s.runUntilClosed(30);
        System.out.println(r);
        s.runUntilQuiet();
    }

    @Test
    void one() {
        Scenario s = new Scenario(1).path(LinkSpec.of(100, 20)).transfer(0, 10_000_000);
        Report r = s.runUntilClosed(30);
        System.out.println(r);
        assertFalse(s.connection().isFallback());
        s.runUntilQuiet();
    }

    @Test
    void two() {
        Scenario s = new Scenario(1).path(LinkSpec.of(100, 20)).path(LinkSpec.of(100, 20)).transfer(0, 10_000_000);
        Report r = s.runUntilClosed(30);
        System.out.println(r);
        s.runUntilQuiet();
    }

    @Test
    void demo() {
        SimulatedDemo.Result r = SimulatedDemo.run(1, 40_000_000, (run, sample) -> {
            if (run == SimulatedDemo.Run.PATH_CUT) System.out.println(sample); });
        System.out.println(r.single().goodputBitsPerSecond() / 1e6 + " " + r.two().goodputBitsPerSecond() / 1e6 + " " + r.cut().goodputBitsPerSecond() / 1e6
            + " stall " + r.cut().longestStallNanos() / 1e6 + " " + r.cut().bytesPerPath());
    }
}
