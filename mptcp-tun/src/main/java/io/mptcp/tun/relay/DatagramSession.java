package io.mptcp.tun.relay;

import io.mptcp.tun.datagram.DatagramKeys;
import io.mptcp.tun.datagram.DatagramTunnel;
import io.mptcp.tun.datagram.FlowIds;
import io.mptcp.tun.datagram.UdpNat;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** One client's session: what it sends goes on as from a NAT, where the egress list allows it; answers go back by the paths that the packets came by. On the loop. */
final class DatagramSession implements DatagramTunnel.Output, AutoCloseable {
    private static final UdpNat.Way AS_ROUTED = new UdpNat.Way(null, null);
    static final int MAX_FLOWS = 1024;
    private static final int MAX_PATHS = 64;
    /** Clients send a probe every ten seconds at least. */
    private static final long SILENCE_NANOS = TimeUnit.SECONDS.toNanos(45);

    private final RelayDatagrams owner;
    private final RelayUser user;
    private final DatagramTunnel tunnel;
    private final UdpNat nat;
    private final Runnable silent;
    private final Map<Integer, InetSocketAddress> addresses = new HashMap<>();
    private final Map<Long, Boolean> everywhereByFlow = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Long, Boolean> eldest) {
            return size() > MAX_FLOWS;
        }
    };
    private final MemorySegment scratch = Arena.ofAuto().allocate(0x10000);
    private InetSocketAddress sender;
    private long lastHeardNanos;
    private boolean over;

    DatagramSession(RelayDatagrams owner, long id, DatagramKeys keys, RelayUser user, Runnable silent) {
        this.owner = owner;
        this.user = user;
        this.silent = silent;
        this.tunnel = new DatagramTunnel(id, keys, this);
        this.nat = new UdpNat(owner.loop(), MAX_FLOWS, destination -> owner.egress().allows(destination) ? AS_ROUTED : null, this::toClient);
        this.lastHeardNanos = now();
    }

    private long now() {
        return owner.loop().ticker().nanoTime();
    }

    void received(InetSocketAddress from, byte[] datagram) {
        sender = from;
        int path = -1;
        for (Map.Entry<Integer, InetSocketAddress> known : addresses.entrySet()) {
            path = known.getValue().equals(from) ? known.getKey() : path;
        }
        tunnel.received(path, datagram, now());
    }

    @Override
    public void datagram(int path, byte[] sealed) {
        InetSocketAddress to = addresses.get(path);
        if (to != null) {
            owner.send(sealed, to);
        }
    }

    /** A NAT on the way may give a path another address at any time: its next probe tells. */
    @Override
    public void probed(int path) {
        lastHeardNanos = now();
        if (path < MAX_PATHS) {
            addresses.values().removeIf(sender::equals);
            addresses.put(path, sender);
            tunnel.addPath(path, 0);
        }
    }

    @Override
    public void packet(byte[] buffer, int offset, int length, int path, boolean everywhere) {
        byte[] packet = Arrays.copyOfRange(buffer, offset, offset + length);
        if (!FlowIds.isUdp(packet) || !user.carryDatagram(RelayUser.Way.TO_DESTINATION, length, now())) {
            return;
        }
        long flow = FlowIds.of(packet, false);
        everywhereByFlow.put(flow, everywhere);
        if (path >= 0) {
            tunnel.prefer(flow, path);
        }
        MemorySegment.copy(packet, 0, scratch, ValueLayout.JAVA_BYTE, 0, length);
        nat.packet(scratch, 0, length);
    }

    private boolean toClient(MemorySegment buffer, int offset, int length) {
        if (!user.carryDatagram(RelayUser.Way.TO_CLIENT, length, now())) {
            return false;
        }
        byte[] packet = buffer.asSlice(offset, length).toArray(ValueLayout.JAVA_BYTE);
        long flow = FlowIds.isUdp(packet) ? FlowIds.of(packet, true) : 0;
        return tunnel.send(flow, packet, everywhereByFlow.getOrDefault(flow, false), now());
    }

    void tick(long nowNanos) {
        tunnel.tick(nowNanos);
        if (nowNanos - lastHeardNanos > SILENCE_NANOS && !over) {
            over = true;
            silent.run();
        }
    }

    @Override
    public void close() {
        nat.close();
    }
}
