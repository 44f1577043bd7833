package io.mptcp.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.cli.lab.LabProcess;
import io.mptcp.cli.lab.LinkProfile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** {@code mptcp-tun exec}: one program behind the stack. */
class ExecProcessTest extends DaemonLabTest {
    ExecProcessTest() {
        super(LinkProfile.of(20, 10, 100), LinkProfile.of(20, 20, 100));
    }

    private LabProcess exec(String... command) {
        String[] all = new String[command.length + 5];
        System.arraycopy(new String[] {"exec", "--path", "p1", "--path", "p2"}, 0, all, 0, 5);
        System.arraycopy(command, 0, all, 5, command.length);
        return lab.launch(all);
    }

    private static List<String> leftovers(long pid) throws Exception {
        try (Stream<Path> names = Files.list(Path.of("/run/netns"))) {
            return names.map(Path::toString).filter(name -> name.endsWith("mptcp-exec-" + pid)).toList();
        }
    }

    @Test
    void anUnmodifiedProgramUsesBothPathsAndNothingIsLeft() throws Exception {
        long[] before = delivered();
        LabProcess run = exec("curl", "-sS", "-g", "-o", "/dev/null", "-w", "%{size_download}\n", DaemonLab.url(DaemonLab.MPTCP_PORT, 5_000_000),
                "http://[fd99::1]:8080/file?bytes=1000", "-o", "/dev/null");
        assertEquals(0, run.awaitExit(PATIENCE), run.lines().toString());
        run.awaitEndOfOutput(PATIENCE);
        assertEquals(List.of("5000000", "1000"), run.lines());
        long[] after = delivered();
        assertTrue(Math.min(after[0] - before[0], after[1] - before[1]) > 500_000, "path 1: " + (after[0] - before[0]) + ", path 2: " + (after[1] - before[1]));
        assertEquals(List.of(), leftovers(run.process().pid()));
    }

    private long[] delivered() {
        return lab.network.paths().stream().mapToLong(path -> path.backward().deliveredBytes()).toArray();
    }

    @Test
    void theExitCodeIsTheProgramsAndItSeesOnlyTheDevice() {
        LabProcess run = exec("sh", "-c", "ip -o link | cut -d' ' -f2; id -u; exit 7");
        assertEquals(7, run.awaitExit(PATIENCE), run.lines().toString());
        run.awaitEndOfOutput(PATIENCE);
        assertEquals(List.of("lo:", "mptcp0:", "0"), run.lines());
        LabProcess user = lab.launch("exec", "--path", "p1", "--user", "nobody", "id", "-un");
        assertEquals(0, user.awaitExit(PATIENCE), user.lines().toString());
        user.awaitEndOfOutput(PATIENCE);
        assertEquals(List.of("nobody"), user.lines());
    }

    @Test
    void whatAKilledOneLeftIsRemovedByTheNext() throws Exception {
        LabProcess killed = exec("sleep", "7391");
        long pid = killed.process().pid();
        DaemonLab.await("its namespace", () -> Files.exists(Path.of("/run/netns/mptcp-exec-" + pid)) && Files.exists(Path.of("/etc/netns/mptcp-exec-" + pid)));
        killed.kill();
        killed.awaitExit(PATIENCE);
        assertEquals(0, exec("true").awaitExit(PATIENCE));
        assertEquals(List.of(), leftovers(pid));
        assertTrue(!Files.exists(Path.of("/etc/netns/mptcp-exec-" + pid)));
        DaemonLab.await("the program ends, too", () -> ProcessHandle.allProcesses().noneMatch(process -> process.info().commandLine().orElse("").endsWith("sleep 7391")));
    }
}
