package io.mptcp.cli.interop;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mptcp.cli.lab.Lab;
import io.mptcp.cli.lab.LabRequirements;
import io.mptcp.cli.lab.TwoPathLab;
import io.mptcp.netty.linux.KernelMptcp;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** Two hosts with the kernel's MPTCP and two cables between them, for each test anew; skipped where that cannot be had. */
abstract class TwoPathInteropTest {
    Lab lab;
    TwoPathLab network;

    @BeforeEach
    void build() {
        assumeTrue(LabRequirements.missing().isEmpty(), () -> "no laboratory: " + LabRequirements.missing());
        assumeTrue(KernelMptcp.available(), "this kernel has no MPTCP");
        lab = Lab.create();
        network = TwoPathLab.direct(lab, 2);
    }

    @AfterEach
    void remove() {
        if (lab != null) {
            lab.close();
        }
    }
}
