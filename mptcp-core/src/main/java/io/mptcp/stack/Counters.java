package io.mptcp.stack;

import java.util.LinkedHashMap;
import java.util.Map;

/** Counters of a stack under the names of the kernel's MPTcpExt and TcpExt MIBs. Indexed by {@link Counter}. */
public final class Counters {
    private final long[] values = new long[Counter.values().length];

    void increment(Counter counter) {
        values[counter.ordinal()]++;
    }

    /** How often it has been counted since the stack was made. */
    public long get(Counter counter) {
        return values[counter.ordinal()];
    }

    /** All counters that are not zero, by kernel name, in declaration order. */
    public Map<String, Long> nonZero() {
        Map<String, Long> map = new LinkedHashMap<>();
        for (Counter counter : Counter.values()) {
            if (values[counter.ordinal()] != 0) {
                map.put(counter.name(), values[counter.ordinal()]);
            }
        }
        return map;
    }
}
