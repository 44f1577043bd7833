package io.mptcp.cli.control;

import picocli.CommandLine.Command;

/** {@code mptcp reload}. */
@Command(name = "reload", description = "Make a running mptcp-tun read its configuration again, as SIGHUP does, and say what came of it. Connections go on.")
public final class ReloadCommand extends DaemonCommand {
    @Override
    void run(ControlClient client) {
        String answer = client.text("POST", "/v1/reload");
        out().print(json() ? answer : Json.parse(answer).get("done").text() + System.lineSeparator());
    }
}
