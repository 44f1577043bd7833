package io.mptcp.tun.datagram;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * One end of a session between client and relay: IP packets in sealed datagrams over several paths. The packets of a flow take one path as long as it works (sticky),
 * or all of them at once. Every path is probed; what had been sent over one since its last sign of life is sent again over another when it dies, or over the first that works
 * again when none does, and the receiver takes the first copy of each. Knows no socket and no clock. For one thread.
 *
 * <p>The payload of a datagram: what it is (8 bits), path (8 bits), and a packet, or for probes and answers the time of the probe (64 bits).
 */
public final class DatagramTunnel {
    /** What it needs and gives. */
    public interface Output {
        /** A datagram for the peer, over a path. */
        void datagram(int path, byte[] sealed);

        /** A probe is being dealt with that the peer has sent over this path: where it came from is where the path's other end is. */
        void probed(int path);

        /** A packet from the peer. @param everywhere it came over all paths, and answers should */
        void packet(byte[] buffer, int offset, int length, int path, boolean everywhere);
    }

    /** How often {@link #tick} has to be called. */
    public static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    private static final int PACKET = 1;
    private static final int PACKET_EVERYWHERE = 2;
    private static final int PROBE = 3;
    private static final int PROBE_ANSWER = 4;
    private static final int PREFIX_BYTES = 2;

    private static final long PROBE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    /** Without packets; NATs forget UDP after 30 seconds or more (RFC 4787 section 4.3). */
    private static final long IDLE_PROBE_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final long IDLE_AFTER_NANOS = TimeUnit.SECONDS.toNanos(3);
    private static final long LEAST_PATIENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(150);
    private static final int MAX_FLOWS = 4096;
    /** Of each path, for sending again: a second of 8 Mbit/s. */
    private static final int MAX_UNSURE_BYTES = 1 << 20;
    /** Whoever sends by UDP has no use for what comes later. */
    private static final long MAX_AGE_NANOS = TimeUnit.SECONDS.toNanos(2);

    private record Unsure(long sentNanos, byte[] sealed) {
    }

    private static final class Path {
        final int id;
        final int rank;
        boolean alive = true;
        long srttNanos;
        long lastProbeNanos;
        boolean probed;
        /** There are probes without an answer, younger than the last that has one; and when the oldest of them was sent. */
        boolean waiting;
        long waitingSinceNanos;
        final ArrayDeque<Unsure> unsure = new ArrayDeque<>();
        int unsureBytes;

        Path(int id, int rank) {
            this.id = id;
            this.rank = rank;
        }
    }

    private final long session;
    private final DatagramKeys keys;
    private final Output output;
    private final ReplayWindow window = new ReplayWindow();
    private final Map<Integer, Path> paths = new TreeMap<>();
    private final Map<Long, Integer> flows = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Long, Integer> eldest) {
            return size() > MAX_FLOWS;
        }
    };
    private long lastNumber;
    private long lastPacketNanos = Long.MIN_VALUE / 2;
    private long sentAgain;
    private long notAuthentic;
    private long copies;

    public DatagramTunnel(long session, DatagramKeys keys, Output output) {
        this.session = session;
        this.keys = keys;
        this.output = output;
    }

    /** @param rank paths of the lowest rank that work are used */
    public void addPath(int id, int rank) {
        paths.putIfAbsent(id, new Path(id, rank));
    }

    /** What it may have lost goes over another. */
    public void removePath(int id, long nowNanos) {
        Path path = paths.remove(id);
        if (path != null) {
            path.alive = false;
            sendAgain(path, nowNanos);
        }
    }

    public boolean hasPath(int id) {
        return paths.containsKey(id);
    }

    /** Datagrams sent a second time, over another path. */
    public long sentAgain() {
        return sentAgain;
    }

    /** Datagrams that were not the peer's. */
    public long notAuthentic() {
        return notAuthentic;
    }

    /** Datagrams that had come before. */
    public long copies() {
        return copies;
    }

    /** From a path that carries the packets of a flow now; the answers of the other side go the same way. */
    public void prefer(long flow, int path) {
        flows.put(flow, path);
    }

    /**
     * Sends a packet.
     *
     * @param flow       what belongs together
     * @param everywhere over all paths, not one
     * @return false when there is no path
     */
    public boolean send(long flow, byte[] packet, boolean everywhere, long nowNanos) {
        if (paths.isEmpty()) {
            return false;
        }
        lastPacketNanos = nowNanos;
        if (everywhere) {
            // One number for all copies. The path in it is of no use then; the peer knows by which it came.
            byte[] sealed = seal(PACKET_EVERYWHERE, 0xff, packet);
            paths.values().forEach(path -> output.datagram(path.id, sealed));
            return true;
        }
        Path path = paths.get(flows.getOrDefault(flow, -1));
        if (path == null || !path.alive) {
            path = best();
            flows.put(flow, path.id);
        }
        byte[] sealed = seal(PACKET, path.id, packet);
        remember(path, sealed, nowNanos);
        output.datagram(path.id, sealed);
        return true;
    }

    private static void remember(Path path, byte[] sealed, long nowNanos) {
        path.unsure.add(new Unsure(nowNanos, sealed));
        path.unsureBytes += sealed.length;
        while (path.unsureBytes > MAX_UNSURE_BYTES) {
            path.unsureBytes -= path.unsure.remove().sealed.length;
        }
    }

    /** One that works before one that does not, then by rank, then the nearest. */
    private Path best() {
        Path best = null;
        for (Path path : paths.values()) {
            if (best == null || path.alive != best.alive ? path.alive || best == null
                    : path.rank != best.rank ? path.rank < best.rank : path.srttNanos < best.srttNanos) {
                best = path;
            }
        }
        return best;
    }

    private byte[] seal(int what, int path, byte[] rest) {
        byte[] payload = new byte[PREFIX_BYTES + rest.length];
        payload[0] = (byte) what;
        payload[1] = (byte) path;
        System.arraycopy(rest, 0, payload, PREFIX_BYTES, rest.length);
        return keys.seal(session, ++lastNumber, payload, payload.length);
    }

    /**
     * A datagram has come.
     *
     * @param path by which, -1 when only the datagram can tell
     */
    public void received(int path, byte[] datagram, long nowNanos) {
        if (datagram.length < DatagramKeys.HEADER_BYTES + DatagramKeys.TAG_BYTES + PREFIX_BYTES) {
            notAuthentic++;
            return;
        }
        ByteBuffer header = ByteBuffer.wrap(datagram);
        long number = header.getLong(Long.BYTES);
        byte[] payload = header.getLong(0) == session ? keys.open(datagram) : null;
        if (payload == null) {
            notAuthentic++;
            return;
        }
        if (!window.take(number)) {
            copies++;
            return;
        }
        int told = payload[1] & 0xff;
        int by = path >= 0 ? path : told == 0xff ? -1 : told;
        switch (payload[0]) {
            case PACKET, PACKET_EVERYWHERE -> {
                lastPacketNanos = nowNanos;
                output.packet(payload, PREFIX_BYTES, payload.length - PREFIX_BYTES, by, payload[0] == PACKET_EVERYWHERE);
            }
            case PROBE -> {
                output.probed(told);
                answer(told, payload);
            }
            case PROBE_ANSWER -> answered(told, payload, nowNanos);
            default -> {
                // of a later version
            }
        }
    }

    private void answer(int path, byte[] probe) {
        if (probe.length == PREFIX_BYTES + Long.BYTES) {
            byte[] time = new byte[Long.BYTES];
            System.arraycopy(probe, PREFIX_BYTES, time, 0, Long.BYTES);
            output.datagram(path, seal(PROBE_ANSWER, path, time));
        }
    }

    private void answered(int id, byte[] answer, long nowNanos) {
        Path path = paths.get(id);
        if (path == null || answer.length != PREFIX_BYTES + Long.BYTES) {
            return;
        }
        long probeNanos = ByteBuffer.wrap(answer).getLong(PREFIX_BYTES);
        long rttNanos = Math.max(0, nowNanos - probeNanos);
        path.srttNanos = path.srttNanos == 0 ? rttNanos : path.srttNanos - path.srttNanos / 8 + rttNanos / 8;
        if (!path.alive) {
            path.alive = true;
            paths.values().stream().filter(each -> !each.alive || each == path).forEach(each -> sendAgain(each, nowNanos));
        }
        path.waiting = path.lastProbeNanos - probeNanos > 0;
        path.waitingSinceNanos = Math.min(path.lastProbeNanos, probeNanos + PROBE_NANOS);
        while (!path.unsure.isEmpty() && path.unsure.peek().sentNanos <= probeNanos) {
            path.unsureBytes -= path.unsure.remove().sealed.length;
        }
    }

    /** Probes, and finds out which paths have died. */
    public void tick(long nowNanos) {
        boolean idle = nowNanos - lastPacketNanos > IDLE_AFTER_NANOS;
        for (Path path : new ArrayList<>(paths.values())) {
            long patienceNanos = Math.max(LEAST_PATIENCE_NANOS, 3 * path.srttNanos);
            if (path.alive && path.waiting && nowNanos - path.waitingSinceNanos > patienceNanos) {
                path.alive = false;
                sendAgain(path, nowNanos);
            }
            if (!path.probed || nowNanos - path.lastProbeNanos >= (idle && path.alive ? IDLE_PROBE_NANOS : PROBE_NANOS)) {
                path.probed = true;
                path.lastProbeNanos = nowNanos;
                if (!path.waiting) {
                    path.waiting = true;
                    path.waitingSinceNanos = nowNanos;
                }
                output.datagram(path.id, seal(PROBE, path.id, ByteBuffer.allocate(Long.BYTES).putLong(nowNanos).array()));
            }
        }
    }

    /** While there is no path that works it is kept, for the first that does. */
    private void sendAgain(Path dead, long nowNanos) {
        List<Unsure> all = new ArrayList<>(dead.unsure);
        dead.unsure.clear();
        dead.unsureBytes = 0;
        Path other = paths.isEmpty() ? null : best();
        for (Unsure one : other == null ? List.<Unsure>of() : all) {
            if (!other.alive) {
                remember(other, one.sealed, one.sentNanos);
            } else if (nowNanos - one.sentNanos <= MAX_AGE_NANOS) {
                sentAgain++;
                remember(other, one.sealed, nowNanos);
                output.datagram(other.id, one.sealed);
            }
        }
    }
}
