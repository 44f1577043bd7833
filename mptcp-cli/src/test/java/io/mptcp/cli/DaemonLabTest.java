package io.mptcp.cli;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mptcp.cli.lab.LinkProfile;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Tests that get a {@link DaemonLab} of their own each, and are skipped where none can be made. */
@Timeout(300)
@Execution(ExecutionMode.CONCURRENT)
abstract class DaemonLabTest {
    static final Duration PATIENCE = Duration.ofSeconds(120);

    @TempDir
    Path directory;
    DaemonLab lab;
    private final LinkProfile[] profiles;

    /** @param profiles of the paths */
    DaemonLabTest(LinkProfile... profiles) {
        this.profiles = profiles;
    }

    @BeforeEach
    final void makeLab() {
        String obstacle = DaemonLab.obstacle();
        assumeTrue(obstacle == null, obstacle);
        lab = DaemonLab.create(directory, profiles);
    }

    @AfterEach
    final void removeLab() {
        if (lab != null) {
            lab.close();
        }
    }
}
