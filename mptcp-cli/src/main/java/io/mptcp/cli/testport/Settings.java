package io.mptcp.cli.testport;

import io.mptcp.pm.Path;
import io.mptcp.pm.HostPathManager;
import io.mptcp.pm.SignalAddress;
import io.mptcp.stack.StackConfig;
import io.mptcp.stack.WireProfile;
import io.mptcp.tcp.EcnMode;
import io.mptcp.tcp.TcpConfig;
import io.mptcp.wire.IpAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a session's stack is to be like: Linux's defaults, changed by the flags of HELLO and by commands. For any thread. */
final class Settings {
    private static final long DEFAULT_SEED = 1;
    /** The largest buffers that are allocated for a client's wish. */
    private static final int MAX_BUFFER_BYTES = 64 << 20;
    private static final int MIN_BUFFER_BYTES = 4096;
    private static final long NANOS_PER_SECOND = 1_000_000_000L;
    private static final int LINUX_MIN_RTO_MILLIS = 200;
    /** Twice a round trip of a millisecond, and 2 ms. */
    private static final int LINUX_MIN_LOSS_PROBE_MILLIS = 4;

    /** An endpoint of {@code ip mptcp endpoint}. */
    record Endpoint(IpAddress address, int id, boolean signal, boolean subflow, boolean backup) {
    }

    private final List<IpAddress> addresses = new ArrayList<>();
    private final List<Endpoint> endpoints = new ArrayList<>();
    private final Map<String, String> sysctls = new LinkedHashMap<>(SysctlTable.DEFAULTS);
    private long seed = DEFAULT_SEED;
    private int acceptedAnnouncements;

    Settings() {
        addresses.add(IpAddress.parse("192.168.0.2"));
        addresses.add(IpAddress.parse("fd3d:fa7b:d17d::"));
    }

    /**
     * Flags of HELLO: {@code name=value}, separated by commas. {@code local4} and {@code local6} are this side's first addresses, {@code seed} begins
     * the stack's randomness.
     *
     * @throws IllegalArgumentException with one line saying what is wrong
     */
    void applyFlags(String flags) {
        for (String flag : flags.replace("\0", "").split(",")) {
            String[] parts = flag.strip().split("=", 2);
            if (parts[0].isEmpty()) {
                continue;
            }
            String value = parts.length == 2 ? parts[1] : "";
            switch (parts[0]) {
                case "local4" -> addresses.set(0, IpAddress.parse(value));
                case "local6" -> addresses.set(1, IpAddress.parse(value));
                case "seed" -> seed = Long.parseLong(value);
                default -> throw new IllegalArgumentException("flag '" + parts[0] + "' is none of local4, local6, seed");
            }
        }
    }

    long seed() {
        return seed;
    }

    synchronized List<IpAddress> addresses() {
        return List.copyOf(addresses);
    }

    synchronized void addAddress(IpAddress address) {
        if (!addresses.contains(address)) {
            addresses.add(address);
        }
    }

    synchronized void addEndpoint(Endpoint endpoint) {
        endpoints.add(endpoint);
    }

    synchronized void flushEndpoints() {
        endpoints.clear();
    }

    synchronized void acceptAnnouncements(int count) {
        acceptedAnnouncements = count;
    }

    /** @throws IllegalArgumentException when there is no such setting, or not that value of it */
    synchronized void setSysctl(String name, String value) {
        if (!sysctls.containsKey(name)) {
            throw new IllegalArgumentException("there is no " + name);
        }
        SysctlTable.check(name, value);
        sysctls.put(name, value);
    }

    /** @throws IllegalArgumentException when there is no such setting */
    synchronized String sysctl(String name) {
        String value = sysctls.get(name);
        if (value == null) {
            throw new IllegalArgumentException("there is no " + name);
        }
        return value;
    }

    int fastOpenBits() {
        return number("net.ipv4.tcp_fastopen");
    }

    /** Four 32-bit words in hexadecimal, separated by dashes; null when none was set. */
    long[] fastOpenKey() {
        String text = sysctl("net.ipv4.tcp_fastopen_key").split(",")[0].strip();
        String[] words = text.split("-");
        if (words.length != 4) {
            return null;
        }
        long[] word = new long[4];
        for (int i = 0; i < 4; i++) {
            word[i] = Long.parseLong(words[i], 16);
        }
        return new long[] {word[0] | word[1] << 32, word[2] | word[3] << 32};
    }

    private EcnMode ecn() {
        return switch (number("net.ipv4.tcp_ecn")) {
            case 0 -> EcnMode.OFF;
            case 1 -> EcnMode.ACTIVE;
            default -> EcnMode.PASSIVE;
        };
    }

    private int number(String name) {
        return SysctlTable.number(sysctl(name));
    }

    /** An unsigned number; 0, too, leaves nothing unsent but what fills a segment. */
    private static int lowatBytes(String value) {
        return (int) Math.clamp(SysctlTable.unsigned(value), 1, Integer.MAX_VALUE);
    }

    /** The largest of {@code min default max}. */
    private int bufferBytes(String name) {
        String[] parts = sysctl(name).strip().split("\\s+");
        return Math.clamp(Long.parseLong(parts[parts.length - 1]), MIN_BUFFER_BYTES, MAX_BUFFER_BYTES);
    }

    synchronized StackConfig stackConfig() {
        TcpConfig tcp = TcpConfig.defaults().toBuilder()
                .timestamps(number("net.ipv4.tcp_timestamps") != 0)
                .strictTimestamps(false)
                .sack(number("net.ipv4.tcp_sack") != 0)
                .synRetries(number("net.ipv4.tcp_syn_retries"))
                .synAckRetries(number("net.ipv4.tcp_synack_retries"))
                .peerDelayedAckMillis(LINUX_MIN_RTO_MILLIS)
                .thirdAckWithData(true)
                .minLossProbeMillis(LINUX_MIN_LOSS_PROBE_MILLIS)
                .growthCountsSacked(false)
                .answerUnsentAck(false)
                .softErrorsEndOpening(true)
                .announcePathMtu(true)
                .ecn(ecn())
                .minTsoSegments(number("net.ipv4.tcp_min_tso_segs"))
                .receiveBufferBytes(bufferBytes("net.ipv4.tcp_rmem"))
                .sendBufferBytes(bufferBytes("net.ipv4.tcp_wmem"))
                .notSentLowatBytes(lowatBytes(sysctl("net.ipv4.tcp_notsent_lowat")))
                .build();
        return StackConfig.defaults()
                .withTcp(tcp)
                .withCongestionControl(sysctl("net.ipv4.tcp_congestion_control"))
                .withMptcp(number("net.mptcp.enabled") != 0)
                .withWire(WireProfile.LINUX)
                .withPathManager(() -> HostPathManager.forPaths(paths(), acceptedAnnouncements, signals()).create());
    }

    /** Addresses of signal endpoints; ids that were not chosen are given as they are announced. */
    private synchronized List<SignalAddress> signals() {
        int seconds = number("net.mptcp.add_addr_timeout");
        long retryNanos = seconds <= 0 ? Long.MAX_VALUE : seconds * NANOS_PER_SECOND;
        return endpoints.stream().filter(Endpoint::signal).map(known -> new SignalAddress(known.id(), known.address(), retryNanos)).toList();
    }

    /** The first address of each family, and those of subflow endpoints. Links are numbered in the order of the addresses. */
    private synchronized List<Path> paths() {
        List<Path> paths = new ArrayList<>();
        for (int link = 0; link < addresses.size(); link++) {
            IpAddress address = addresses.get(link);
            Endpoint endpoint = endpoints.stream().filter(known -> known.address().equals(address)).findFirst().orElse(null);
            if (link < 2 || (endpoint != null && endpoint.subflow())) {
                paths.add(new Path(link, address.isIpv4() ? address : null, address.isIpv4() ? null : address, endpoint != null && endpoint.backup()));
            }
        }
        return paths;
    }
}
