package io.mptcp.cli;

import io.mptcp.tun.stream.RelayKey;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code mptcp-tun relay-key}. */
@Command(name = "relay-key", description = "Make the key of a relay and a certificate, and print the pin by which clients know it.")
final class RelayKeyCommand implements Callable<Integer> {
    @Mixin
    private CommonOptions common;

    @Spec
    private CommandSpec spec;

    @Option(names = "--certificate", paramLabel = "FILE", defaultValue = "/etc/mptcp-tun/relay.crt", description = "File to write, PEM. Default: ${DEFAULT-VALUE}.")
    private Path certificate;

    @Option(names = "--key", paramLabel = "FILE", defaultValue = "/etc/mptcp-tun/relay.key", description = "File to write, PEM. Default: ${DEFAULT-VALUE}.")
    private Path key;

    @Override
    public Integer call() {
        try {
            PrintWriter out = spec.commandLine().getOut();
            out.println("pin: " + RelayKey.write(certificate, key));
            out.flush();
            return ExitCodes.OK;
        } catch (IOException e) {
            throw CommandFailure.failed(e.getMessage(), e);
        }
    }
}
