package io.mptcp.cli.demo;

import io.mptcp.cli.lab.LabException;

final class SimulatedDemo {
    static DemoReport run(DemoSettings settings, DemoView view) {
        throw new LabException("the simulator is not there yet");
    }
}
