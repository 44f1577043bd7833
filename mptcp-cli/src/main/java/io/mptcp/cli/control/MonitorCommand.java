package io.mptcp.cli.control;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code mptcp monitor}. */
@Command(name = "monitor", description = "Events of a running mptcp-tun as they happen, under the names of 'ip mptcp monitor'. Ends with the daemon, or Ctrl-C.")
public final class MonitorCommand extends DaemonCommand {
    @Option(names = "--all", description = "Begin with the last events there were.")
    private boolean all;

    @Override
    void run(ControlClient client) {
        client.follow("/v1/events" + (all ? "?since=0" : ""), new LineOutput());
    }

    /** One event per line, whatever pieces they come in. */
    private final class LineOutput extends OutputStream {
        private final ByteArrayOutputStream line = new ByteArrayOutputStream();

        @Override
        public void write(int b) {
            if (b != '\n') {
                line.write(b);
                return;
            }
            String event = line.toString(StandardCharsets.UTF_8);
            line.reset();
            out().println(json() ? event : Json.parse(event).get("line").text());
        }

        @Override
        public void flush() {
            checkOutput();
        }
    }
}
