package io.mptcp.cli;

import io.mptcp.cc.CongestionControllers;
import io.mptcp.netty.host.PathSpec;
import io.mptcp.netty.host.UplinkSettings;
import io.mptcp.scheduler.Schedulers;
import io.mptcp.stack.StackConfig;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Options of every command that opens or takes connections. */
public final class ConnectionOptions {
    /** The command these options are mixed into. */
    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    @Mixin
    private PathOptions pathOptions;

    @Option(names = "--scheduler", paramLabel = "NAME", defaultValue = "default", completionCandidates = SchedulerNames.class,
            description = "How data is spread over the subflows: ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
    private String scheduler;

    @Option(names = "--congestion", paramLabel = "NAME", defaultValue = "cubic", completionCandidates = CongestionNames.class,
            description = "Congestion control: ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
    private String congestion;

    @Option(names = "--checksum", description = "Ask for DSS checksums (RFC 8684 section 3.3): they find middleboxes that change payload.")
    private boolean checksum;

    @Option(names = "--plain-tcp", description = "Do not speak MPTCP.")
    private boolean plainTcp;

    @Option(names = "--pcap", paramLabel = "FILE", description = "Record every segment of every path in a pcapng file, for wireshark or tshark.")
    private Path pcap;

    @Option(names = "--stats", description = "At the end print one line of JSON on standard error: bytes, duration, fallback, subflows, counters.")
    private boolean stats;

    /** The paths given; none when the choice is left to routing. */
    public List<PathSpec> paths() {
        return pathOptions.paths();
    }

    public String scheduler() {
        return scheduler;
    }

    public boolean mptcp() {
        return !plainTcp;
    }

    public boolean stats() {
        return stats;
    }

    /** @throws ParameterException when a name is unknown; the message lists the known ones */
    public void check() {
        oneOf("--scheduler", "scheduler", scheduler, Schedulers.names());
        oneOf("--congestion", "congestion control", congestion, CongestionControllers.names());
        pathOptions.check(command.commandLine());
    }

    private void oneOf(String option, String what, String name, List<String> known) {
        if (!known.contains(name)) {
            throw new ParameterException(command.commandLine(),
                    option + ": unknown " + what + " '" + name + "', known are " + String.join(", ", known));
        }
    }

    /** @param listenPort TCP port to take connections on, 0 to open connections only */
    public UplinkSettings settings(int listenPort) {
        StackConfig stack = StackConfig.defaults().withCongestionControl(congestion).withChecksum(checksum).withMptcp(!plainTcp);
        return new UplinkSettings(stack, scheduler, listenPort, pcap);
    }

    /** For help and completion. */
    static final class SchedulerNames implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return Schedulers.names().iterator();
        }
    }

    /** For help and completion. */
    static final class CongestionNames implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return CongestionControllers.names().iterator();
        }
    }
}
