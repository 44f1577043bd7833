package io.mptcp.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.constantpool.ClassEntry;
import java.lang.classfile.constantpool.PoolEntry;
import java.net.URISyntaxException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What may refer to what, read from the class files: the rules of docs/architecture.md that the compiler does not keep. */
class ArchitectureTest {
    private static final List<String> CORE_PACKAGES = List.of("wire", "buffer", "cc", "tcp", "spi", "stack");

    @Test
    void theEngineHasNoSocketClockThreadOrRandomness() throws Exception {
        Predicate<String> forbidden = name -> name.startsWith("java/net/") || name.startsWith("java/nio/channels/")
                || name.startsWith("java/util/concurrent/") || name.startsWith("java/time/") || name.equals("java/lang/Thread")
                || name.equals("java/security/SecureRandom") || name.equals("java/util/Random") || name.startsWith("java/io/File")
                || name.startsWith("java/util/logging/") || name.startsWith("java/lang/System$Logger");
        assertNoReferences(io.mptcp.stack.Stack.class, forbidden);
    }

    @Test
    void enginePoliciesAndSimulatorNeedOnlyThePlatform() throws Exception {
        Predicate<String> foreign = name -> !name.startsWith("java/") && !name.startsWith("javax/crypto/") && !name.startsWith("io/mptcp/") && !name.startsWith("[");
        assertNoReferences(io.mptcp.stack.Stack.class, foreign);
        assertNoReferences(io.mptcp.scheduler.Schedulers.class, foreign);
        assertNoReferences(io.mptcp.pm.HostPathManager.class, foreign);
        assertNoReferences(io.mptcp.sim.Simulation.class, foreign);
    }

    @Test
    void enginePackagesDependInOneDirection() throws Exception {
        for (ClassModel model : classesOf(io.mptcp.stack.Stack.class)) {
            int own = CORE_PACKAGES.indexOf(packageOf(model.thisClass().asInternalName()));
            if (own < 0) {
                continue;
            }
            for (String name : references(model)) {
                int other = CORE_PACKAGES.indexOf(packageOf(name));
                assertTrue(other <= own, () -> model.thisClass().asInternalName() + " refers upwards to " + name);
            }
        }
    }

    @Test
    void nothingBelowTheCommandsRefersToThem() throws Exception {
        Predicate<String> cli = name -> name.startsWith("io/mptcp/cli/") || name.startsWith("picocli/");
        assertNoReferences(io.mptcp.netty.MptcpDriver.class, cli);
        assertNoReferences(io.mptcp.tun.TunDaemon.class, cli);
    }

    private static String packageOf(String internalName) {
        String[] parts = internalName.split("/");
        return parts.length == 4 && parts[0].equals("io") && parts[1].equals("mptcp") ? parts[2] : "";
    }

    private static void assertNoReferences(Class<?> anyClassOfModule, Predicate<String> forbidden) throws Exception {
        TreeSet<String> found = new TreeSet<>();
        for (ClassModel model : classesOf(anyClassOfModule)) {
            for (String name : references(model)) {
                if (forbidden.test(name)) {
                    found.add(model.thisClass().asInternalName() + " -> " + name);
                }
            }
        }
        assertEquals(new TreeSet<>(), found);
    }

    private static List<String> references(ClassModel model) {
        List<String> names = new ArrayList<>();
        for (PoolEntry entry : model.constantPool()) {
            if (entry instanceof ClassEntry reference) {
                names.add(reference.asInternalName());
            }
        }
        return names;
    }

    private static List<ClassModel> classesOf(Class<?> anyClassOfModule) throws IOException, URISyntaxException {
        Path location = Path.of(anyClassOfModule.getProtectionDomain().getCodeSource().getLocation().toURI());
        List<ClassModel> models = Files.isDirectory(location) ? parse(location) : parseJar(location);
        assertTrue(models.size() > 3, () -> "no classes found in " + location);
        return models;
    }

    private static List<ClassModel> parseJar(Path jar) throws IOException {
        try (FileSystem files = FileSystems.newFileSystem(jar)) {
            return parse(files.getPath("/"));
        }
    }

    private static List<ClassModel> parse(Path root) throws IOException {
        List<ClassModel> models = new ArrayList<>();
        try (Stream<Path> paths = Files.walk(root)) {
            for (Path path : (Iterable<Path>) paths.filter(p -> p.toString().endsWith(".class"))::iterator) {
                if (!path.getFileName().toString().equals("module-info.class")) {
                    models.add(ClassFile.of().parse(Files.readAllBytes(path)));
                }
            }
        }
        return models;
    }
}
