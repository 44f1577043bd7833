package io.mptcp.cli;

import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The {@code mptcp cat} command: what it was asked for. {@link CatClient} and {@link CatServer} do it. */
@Command(name = "cat",
        description = "Standard input to a connection, the connection to standard output.",
        customSynopsis = {"mptcp cat [OPTIONS] HOST PORT", "       mptcp cat -l [-k] [OPTIONS] [ADDR] PORT"},
        footer = {"", "The end of standard input ends one direction only; the command ends when the other side has ended its direction, too.", "",
            "Examples:",
            "  mptcp cat -l 5000 > file",
            "  mptcp cat --path eth0 --path wlan0 server 5000 < file",
            "  mptcp cat --path eth0,link=udp server 5000"})
final class CatCommand implements Callable<Integer> {
    @Mixin
    private CommonOptions common;

    @Mixin
    private ConnectionOptions connection;

    @Spec
    private CommandSpec spec;

    @Option(names = {"-l", "--listen"}, description = "Take a connection instead of opening one.")
    private boolean listen;

    @Option(names = {"-k", "--keep-open"}, description = "With -l: after a connection take the next, one after the other.")
    private boolean keepOpen;

    @Option(names = {"-v", "--verbose"}, description = "Say on standard error what is listened to and who is connected.")
    private boolean verbose;

    @Option(names = {"-w", "--wait"}, paramLabel = "SECONDS", defaultValue = "30",
            description = "Longest time to wait for an answer when connecting. Default: ${DEFAULT-VALUE}.")
    private int connectTimeoutSeconds;

    @Option(names = "-4", description = "IPv4 only.")
    private boolean ipv4Only;

    @Option(names = "-6", description = "IPv6 only.")
    private boolean ipv6Only;

    @Parameters(arity = "1..2", paramLabel = "HOST PORT", description = "Where to connect to, or with -l what to listen on.")
    private List<String> target;

    @Override
    public Integer call() throws Exception {
        check();
        int port = port(target.getLast());
        String host = target.size() == 2 ? target.getFirst() : null;
        HostLookup lookup = new HostLookup(ipv4Only, ipv6Only);
        try (CatIo io = new CatIo(connection.stats(), verbose, spec.commandLine().getErr(), spec.qualifiedName())) {
            if (listen) {
                return new CatServer(io, connection, keepOpen).run(host == null ? null : lookup.first(host), port);
            }
            return new CatClient(io, connection, connectTimeoutSeconds * 1000L).run(host, lookup.all(host), port);
        }
    }

    private void check() {
        if (target.size() > 2) {
            throw wrong("too many arguments: '" + target.get(2) + "'");
        }
        if (!listen && target.size() < 2) {
            throw wrong("HOST and PORT are needed");
        }
        if (keepOpen && !listen) {
            throw wrong("-k goes with -l only");
        }
        if (ipv4Only && ipv6Only) {
            throw wrong("-4 and -6 exclude each other");
        }
        if (connectTimeoutSeconds < 1) {
            throw wrong("--wait is a number of seconds, at least 1");
        }
        connection.check();
    }

    private int port(String text) {
        try {
            int port = Integer.parseInt(text);
            if (port >= 1 && port <= 0xffff) {
                return port;
            }
        } catch (NumberFormatException _) {
            // said below
        }
        throw wrong("'" + text + "' is not a port (1 to 65535)");
    }

    private ParameterException wrong(String what) {
        return new ParameterException(spec.commandLine(), what);
    }
}
