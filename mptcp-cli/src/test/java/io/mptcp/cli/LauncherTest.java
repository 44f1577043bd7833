package io.mptcp.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The shell scripts that users start, with JDKs and a Maven that only write down how they were called. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LauncherTest {
    private static final Path ROOT = Path.of("").toAbsolutePath().getParent();
    private static final FileTime PAST = FileTime.from(Instant.parse("2026-01-01T00:00:00Z"));
    private static final FileTime LONG_PAST = FileTime.from(Instant.parse("2025-01-01T00:00:00Z"));

    @TempDir
    Path temp;

    private Path home;
    private Path source;
    private Path jdk25;
    private Path jdk17;
    private final Map<String, String> environment = new HashMap<>();

    private record Result(int code, List<String> out, List<String> err) {
    }

    @BeforeEach
    void makeProject() throws IOException {
        assumeTrue(Files.isExecutable(ROOT.resolve("mptcp")), "the launchers are not there: the tests do not run in the source tree");
        home = Files.createDirectories(temp.resolve("a project"));
        Files.createDirectories(home.resolve("bin"));
        Files.copy(ROOT.resolve("mptcp"), home.resolve("mptcp"), StandardCopyOption.COPY_ATTRIBUTES);
        Files.copy(ROOT.resolve("bin/mptcp-tun"), home.resolve("bin/mptcp-tun"), StandardCopyOption.COPY_ATTRIBUTES);
        source = home.resolve("mptcp-core/src/main/java/A.java");
        Files.createDirectories(source.getParent());
        Files.writeString(source, "class A { }");
        Files.createDirectories(home.resolve("mptcp-cli"));
        Files.writeString(home.resolve("pom.xml"), "<project/>");
        script(home.resolve("mvnw"), """
            echo "$JAVA_HOME" "$@" >> builds
            mkdir -p mptcp-cli/target
            : > mptcp-cli/target/mptcp-cli.jar
            """);
        jdk25 = jdk("jdk 25", "25.0.2");
        jdk17 = jdk("jdk17", "17.0.9");
        environment.put("PATH", "/usr/bin:/bin");
        environment.put("HOME", temp.toString());
        ageSources(PAST);
    }

    private Path jdk(String name, String version) throws IOException {
        Path folder = Files.createDirectories(temp.resolve(name));
        Files.createDirectories(folder.resolve("bin"));
        script(folder.resolve("bin/java"), "echo '" + name + "'; for argument; do printf '%s\\n' \"$argument\"; done");
        script(folder.resolve("bin/javac"), "exit 1");
        Files.writeString(folder.resolve("release"), "IMPLEMENTOR=\"Nobody\"\nJAVA_VERSION=\"" + version + "\"\n");
        return folder;
    }

    private static void script(Path file, String body) throws IOException {
        Files.writeString(file, "#!/bin/sh\n" + body + "\n");
        assertTrue(file.toFile().setExecutable(true));
    }

    private void ageSources(FileTime time) throws IOException {
        try (var files = Files.walk(home)) {
            for (Path file : files.toList()) {
                Files.setLastModifiedTime(file, time);
            }
        }
    }

    private Process start(Path launcher, String... args) throws IOException {
        List<String> line = new ArrayList<>(List.of(launcher.toString()));
        line.addAll(List.of(args));
        ProcessBuilder builder = new ProcessBuilder(line).directory(temp.toFile());
        builder.environment().clear();
        builder.environment().putAll(environment);
        Process process = builder.start();
        process.getOutputStream().close();
        return process;
    }

    private static Result end(Process process) throws IOException, InterruptedException {
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        String err = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Result(process.waitFor(), out.lines().toList(), err.lines().toList());
    }

    private Result launch(String... args) throws IOException, InterruptedException {
        return end(start(home.resolve("mptcp"), args));
    }

    private List<String> builds() throws IOException {
        Path log = home.resolve("builds");
        return Files.exists(log) ? Files.readAllLines(log) : List.of();
    }

    @Test
    void argumentsArriveAsTheyWereGiven() throws Exception {
        environment.put("MPTCP_JAVA_HOME", jdk25.toString());
        Result result = launch("cat", "two words", "", "--path=a,b", "*");
        assertEquals(0, result.code(), result.toString());
        int main = result.out().indexOf("io.mptcp.cli.Mptcp");
        assertEquals(List.of("cat", "two words", "", "--path=a,b", "*"), result.out().subList(main + 1, result.out().size()));
        assertTrue(result.out().subList(0, main).contains(home.resolve("mptcp-cli/target/mptcp-cli.jar").toString()), result.toString());
    }

    @Test
    void daemonLauncherStartsTheDaemon() throws Exception {
        environment.put("MPTCP_JAVA_HOME", jdk25.toString());
        Result result = end(start(home.resolve("bin/mptcp-tun"), "run", "--config", "x.yaml"));
        assertEquals(List.of("io.mptcp.cli.MptcpTun", "run", "--config", "x.yaml"),
                result.out().subList(result.out().size() - 4, result.out().size()), result.toString());
        assertEquals(List.of("mptcp-tun: building (first use)..."), result.err());
    }

    @Test
    void symbolicLinksAreFollowed() throws Exception {
        environment.put("MPTCP_JAVA_HOME", jdk25.toString());
        Path link = Files.createSymbolicLink(temp.resolve("m"), home.resolve("mptcp"));
        assertEquals(0, end(start(link, "--version")).code());
        assertEquals(1, builds().size());
    }

    @Test
    void ownJavaHomeThatIsTooOldIsAnError() throws Exception {
        environment.put("MPTCP_JAVA_HOME", jdk17.toString());
        Result result = launch("--version");
        assertEquals(1, result.code());
        assertEquals(List.of("mptcp: MPTCP_JAVA_HOME=" + jdk17 + " is not a JDK 25 or newer"), result.err());
        assertEquals(List.of(), builds());
    }

    @Test
    void folderWithoutCompilerIsNoJdk() throws Exception {
        Files.delete(jdk25.resolve("bin/javac"));
        environment.put("MPTCP_JAVA_HOME", jdk25.toString());
        assertEquals(1, launch("--version").code());
    }

    @Test
    void javaHomeThatIsTooOldIsPassedOverForTheJavaOnThePath() throws Exception {
        environment.put("JAVA_HOME", jdk17.toString());
        environment.put("PATH", jdk25.resolve("bin") + ":/usr/bin:/bin");
        Result result = launch("--version");
        assertEquals(0, result.code(), result.toString());
        assertEquals("jdk 25", result.out().getFirst());
        assertTrue(builds().getFirst().startsWith(jdk25.toString()), "Maven gets the same JDK: " + builds());
    }

    @Test
    void jdkWithoutReleaseFileIsAsked() throws Exception {
        Files.delete(jdk25.resolve("release"));
        script(jdk25.resolve("bin/java"), "if [ \"$1\" = -version ]; then echo 'openjdk version \"26-ea\" 2026-03-17' >&2; else echo ran; fi");
        environment.put("MPTCP_JAVA_HOME", jdk25.toString());
        assertEquals(List.of("ran"), launch("--version").out());
    }

    @Test
    void buildsAtFirstUseOnly() throws Exception {
        environment.put("MPTCP_JAVA_HOME", jdk25.toString());
        assertEquals(List.of("mptcp: building (first use)..."), launch("a").err());
        assertEquals(List.of(), launch("b").err());
        assertEquals(1, builds().size());
        assertTrue(builds().getFirst().endsWith("-q -B -DskipTests package"), builds().toString());
    }

    @Test
    void buildsAgainWhenASourceIsNewer() throws Exception {
        environment.put("MPTCP_JAVA_HOME", jdk25.toString());
        launch("a");
        Files.setLastModifiedTime(home.resolve("mptcp-cli/target/mptcp-cli.jar"), LONG_PAST);
        Files.setLastModifiedTime(home.resolve("mptcp-cli/target/launcher.stamp"), LONG_PAST);
        assertEquals(List.of("mptcp: building (sources changed)..."), launch("b").err());
        assertEquals(List.of(), launch("c").err());
        assertEquals(2, builds().size());
    }

    @Test
    void whatMavenBuiltIsNotBuiltAgain() throws Exception {
        environment.put("MPTCP_JAVA_HOME", jdk25.toString());
        Files.createDirectories(home.resolve("mptcp-cli/target"));
        Files.createFile(home.resolve("mptcp-cli/target/mptcp-cli.jar"));
        assertEquals(List.of(), launch("a").err());
        assertEquals(List.of(), builds());
    }

    @Test
    void failedBuildShowsTheErrorsAndWhereTheRestIs() throws Exception {
        environment.put("MPTCP_JAVA_HOME", jdk25.toString());
        script(home.resolve("mvnw"), "echo '[INFO] much'; echo '[ERROR] A.java:[1,2] no'; exit 1");
        Result result = launch("a");
        assertEquals(1, result.code());
        assertEquals(List.of("mptcp: building (first use)...", "[ERROR] A.java:[1,2] no",
                "mptcp: the build failed; see " + home.resolve("mptcp-cli/target/launcher.log")), result.err());
        assertEquals(List.of(), result.out());
    }

    @Test
    void optionsForTheVirtualMachineAreSplit() throws Exception {
        environment.put("MPTCP_JAVA_HOME", jdk25.toString());
        environment.put("MPTCP_JAVA_OPTS", "-Xmx64m -Dx=y");
        List<String> out = launch("a").out();
        assertTrue(out.contains("-Xmx64m") && out.contains("-Dx=y"), out.toString());
    }

    private void assertParallelStartsBuildOnce() throws Exception {
        // The build takes until all have been started.
        script(home.resolve("mvnw"), """
            echo build >> builds
            until [ -e go ]; do sleep 0.05; done
            : > mptcp-cli/target/mptcp-cli.jar
            """);
        ageSources(PAST);
        List<Process> processes = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            processes.add(start(home.resolve("mptcp"), "a"));
        }
        while (!Files.exists(home.resolve("builds"))) {
            Thread.onSpinWait();
        }
        Files.createFile(home.resolve("go"));
        for (Process process : processes) {
            Result result = end(process);
            assertEquals(0, result.code(), result.toString());
        }
        assertEquals(List.of("build"), builds());
    }

    @Test
    void parallelStartsBuildOnce() throws Exception {
        environment.put("MPTCP_JAVA_HOME", jdk25.toString());
        assertParallelStartsBuildOnce();
    }

    /** A PATH with what every POSIX system has, and no flock. */
    private void withoutFlock() throws IOException {
        Path tools = Files.createDirectories(temp.resolve("tools"));
        for (String tool : List.of("sh", "cat", "dirname", "find", "head", "mkdir", "mv", "readlink", "rm", "sed", "sleep")) {
            // Scripts, not symbolic links, which JUnit would warn of when it removes the folder.
            Path real = Files.exists(Path.of("/usr/bin", tool)) ? Path.of("/usr/bin", tool) : Path.of("/bin", tool);
            script(tools.resolve(tool), "exec " + real + " \"$@\"");
        }
        environment.put("PATH", tools.toString());
        environment.put("MPTCP_JAVA_HOME", jdk25.toString());
    }

    @Test
    void parallelStartsBuildOnceWithoutFlock() throws Exception {
        withoutFlock();
        assertParallelStartsBuildOnce();
        assertFalse(Files.exists(home.resolve(".mptcp-build.lock")));
    }

    @Test
    void lockOfADeadProcessIsRemoved() throws Exception {
        withoutFlock();
        Process dead = new ProcessBuilder("true").start();
        dead.waitFor();
        Path lock = Files.createDirectories(home.resolve(".mptcp-build.lock"));
        Files.writeString(lock.resolve("pid"), Long.toString(dead.pid()));
        assertEquals(0, launch("a").code());
        assertEquals(1, builds().size());
    }
}
