package io.mptcp.cli.dump;

import io.mptcp.cli.CommandFailure;
import io.mptcp.cli.CommonOptions;
import io.mptcp.cli.ExitCodes;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code mptcp dump}. */
@Command(name = "dump",
        description = {"Decodes the MPTCP options of a capture (pcap or pcapng, also gzipped) and tells the story of the data sequence:",
            "which subflow carried what, and what was sent twice and why. Explained in docs/dump.md."},
        footer = {"", "Examples:",
            "  mptcp dump trace.pcap | less -S",
            "  mptcp dump --summary trace.pcap",
            "  mptcp dump --connection 1f7ac3d0 trace.pcap",
            "  mptcp dump --json trace.pcap | jq 'select(.type == \"connection\")'"})
public final class DumpCommand implements Callable<Integer> {
    @Mixin
    private CommonOptions common;

    @Parameters(index = "0", paramLabel = "FILE", description = "The capture.")
    private Path file;

    @Option(names = "--json", description = "One JSON object a line instead of text.")
    private boolean json;

    @Option(names = "--summary", description = "Only the summaries of the connections, no lines for packets.")
    private boolean summary;

    @Option(names = "--connection", paramLabel = "TOKEN", description = "Only the connection one of whose ends has this token (8 hexadecimal digits).")
    private String token;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        DumpOutput output = json ? new JsonOutput(out, wantedToken(), summary) : new TextOutput(out, wantedToken(), summary);
        try (CaptureReader reader = CaptureReader.open(file)) {
            Dump.run(reader, output);
        } catch (CaptureException e) {
            out.flush();
            throw CommandFailure.failed(file + " " + e.getMessage(), e);
        }
        if (token != null && !output.isFound()) {
            throw CommandFailure.failed(file + ": no connection has the token " + token);
        }
        return ExitCodes.OK;
    }

    private Integer wantedToken() {
        if (token == null) {
            return null;
        }
        try {
            return Integer.parseUnsignedInt(token.startsWith("0x") ? token.substring(2) : token, 16);
        } catch (NumberFormatException e) {
            throw new ParameterException(spec.commandLine(), "--connection: '" + token + "' is not a token of up to 8 hexadecimal digits");
        }
    }
}
