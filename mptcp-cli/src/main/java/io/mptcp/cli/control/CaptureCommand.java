package io.mptcp.cli.control;

import io.mptcp.cli.CommandFailure;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code mptcp capture}. */
@Command(name = "capture", description = "Record every segment of one connection, over whatever paths, as pcapng: for wireshark or 'mptcp dump'. "
        + "Ends with the connection, or Ctrl-C.")
public final class CaptureCommand extends DaemonCommand {
    @Parameters(index = "0", paramLabel = "TOKEN", description = "Local token of the connection, as 'mptcp connections' shows it.")
    private String token;

    @Parameters(index = "1", paramLabel = "FILE", description = "File to write, - for standard output.")
    private String file;

    @Option(names = "--seconds", paramLabel = "N", description = "End after so many seconds, at most 3600.")
    private Integer seconds;

    @Override
    void run(ControlClient client) {
        String target = "/v1/capture?" + ControlClient.parameter("token", token) + (seconds == null ? "" : "&" + ControlClient.parameter("seconds", seconds.toString()));
        if (file.equals("-")) {
            client.follow(target, System.out);
            return;
        }
        try (OutputStream out = Files.newOutputStream(Path.of(file))) {
            client.follow(target, out);
        } catch (IOException e) {
            throw CommandFailure.failed(file + ": cannot be written: " + e.getMessage(), e);
        }
    }
}
