package io.mptcp.cli.check;

import io.mptcp.cli.CommandFailure;
import io.mptcp.cli.CommonOptions;
import io.mptcp.cli.DefaultPaths;
import io.mptcp.cli.ExitCodes;
import io.mptcp.cli.HostLookup;
import io.mptcp.cli.PathOptions;
import io.mptcp.netty.host.PathSpec;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code mptcp check}. */
@Command(name = "check",
        description = {"Tells for each path to a server whether MPTCP gets through, and what is changed on the way.",
            "A connection is opened over each path, which the other paths join; an empty line is sent over each, or with --http a request. "
                + "Any server will do: with MPTCP, without it, and whatever it says."},
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:MPTCP works over all paths", "1:over some or all it does not", "2:wrong usage, or nothing could be tested"},
        footer = {"", "Examples:",
            "  mptcp check --path eth0 --path wlan0 server 5000",
            "  mptcp check --http --path eth0 --path wwan0 www.example.org 80"})
public final class CheckCommand implements Callable<Integer> {
    private static final int MAX_PORT = 0xffff;

    @Mixin
    private CommonOptions common;

    @Mixin
    private PathOptions paths;

    @Spec
    private CommandSpec spec;

    @Option(names = "--http", description = "Ask for / with HEAD: data flows both ways, and full segments show the path MTU.")
    private boolean http;

    @Option(names = "--checksum", description = "Ask for DSS checksums: they show whether payload is changed.")
    private boolean checksum;

    @Option(names = "--timeout", paramLabel = "SECONDS", defaultValue = "5",
            description = "Longest time to wait for any one answer. Default: ${DEFAULT-VALUE}.")
    private int timeoutSeconds;

    @Option(names = "--json", description = "Print one line of JSON instead of the table.")
    private boolean json;

    @Option(names = "--pcap", paramLabel = "FILE", description = "Record every segment of every path in a pcapng file.")
    private Path pcap;

    @Option(names = "-4", description = "IPv4 only.")
    private boolean ipv4Only;

    @Option(names = "-6", description = "IPv6 only.")
    private boolean ipv6Only;

    @Parameters(index = "0", paramLabel = "HOST", description = "The server.")
    private String host;

    @Parameters(index = "1", paramLabel = "PORT", description = "Its TCP port.")
    private int port;

    @Override
    public Integer call() throws Exception {
        checkUsage();
        try {
            List<IpAddress> addresses = new HostLookup(ipv4Only, ipv6Only).all(host);
            List<PathSpec> chosen = paths.paths().isEmpty() ? List.of(DefaultPaths.towards(addresses.getFirst())) : paths.paths();
            CheckSettings settings = new CheckSettings(host, new IpEndpoint(addresses.getFirst(), port), http, TimeUnit.SECONDS.toNanos(timeoutSeconds));
            CheckReport report = CheckRun.run(settings, addresses, chosen, checksum, pcap);
            spec.commandLine().getOut().print(json ? report.json() + "\n" : report.text());
            spec.commandLine().getOut().flush();
            return report.exitCode();
        } catch (CommandFailure failure) {
            // Whatever kept it from being tried: 1 would say that a path does not carry MPTCP.
            throw failure.exitCode() == ExitCodes.FAILURE && failure.getMessage() != null ? CommandFailure.usage(failure.getMessage()) : failure;
        }
    }

    private void checkUsage() {
        if (port < 1 || port > MAX_PORT) {
            throw wrong("'" + port + "' is not a port (1 to 65535)");
        }
        if (ipv4Only && ipv6Only) {
            throw wrong("-4 and -6 exclude each other");
        }
        if (timeoutSeconds < 1) {
            throw wrong("--timeout is a number of seconds, at least 1");
        }
        paths.check(spec.commandLine());
    }

    private ParameterException wrong(String what) {
        return new ParameterException(spec.commandLine(), what);
    }
}
