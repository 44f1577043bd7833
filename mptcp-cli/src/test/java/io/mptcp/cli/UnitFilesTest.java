package io.mptcp.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mptcp.cli.lab.Command;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the units for systemd let daemon and relay do, as their files say. */
class UnitFilesTest {
    private static final Path UNITS = Path.of("..", "packaging");
    /** 2.0, as systemd-analyze counts; it fails when the exposure is above. */
    private static final String BELOW_TWO = "19";

    @ParameterizedTest
    @ValueSource(strings = {"mptcp-tun.service", "mptcp-tun-relay.service"})
    void theyAreSandboxedBelowTwo(String unit) throws Exception {
        assumeTrue(Command.find("systemd-analyze").isPresent(), "needs the program systemd-analyze");
        Process analyze = new ProcessBuilder("systemd-analyze", "security", "--offline=true", "--threshold=" + BELOW_TWO, UNITS.resolve(unit).toString())
                .redirectErrorStream(true).start();
        String said = new String(analyze.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, analyze.waitFor(), said);
        assertTrue(said.contains("Overall exposure level for " + unit + ": 1."), said);
    }

    /** Else the stack does not know which of its ports the kernel gives to others, and holds a socket for each. */
    @ParameterizedTest
    @ValueSource(strings = {"mptcp-tun.service", "mptcp-tun-relay.service"})
    void theyLeaveTheKernelsPortRangeReadable(String unit) throws Exception {
        assertTrue(Files.readAllLines(UNITS.resolve(unit)).stream().noneMatch(line -> line.startsWith("ProcSubset=") || line.matches("(InaccessiblePaths|TemporaryFileSystem)=.*/proc.*")));
    }
}
