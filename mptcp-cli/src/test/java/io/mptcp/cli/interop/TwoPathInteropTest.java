package io.mptcp.cli.interop;

import io.mptcp.cli.lab.Lab;
import io.mptcp.cli.lab.TwoPathLab;
import org.junit.jupiter.api.BeforeEach;

/** Two hosts with the kernel's MPTCP and two cables between them, for each test anew; skipped where that cannot be had. */
abstract class TwoPathInteropTest extends KernelLabTest {
    TwoPathLab network;

    @BeforeEach
    void build() {
        lab = Lab.create();
        network = TwoPathLab.direct(lab, 2);
    }
}
