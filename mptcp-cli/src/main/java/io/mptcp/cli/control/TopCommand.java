package io.mptcp.cli.control;

import io.mptcp.cli.CommandFailure;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code mptcp top}. */
@Command(name = "top", description = "Live view of a running mptcp-tun: throughput of every path, and the busiest connections. Ends with Ctrl-C.")
public final class TopCommand extends DaemonCommand {
    private static final String ENTER = "\033[?1049h\033[?25l";
    private static final String LEAVE = "\033[?25h\033[?1049l";
    private static final String HOME = "\033[H";
    private static final String CLEAR_LINE = "\033[K";
    private static final String CLEAR_BELOW = "\033[J";

    @Option(names = {"-n", "--count"}, paramLabel = "N", description = "End after so many pictures.")
    private int count;

    @Option(names = {"-d", "--delay"}, paramLabel = "S", defaultValue = "1", description = "Seconds between pictures. Default: ${DEFAULT-VALUE}.")
    private int delaySeconds;

    @Option(names = {"-b", "--batch"}, description = "Print one picture below the other, for files and pipes.")
    private boolean batch;

    @Override
    void run(ControlClient client) {
        boolean screen = !batch && System.console() != null && System.console().isTerminal();
        if (screen) {
            out().print(ENTER);
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                System.out.print(LEAVE);
                System.out.flush();
            }));
        }
        TopView before = null;
        for (int i = 0; count == 0 || i < count; i++) {
            int[] size = screen ? terminalSize() : new int[] {24, 100};
            TopView view = TopView.of(client.get("/v1/status"), client.get("/v1/paths?seconds=60"), client.get("/v1/connections"), before);
            print(screen, view.lines(size[1], screen ? size[0] : Integer.MAX_VALUE));
            before = view;
            if (count == 0 || i + 1 < count) {
                pause();
            }
        }
    }

    private void print(boolean screen, List<String> lines) {
        out().print(screen ? HOME : "");
        for (int i = 0; i < lines.size(); i++) {
            boolean last = screen && i == lines.size() - 1; // a line break there would scroll
            out().print(lines.get(i) + (screen ? CLEAR_LINE : "") + (last ? "" : System.lineSeparator()));
        }
        out().print(screen ? CLEAR_BELOW : System.lineSeparator());
        checkOutput();
    }

    private void pause() {
        try {
            TimeUnit.SECONDS.sleep(Math.max(1, delaySeconds));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw CommandFailure.silent();
        }
    }

    /** Rows and columns; 24 and 80 where they cannot be found out. */
    private static int[] terminalSize() {
        try {
            Process stty = new ProcessBuilder("stty", "size").redirectInput(ProcessBuilder.Redirect.INHERIT).start();
            String[] words = new String(stty.getInputStream().readAllBytes()).strip().split(" ");
            if (words.length == 2) {
                return new int[] {Integer.parseInt(words[0]), Integer.parseInt(words[1])};
            }
        } catch (IOException | NumberFormatException e) {
            // The usual size is as good as any.
        }
        return new int[] {24, 80};
    }
}
