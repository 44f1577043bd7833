package io.mptcp.cli.lab;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The kernel's counters as {@code /proc/net/netstat} and {@code /proc/net/snmp} show them: pairs of lines, names and values, each starting with
 * the group's name.
 */
public final class KernelCounters {
    private KernelCounters() {
    }

    /**
     * The counters of one group.
     *
     * @param netstat lines of these files
     * @param group   for instance {@code MPTcpExt}, {@code TcpExt} or {@code Tcp}
     * @return values by name; empty when the kernel has no such group
     */
    public static Map<String, Long> parse(List<String> netstat, String group) {
        Map<String, Long> counters = new TreeMap<>();
        List<String> lines = netstat.stream().filter(line -> line.startsWith(group + ":")).toList();
        if (lines.size() == 2) {
            String[] names = lines.get(0).split(" ");
            String[] values = lines.get(1).split(" ");
            for (int i = 1; i < Math.min(names.length, values.length); i++) {
                counters.put(names[i], Long.parseLong(values[i]));
            }
        }
        return counters;
    }
}
