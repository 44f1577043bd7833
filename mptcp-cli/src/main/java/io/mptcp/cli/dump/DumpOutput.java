package io.mptcp.cli.dump;

import io.mptcp.cli.CommandFailure;
import java.io.PrintWriter;

/** Writes what is found, as it is found, and picks what was asked for. */
abstract class DumpOutput {
    /** How often to look whether anybody reads on. */
    private static final int LINES_PER_CHECK = 256;

    private final PrintWriter out;
    private final Integer token;
    private final boolean summaryOnly;
    private long startNanos = -1;
    private int lines;
    private boolean found;

    /**
     * @param token       of the only connection wanted, or null for all
     * @param summaryOnly no lines for packets
     */
    DumpOutput(PrintWriter out, Integer token, boolean summaryOnly) {
        this.out = out;
        this.token = token;
        this.summaryOnly = summaryOnly;
    }

    /** One line about a packet. */
    abstract String packet(PacketReport report);

    /** One or more lines about a connection. */
    abstract String connection(TracedConnection connection);

    /** The last line. */
    abstract String totals(CaptureTotals totals);

    /** Times are shown from here on, in nanoseconds since 1970. */
    final void startsAt(long nanos) {
        startNanos = nanos;
    }

    final long startNanos() {
        return startNanos;
    }

    /** Time since the first packet of the capture. */
    final long sinceStart(long nanos) {
        return nanos - startNanos;
    }

    /** Whether anything was written of what was asked for. */
    final boolean isFound() {
        return found;
    }

    final void report(PacketReport report) {
        TracedConnection connection = report.subflow.connection;
        if (summaryOnly) {
            return;
        }
        if (token == null || connection.hasToken(token)) {
            printHeld(connection);
            print(packet(report));
        } else if (connection.isTokenKnown(0) && connection.isTokenKnown(1)) {
            connection.takeHeldLines();
        } else {
            // The first segments of a handshake do not tell the token yet.
            connection.hold(packet(report));
        }
    }

    final void finished(TracedConnection connection) {
        if (token == null || connection.hasToken(token)) {
            printHeld(connection);
            print(connection(connection));
        }
    }

    final void end(CaptureTotals totals) {
        if (token == null) {
            print(totals(totals));
        }
        out.flush();
        check();
    }

    private void printHeld(TracedConnection connection) {
        for (String line : connection.takeHeldLines()) {
            print(line);
        }
    }

    private void print(String text) {
        found = true;
        out.println(text);
        if (++lines % LINES_PER_CHECK == 0) {
            check();
        }
    }

    private void check() {
        if (out.checkError()) {
            throw CommandFailure.silent();
        }
    }
}
