package io.mptcp.cli.bench.scale;

import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.management.JMException;
import javax.management.MBeanOperationInfo;
import javax.management.ObjectName;

/**
 * Live objects of this process by class, as {@code jcmd PID GC.class_histogram} has them.
 *
 * @param classes what there is of each, by its name
 */
record HeapHistogram(Map<String, Use> classes) {
    private static final String COMMANDS = "com.sun.management:type=DiagnosticCommand";
    private static final String OPERATION = "gcClassHistogram";

    /** @param instances of one class, which take so many {@code bytes} together */
    record Use(long instances, long bytes) {
    }

    /** Whether this Java runtime can count: one trimmed by jlink, as that of the package, may not. */
    static boolean isAvailable() {
        try {
            MBeanOperationInfo[] operations = ManagementFactory.getPlatformMBeanServer().getMBeanInfo(new ObjectName(COMMANDS)).getOperations();
            return Arrays.stream(operations).anyMatch(operation -> operation.getName().equals(OPERATION));
        } catch (JMException e) {
            return false;
        }
    }

    /** Counts what is alive now. @throws IllegalStateException where that is not {@link #isAvailable} */
    static HeapHistogram take() {
        try {
            Object text = ManagementFactory.getPlatformMBeanServer().invoke(new ObjectName(COMMANDS), OPERATION, new Object[] {new String[0]},
                    new String[] {String[].class.getName()});
            return parse((String) text);
        } catch (JMException e) {
            throw new IllegalStateException("this virtual machine has no class histogram: " + e.getMessage(), e);
        }
    }

    /** Lines like {@code   1:   8026   642080  io.mptcp.tcp.Tcb (io.mptcp.core@1.0)}, between others. */
    static HeapHistogram parse(String text) {
        Map<String, Use> classes = new HashMap<>();
        for (String line : text.split("\n")) {
            String[] words = line.strip().split("\\s+");
            if (words.length >= 4 && words[0].endsWith(":") && words[1].chars().allMatch(Character::isDigit)) {
                Use use = new Use(Long.parseLong(words[1]), Long.parseLong(words[2]));
                classes.merge(words[3], use, (a, b) -> new Use(a.instances + b.instances, a.bytes + b.bytes));
            }
        }
        return new HeapHistogram(classes);
    }

    /** What there is more of than {@code before}, the most bytes first. */
    List<Map.Entry<String, Use>> since(HeapHistogram before) {
        Map<String, Use> more = new HashMap<>();
        classes.forEach((name, now) -> {
            Use then = before.classes.getOrDefault(name, new Use(0, 0));
            more.put(name, new Use(now.instances - then.instances, now.bytes - then.bytes));
        });
        return more.entrySet().stream().filter(entry -> entry.getValue().bytes > 0)
                .sorted((a, b) -> Long.compare(b.getValue().bytes, a.getValue().bytes)).toList();
    }
}
