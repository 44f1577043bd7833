package io.mptcp.cli.interop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mptcp.cli.lab.Command;
import io.mptcp.cli.lab.Lab;
import io.mptcp.cli.lab.LabProcess;
import io.mptcp.cli.lab.LabRequirements;
import io.mptcp.cli.lab.TwoPathLab;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a person gets who asks {@code mptcp cat} for what cannot be: one line, a failing exit code, and the host as it was. */
class CommandLineErrorsTest {
    private static final String PORT = "5000";
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private Lab lab;
    private TwoPathLab network;
    private HostState before;

    @BeforeEach
    void build() {
        assumeTrue(LabRequirements.missing().isEmpty(), () -> "no laboratory: " + LabRequirements.missing());
        lab = Lab.create();
        network = TwoPathLab.direct(lab, 2);
        before = HostState.of(network.client());
    }

    @AfterEach
    void remove() {
        if (lab != null) {
            lab.close();
        }
    }

    @Test
    void anUnknownDeviceIsNamed() {
        assertTrue(failure(cat("--path", "nosuch9", TwoPathLab.SERVICE_V4, PORT)).contains("nosuch9"));
    }

    @Test
    void aMissingPrivilegeIsNamed() {
        assumeTrue(Command.find("setpriv").isPresent(), "setpriv (util-linux) is missing");
        LabProcess unprivileged = network.client().startPiped(
                MptcpProcess.command(List.of("setpriv", "--bounding-set=-all", "--inh-caps=-all"),
                        "cat", "--path", "p1", TwoPathLab.SERVICE_V4, PORT));
        assertTrue(failure(unprivileged).contains("CAP_NET"));
    }

    @Test
    void aRefusedConnectionIsToldAtOnce() {
        assertTrue(failure(cat("--path", "p1", "--path", "p2", TwoPathLab.SERVICE_V4, PORT)).contains("refused"));
    }

    @Test
    void aHostThatDoesNotAnswerIsGivenUp() {
        // On the subnet of the path, but nobody has this address.
        assertTrue(failure(cat("--wait", "3", "--path", "p1", "10.77.1.77", PORT)).contains("10.77.1.77"));
    }

    @Test
    void aDestinationWithoutARouteIsTold() {
        network.client().ip("route del default dev p1", "route del default dev p2");
        before = HostState.of(network.client());
        assertTrue(failure(cat("--wait", "3", "--path", "p1", "10.88.0.1", PORT)).contains("10.88.0.1"));
    }

    @Test
    void aWrongOptionIsAUsageError() {
        LabProcess cat = cat("--scheduler", "nosuch", TwoPathLab.SERVICE_V4, PORT);
        assertTrue(failure(cat).contains("nosuch"));
        assertEquals(2, cat.awaitExit(PATIENCE));
    }

    private LabProcess cat(String... arguments) {
        return network.client().startPiped(MptcpProcess.command(List.of(), prepend("cat", arguments)));
    }

    private static String[] prepend(String first, String... rest) {
        String[] all = new String[rest.length + 1];
        all[0] = first;
        System.arraycopy(rest, 0, all, 1, rest.length);
        return all;
    }

    /** The one line that a failing command says. */
    private String failure(LabProcess process) {
        assertNotEquals(0, process.awaitExit(PATIENCE));
        process.awaitEndOfOutput(PATIENCE);
        assertEquals(1, process.lines().size(), () -> "not one line: " + process.lines());
        assertEquals(before, HostState.of(network.client()));
        return process.lines().getFirst();
    }
}
