package io.mptcp.cli.testport;

import io.mptcp.cc.CongestionControllers;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * The kernel settings that scripts set, with the values this stack begins with. Those in {@link #WITHOUT_EFFECT} are taken and mean nothing here:
 * what they switch is always as the scripts want it, or is not there.
 */
final class SysctlTable {
    static final Set<String> WITHOUT_EFFECT = Set.of("net.ipv4.tcp_frto", "net.ipv4.tcp_dsack", "net.ipv4.tcp_fack", "net.ipv4.tcp_reordering",
            "net.ipv4.tcp_early_retrans", "net.ipv4.tcp_recovery", "net.ipv4.tcp_tso_win_divisor", "net.ipv4.tcp_ecn_option",
            "net.ipv4.tcp_pacing_ss_ratio", "net.ipv4.tcp_pacing_ca_ratio",
            "net.ipv4.tcp_mtu_probing", "net.ipv4.tcp_no_metrics_save", "net.ipv4.tcp_syn_linear_timeouts", "net.ipv4.tcp_syncookies",
            "net.ipv4.tcp_slow_start_after_idle", "net.ipv4.tcp_fastopen_blackhole_timeout_sec",
            "net.ipv4.tcp_autocorking", "net.ipv4.tcp_mtu_probe_floor", "net.ipv4.tcp_base_mss",
            "net.ipv4.ip_dynaddr", "net.ipv4.tcp_shrink_window", "net.ipv4.tcp_window_scaling",
            "net.mptcp.close_timeout", "net.mptcp.scheduler", "net.core.default_qdisc");
    static final Map<String, String> DEFAULTS = defaults();

    private SysctlTable() {
    }

    private static Map<String, String> defaults() {
        Map<String, String> defaults = new LinkedHashMap<>();
        defaults.put("net.ipv4.tcp_timestamps", "1");
        defaults.put("net.ipv4.tcp_sack", "1");
        defaults.put("net.ipv4.tcp_syn_retries", "6");
        defaults.put("net.ipv4.tcp_rmem", "4096 131072 8388608");
        defaults.put("net.ipv4.tcp_wmem", "4096 16384 8388608");
        defaults.put("net.ipv4.tcp_congestion_control", "cubic");
        defaults.put("net.ipv4.tcp_synack_retries", "5");
        defaults.put("net.ipv4.tcp_ecn", "2");
        defaults.put("net.ipv4.tcp_min_tso_segs", "2");
        defaults.put("net.ipv4.tcp_notsent_lowat", "4294967295");
        defaults.put("net.ipv4.tcp_fastopen", "1");
        defaults.put("net.ipv4.tcp_fastopen_key", "");
        defaults.put("net.mptcp.enabled", "1");
        defaults.put("net.mptcp.add_addr_timeout", "120");
        for (String name : WITHOUT_EFFECT.stream().sorted().toList()) {
            defaults.put(name, "0");
        }
        return defaults;
    }

    static void check(String name, String value) {
        if (WITHOUT_EFFECT.contains(name)) {
            return;
        }
        if (name.equals("net.ipv4.tcp_congestion_control")) {
            CongestionControllers.create(value);
            return;
        }
        if (name.equals("net.ipv4.tcp_fastopen_key")) {
            if (!value.matches("([0-9a-fA-F]{1,8}-){3}[0-9a-fA-F]{1,8}(,.*)?")) {
                throw new IllegalArgumentException("'" + value + "' is not a key of four hexadecimal words");
            }
            return;
        }
        if (name.equals("net.ipv4.tcp_notsent_lowat")) {
            unsigned(value);
            return;
        }
        for (String part : value.strip().split("\\s+")) {
            number(part);
        }
    }

    /** 32 bits without a sign. */
    static long unsigned(String value) {
        try {
            return Integer.toUnsignedLong(Integer.parseUnsignedInt(value.strip()));
        } catch (NumberFormatException _) {
            throw new IllegalArgumentException("'" + value + "' is not a number of 32 bits");
        }
    }

    /** Decimal or 0x. */
    static int number(String value) {
        try {
            return Integer.decode(value.strip());
        } catch (NumberFormatException _) {
            throw new IllegalArgumentException("'" + value + "' is not a number");
        }
    }
}
