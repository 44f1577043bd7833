package io.mptcp.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mptcp.cli.lab.Command;
import io.mptcp.cli.lab.EmulatedPath;
import io.mptcp.cli.lab.LabNamespace;
import io.mptcp.cli.lab.LabProcess;
import io.mptcp.cli.lab.LinkProfile;
import io.mptcp.cli.lab.PseudoRandomFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Unmodified curl, iperf3, ssh and git by way of daemon and relay, all at once and over both paths, to servers that know no MPTCP. One path dies under them and
 * comes back: each of them gets all of what it wanted, and does not know.
 */
class RelayProgramsTest extends DaemonLabTest {
    private static final int BYTES = 2_000_000;
    private static final List<String> TARGETS = List.of(RelayLab.TARGET_V4, RelayLab.TARGET_V6);
    private static final String EGRESS = "egress: [{to: " + RelayLab.TARGET_V4 + "}, {to: '" + RelayLab.TARGET_V6 + "'}]\n";
    /** To one address: ssh both ways, git and curl one each, and iperf3 two, of which one is for control. */
    private static final int CONNECTIONS_PER_TARGET = 6;
    private static final String SHA256 = PseudoRandomFile.sha256(BYTES) + "  -";
    private static final String IPERF_DONE = "iperf Done.";

    /** What moves nothing before the file go is there: so all of them run when the path dies, however slowly each began. %s is the address. */
    private static final List<String> WAITING = List.of(
            "ssh -F ssh_config %1$s '$WAIT; cat $DIR/content' >got.$$ && sha256sum <got.$$",
            "($WAIT; cat content) | ssh -F ssh_config %1$s sha256sum",
            "GIT_SSH_COMMAND='ssh -F ssh_config' HOME=$DIR git clone -q --upload-pack '$WAIT; git-upload-pack' ssh://%2$s$DIR/repository clone.$$"
                    + " && sha256sum <clone.$$/content");
    private static final List<String> AT_ONCE = List.of(
            "iperf3 -R -n " + BYTES + " -c %1$s",
            "curl -sS -g --noproxy '*' --max-time 100 -o got.$$ 'http://%2$s:" + RelayLab.WEB + "/file?bytes=" + BYTES + "' && sha256sum <got.$$");

    private RelayLab relays;

    RelayProgramsTest() {
        super(LinkProfile.of(20, 10, 100), LinkProfile.of(20, 20, 100));
    }

    @BeforeEach
    void startServers() throws Exception {
        for (String program : List.of("sshd", "ssh", "git", "iperf3", "curl")) {
            assumeTrue(Command.find(program).isPresent(), "needs the program " + program);
        }
        relays = new RelayLab(lab);
        ByteBuffer content = ByteBuffer.allocate(BYTES);
        PseudoRandomFile.fill(content, 0);
        Files.write(directory.resolve("content"), content.array());
        startSshd();
        succeed(shell(lab.network.server(), "git init -q repository && cp content repository && cd repository && git add content"
                + " && HOME=$DIR git -c user.name=test -c user.email=test@localhost commit -q -m content"));
        for (String target : TARGETS) {
            lab.network.server().start(List.of("iperf3", "-s", "-B", target, "--forceflush")).awaitLine("listening", PATIENCE);
        }
    }

    /** With keys, users and folders of its own: nothing of the host's is used or changed. */
    private void startSshd() throws IOException {
        succeed(shell(lab.network.server(), "ssh-keygen -q -t ed25519 -N '' -f host_key && ssh-keygen -q -t ed25519 -N '' -f user_key"));
        String hostKey = Files.readString(directory.resolve("host_key.pub"));
        Files.writeString(directory.resolve("known_hosts"), TARGETS.get(0) + " " + hostKey + TARGETS.get(1) + " " + hostKey);
        // Without PAM, which wants more of a host than a namespace has, an account without a password (!) is a locked one.
        Path shadow = Path.of("/etc/shadow");
        boolean locked = Files.isReadable(shadow) && Files.readAllLines(shadow).stream().anyMatch(line -> line.startsWith("root:!"));
        Files.writeString(directory.resolve("sshd_config"), """
                ListenAddress %1$s
                ListenAddress %2$s
                HostKey %3$s/host_key
                AuthorizedKeysFile %3$s/user_key.pub
                StrictModes no
                UsePAM %4$s
                PidFile none
                """.formatted(TARGETS.get(0), TARGETS.get(1), directory, locked ? "yes" : "no"));
        Files.writeString(directory.resolve("ssh_config"), """
                IdentityFile %1$s/user_key
                IdentitiesOnly yes
                IdentityAgent none
                UserKnownHostsFile %1$s/known_hosts
                GlobalKnownHostsFile /dev/null
                BatchMode yes
                """.formatted(directory));
        // It insists on a folder in /run. ip netns exec gives it mounts of its own.
        shell(lab.network.server(), "mount -t tmpfs tmpfs /run && mkdir -m 755 /run/sshd && exec " + Command.find("sshd").orElseThrow() + " -D -e -f sshd_config")
                .awaitLine("listening on " + TARGETS.get(1), PATIENCE);
    }

    private LabProcess shell(LabNamespace where, String script) {
        String wait = "until [ -e " + directory + "/go ]; do sleep 0.1; done";
        return where.start(List.of("sh", "-c", "cd " + directory + " && " + script.replace("$WAIT", wait).replace("$DIR", directory.toString())));
    }

    private LabProcess succeed(LabProcess process) {
        assertEquals(0, process.awaitExit(PATIENCE), () -> process.lines() + "\n" + (lab.daemon == null ? "" : lab.daemon.lines() + "\n" + relays.relay.lines()));
        process.awaitEndOfOutput(PATIENCE);
        return process;
    }

    private List<LabProcess> start(List<String> scripts, LabNamespace where) {
        List<LabProcess> started = new ArrayList<>();
        for (String target : TARGETS) {
            String host = target.contains(":") ? "[" + target + "]" : target;
            scripts.forEach(script -> started.add(shell(where, script.formatted(target, host))));
        }
        return started;
    }

    private long delivered(int path) {
        return lab.network.paths().get(path).backward().deliveredBytes();
    }

    private void awaitData(int path, long bytes) {
        long before = delivered(path);
        DaemonLab.await("data over path " + (path + 1), () -> delivered(path) > before + bytes);
    }

    private void allGoOnWhile(int dyingPath, LabNamespace where) throws Exception {
        List<LabProcess> waiting = start(WAITING, where);
        relays.await("\"name\":\"alice\",\"connections\":" + WAITING.size() * TARGETS.size() + ",");
        List<LabProcess> all = new ArrayList<>(start(AT_ONCE, where));
        all.addAll(waiting);
        relays.await("\"name\":\"alice\",\"connections\":" + CONNECTIONS_PER_TARGET * TARGETS.size() + ",");
        Files.createFile(directory.resolve("go"));
        int otherPath = 1 - dyingPath;
        awaitData(dyingPath, 300_000);
        awaitData(otherPath, 300_000);

        EmulatedPath path = lab.network.paths().get(dyingPath);
        path.cut();
        all.forEach(process -> assertTrue(process.process().isAlive(), () -> "ended before the path died: " + process.lines()));
        awaitData(otherPath, 1_000_000);
        path.restore();
        awaitData(dyingPath, 500_000);

        for (LabProcess process : all) {
            String last = succeed(process).lines().getLast();
            assertTrue(last.equals(SHA256) || last.equals(IPERF_DONE), () -> process.lines().toString());
        }
        relays.await("\"name\":\"alice\",\"connections\":0,\"accepted\":" + CONNECTIONS_PER_TARGET * TARGETS.size() + ",\"refused\":0,");
    }

    @Test
    void thoseOfTheHostItselfGoOnWhenAPathDiesAndComesBack() throws Exception {
        relays.startRelay("kernel", relays.tls() + EGRESS);
        relays.startClient(relays.client(RelayLab.TOKEN, relays.pinned()));
        allGoOnWhile(0, lab.network.client());
    }

    @Test
    void thoseOfAHostOnTheLanBehindItGoOnToo() throws Exception {
        relays.startRelay("stack", relays.tls() + EGRESS);
        relays.startClient(relays.client(RelayLab.TOKEN, relays.pinned()));
        allGoOnWhile(1, relays.lan());
    }
}
