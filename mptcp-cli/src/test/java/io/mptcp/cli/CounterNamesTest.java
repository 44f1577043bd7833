package io.mptcp.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mptcp.stack.Counter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Counters have the names this kernel prints for the same, so that what is known of one is known of the other. */
class CounterNamesTest {
    private static final Set<Counter> OURS = EnumSet.of(Counter.IcmpInLimited, Counter.MPJoinSynAckNoMPJoin, Counter.MPJoinAckNoMPJoin,
            Counter.DssReset, Counter.InMalformed, Counter.InternalErrors);

    @Test
    void everyCounterHasTheKernelsName() throws IOException {
        Set<String> kernels = new HashSet<>();
        for (String file : List.of("/proc/net/netstat", "/proc/net/snmp")) {
            assumeTrue(Files.isReadable(Path.of(file)), file + " is not there");
            for (String line : Files.readAllLines(Path.of(file))) {
                String group = line.substring(0, line.indexOf(':'));
                for (String name : line.substring(group.length() + 1).strip().split(" ")) {
                    kernels.add(group.equals("Icmp") ? "Icmp" + name : name);
                }
            }
        }
        assumeTrue(kernels.contains("WinProbe"), "this kernel has no MPTCP, or an older one");
        List<String> unknown = new ArrayList<>();
        for (Counter counter : EnumSet.complementOf(EnumSet.copyOf(OURS))) {
            if (!kernels.contains(counter.name())) {
                unknown.add(counter.name());
            }
        }
        assertEquals(Collections.emptyList(), unknown);
    }
}
