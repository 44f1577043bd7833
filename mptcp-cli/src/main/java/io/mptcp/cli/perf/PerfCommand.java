package io.mptcp.cli.perf;

import io.mptcp.cli.CommonOptions;
import io.mptcp.cli.ConnectionOptions;
import io.mptcp.cli.DefaultPaths;
import io.mptcp.cli.HostLookup;
import io.mptcp.netty.host.PathSpec;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code mptcp perf}. */
@Command(name = "perf",
        description = {"Measures throughput, as iperf3 does, and in its protocol: the other side may be this command, iperf3 (plain TCP), "
            + "or iperf3 under mptcpize (the kernel's MPTCP)."},
        customSynopsis = {"mptcp perf -s [-1] [-p PORT] [OPTIONS]", "       mptcp perf -c HOST [-R] [-t SECONDS | -n SIZE] [-P N] [-p PORT] [OPTIONS]"})
public final class PerfCommand implements Callable<Integer> {
    private static final int DEFAULT_PORT = 5201;

    @Mixin
    private CommonOptions common;

    @Mixin
    private ConnectionOptions connection;

    @Spec
    private CommandSpec spec;

    @ArgGroup(multiplicity = "1")
    private Role role;

    /** One of the two. */
    private static final class Role {
        @Option(names = {"-s", "--server"}, required = true, description = "Wait for clients, one test after the other.")
        private boolean server;

        @Option(names = {"-c", "--client"}, required = true, paramLabel = "HOST", description = "Measure with this server.")
        private String host;
    }

    @Option(names = {"-p", "--port"}, paramLabel = "PORT", defaultValue = "" + DEFAULT_PORT, description = "The server's port. Default: ${DEFAULT-VALUE}.")
    private int port;

    @Option(names = {"-B", "--bind"}, paramLabel = "ADDR", description = "Server: the one address to listen on.")
    private String bind;

    @Option(names = {"-1", "--one-off"}, description = "Server: end after one test.")
    private boolean oneOff;

    @Option(names = {"-R", "--reverse"}, description = "The server sends.")
    private boolean reverse;

    @Option(names = {"-t", "--time"}, paramLabel = "SECONDS", defaultValue = "10", description = "Length of the test. Default: ${DEFAULT-VALUE}.")
    private int seconds;

    @Option(names = {"-n", "--bytes"}, paramLabel = "SIZE", description = "End after so many bytes instead: 100M, 1G.")
    private String bytes;

    @Option(names = {"-O", "--omit"}, paramLabel = "SECONDS", defaultValue = "0", description = "Do not count the first seconds (slow start).")
    private int omitSeconds;

    @Option(names = {"-P", "--parallel"}, paramLabel = "N", defaultValue = "1", description = "Connections at a time. Default: ${DEFAULT-VALUE}.")
    private int parallel;

    @Option(names = {"-l", "--length"}, paramLabel = "SIZE", defaultValue = "128K", description = "Bytes of one read or write. Default: ${DEFAULT-VALUE}.")
    private String length;

    @Option(names = {"-i", "--interval"}, paramLabel = "SECONDS", defaultValue = "1", description = "Time between two lines. Default: ${DEFAULT-VALUE}.")
    private double intervalSeconds;

    @Option(names = {"-w", "--wait"}, paramLabel = "SECONDS", defaultValue = "30", description = "Longest time to wait for an answer when connecting.")
    private int connectTimeoutSeconds;

    @Option(names = {"-J", "--json"}, description = "One JSON document at the end, as iperf3's.")
    private boolean json;

    @Option(names = "-4", description = "IPv4 only.")
    private boolean ipv4Only;

    @Option(names = "-6", description = "IPv6 only.")
    private boolean ipv6Only;

    @Override
    public Integer call() throws Exception {
        check();
        HostLookup lookup = new HostLookup(ipv4Only, ipv6Only);
        try (PerfRun run = new PerfRun(connection, spec.commandLine().getOut(), json, intervalSeconds)) {
            if (role.server) {
                IpAddress local = bind == null ? null : lookup.first(bind);
                DefaultPaths.checkOwn(local);
                List<PathSpec> paths = connection.paths().isEmpty() ? DefaultPaths.listeningOn(local) : connection.paths();
                return run.serve(paths, new IpEndpoint(local == null ? IpAddress.ANY : local, port), oneOff);
            }
            return run.measure(lookup.all(role.host), port, parameters(), connectTimeoutSeconds * 1000L);
        }
    }

    private PerfParameters parameters() {
        long total = bytes == null ? 0 : size("-n", bytes, 1, Long.MAX_VALUE / 1024);
        int block = (int) size("-l", length, 1, PerfParameters.MAX_BLOCK_BYTES);
        return new PerfParameters(parallel, reverse, total > 0 ? 0 : seconds, omitSeconds, total, block);
    }

    private void check() {
        connection.check();
        require(port >= 1 && port <= 0xffff, "-p: " + port + " is not a port (1 to 65535)");
        require(seconds >= 1 && seconds <= PerfParameters.MAX_SECONDS, "-t is between 1 and " + PerfParameters.MAX_SECONDS);
        require(omitSeconds >= 0 && omitSeconds <= PerfParameters.MAX_OMIT_SECONDS, "-O is between 0 and " + PerfParameters.MAX_OMIT_SECONDS);
        require(parallel >= 1 && parallel <= PerfParameters.MAX_PARALLEL, "-P is between 1 and " + PerfParameters.MAX_PARALLEL);
        require(intervalSeconds >= 0.1 && intervalSeconds <= 60, "-i is between 0.1 and 60");
        require(connectTimeoutSeconds >= 1, "--wait is a number of seconds, at least 1");
        require(!(ipv4Only && ipv6Only), "-4 and -6 exclude each other");
        require(bytes == null || omitSeconds == 0, "-O goes with -t only");
        require(bind == null || role.server, "-B goes with -s only");
        require(!oneOff || role.server, "-1 goes with -s only");
    }

    /** As iperf3 reads sizes: K, M, G are 1024, 1024², 1024³. */
    private long size(String option, String text, long least, long most) {
        String upper = text.toUpperCase(Locale.ROOT);
        int unit = upper.isEmpty() ? -1 : "KMG".indexOf(upper.charAt(upper.length() - 1));
        String digits = unit < 0 ? upper : upper.substring(0, upper.length() - 1);
        require(digits.matches("\\d{1,12}"), option + ": '" + text + "' is not a size such as 128K");
        long value = Long.parseLong(digits) << 10 * (unit + 1);
        require(value >= least && value <= most, option + " is between " + least + " and " + most + " bytes");
        return value;
    }

    private void require(boolean condition, String otherwise) {
        if (!condition) {
            throw new ParameterException(spec.commandLine(), otherwise);
        }
    }
}
