package io.mptcp.cli.demo;

import io.mptcp.cli.lab.LabException;
import io.mptcp.cli.lab.LabNamespace;
import io.mptcp.cli.lab.LabProcess;
import io.mptcp.cli.lab.TwoPathLab;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** {@code mptcp-tun} as a process of its own in the client's namespace, as a user would start it there. */
final class Gateway implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final String MAIN_CLASS = "io.mptcp.cli.MptcpTun";

    private final LabProcess daemon;

    private Gateway(LabProcess daemon) {
        this.daemon = daemon;
    }

    /**
     * Starts the daemon and waits until it takes connections.
     *
     * @param paths how many uplinks it may use
     * @throws LabException with the daemon's own words when it does not get ready
     */
    static Gateway start(LabNamespace client, int paths) {
        Path configuration = write(configuration(paths));
        LabProcess daemon = client.start(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC", "-XX:+UseCompactObjectHeaders", "-XX:-UsePerfData", "--enable-native-access=ALL-UNNAMED",
                "-cp", System.getProperty("java.class.path"), MAIN_CLASS, "run", "--config", configuration.toString()));
        try {
            daemon.awaitLine("ready", PATIENCE);
            return new Gateway(daemon);
        } catch (LabException e) {
            daemon.close();
            throw e;
        } finally {
            configuration.toFile().delete(); // It has been read.
        }
    }

    private static Path write(String configuration) {
        try {
            Path file = Files.createTempFile("mptcp-demo-", ".yaml");
            file.toFile().deleteOnExit(); // Where Ctrl-C comes before the daemon is ready.
            return Files.writeString(file, configuration);
        } catch (IOException e) {
            throw new LabException("cannot write the configuration of mptcp-tun: " + e.getMessage(), e);
        }
    }

    static String configuration(int paths) {
        StringBuilder yaml = new StringBuilder("""
                tun:
                  device: mptcp0
                  address: 10.255.0.1/30
                  address6: fd00:6d70::1/64
                  routes: [%s/32, "%s/128"]
                paths:
                """.formatted(TwoPathLab.SERVICE_V4, TwoPathLab.SERVICE_V6));
        for (int path = 1; path <= paths; path++) {
            yaml.append("  - device: ").append(TwoPathLab.uplink(path)).append('\n');
        }
        return yaml.toString();
    }

    @Override
    public void close() {
        daemon.close();
    }
}
