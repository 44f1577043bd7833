package io.mptcp.cli.control;

/** A policy by name: which one is in use, and which there are. */
abstract class ChoiceCommand extends DaemonCommand {
    private final String target;

    ChoiceCommand(String target) {
        this.target = target;
    }

    @Override
    final void run(ControlClient client) {
        if (json()) {
            printJson(client, target);
            return;
        }
        Json answer = client.get(target);
        String current = answer.get("current").text();
        for (Json policy : answer.get("available").list()) {
            String name = policy.get("name").text();
            String description = policy.get("description").text();
            out().printf("%s %-12s %s%n", name.equals(current) ? "*" : " ", name, description == null ? "" : description);
        }
    }
}
