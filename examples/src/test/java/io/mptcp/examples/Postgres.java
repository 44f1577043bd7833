package io.mptcp.examples;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** A PostgreSQL server of this test alone, with a database of its own; under mptcpize, so that it listens by the kernel's MPTCP. */
final class Postgres implements AutoCloseable {
    static final String USER = "example";
    /** Who runs it where we are root, which it refuses to be. */
    private static final String SERVICE_USER = "postgres";

    private final Path data;
    private ServerProcess process;

    private Postgres(Path data) {
        this.data = data;
    }

    /** A new database; skips the test where a program is missing. */
    static Postgres orSkip() throws IOException {
        assumeTrue(program("initdb") != null, "needs PostgreSQL (Debian: postgresql)");
        assumeTrue(Lab.exists("mptcpize"), "needs mptcpize");
        Path data = Files.createTempDirectory("mptcp-postgres");
        Postgres postgres = new Postgres(data);
        try {
            if (isRoot()) {
                Files.setOwner(data, data.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName(SERVICE_USER));
            }
            List<String> command = asServiceUser();
            command.addAll(List.of(program("initdb"), "-D", data.toString(), "-A", "trust", "-U", USER, "-E", "UTF8", "--locale=C", "--no-sync"));
            Lab.run(command.toArray(String[]::new));
            Files.writeString(data.resolve("pg_hba.conf"), "host all all all trust\n", StandardOpenOption.APPEND);
            return postgres;
        } catch (IOException | RuntimeException e) {
            postgres.close();
            throw e;
        }
    }

    /** Starts it, and returns when it takes connections. @param namespace null for this one @return the URL of its database */
    String start(String namespace, String address) throws IOException {
        int port = namespace == null ? ServerProcess.freePort() : 5432;
        List<String> command = asServiceUser();
        command.addAll(List.of("mptcpize", "run", program("postgres"), "-D", data.toString(), "-h", address, "-p", Integer.toString(port), "-k", "",
                "-F", "-c", "logging_collector=off"));
        process = ServerProcess.start(namespace, data, "ready to accept connections", command);
        return "jdbc:postgresql://" + address + ":" + port + "/postgres";
    }

    private static boolean isRoot() {
        return "root".equals(System.getProperty("user.name"));
    }

    private static List<String> asServiceUser() {
        return isRoot() ? new ArrayList<>(List.of("setpriv", "--reuid", SERVICE_USER, "--regid", SERVICE_USER, "--clear-groups")) : new ArrayList<>();
    }

    /** Debian keeps them off the PATH. */
    private static String program(String name) throws IOException {
        if (Lab.exists(name)) {
            return name;
        }
        Path versions = Path.of("/usr/lib/postgresql");
        if (!Files.isDirectory(versions)) {
            return null;
        }
        try (Stream<Path> found = Files.list(versions)) {
            return found.map(version -> version.resolve("bin").resolve(name)).filter(Files::isExecutable).map(Path::toString).findFirst().orElse(null);
        }
    }

    @Override
    public void close() throws IOException {
        if (process != null) {
            process.close();
        }
        try (Stream<Path> files = Files.walk(data)) {
            for (Path file : (Iterable<Path>) files.sorted(Comparator.reverseOrder())::iterator) {
                Files.delete(file);
            }
        }
    }
}
