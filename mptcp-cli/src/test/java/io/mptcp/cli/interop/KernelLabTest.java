package io.mptcp.cli.interop;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mptcp.cli.lab.Lab;
import io.mptcp.cli.lab.LabRequirements;
import io.mptcp.netty.linux.KernelMptcp;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** What has the kernel's MPTCP on the other side, in a laboratory that each test makes; skipped where that cannot be had. */
abstract class KernelLabTest {
    Lab lab;

    @BeforeEach
    void check() {
        assumeTrue(LabRequirements.missing().isEmpty(), () -> "no laboratory: " + LabRequirements.missing());
        assumeTrue(KernelMptcp.available(), "this kernel has no MPTCP");
    }

    @AfterEach
    void remove() {
        if (lab != null) {
            lab.close();
        }
    }
}
