package io.mptcp.tun;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.mptcp.netty.TunLink;
import io.mptcp.netty.host.CountingLink;
import io.mptcp.netty.host.PathSpec;
import io.mptcp.netty.host.Uplinks;
import io.mptcp.pm.PathRole;
import io.mptcp.stack.CloseReason;
import io.mptcp.tun.convert.ConvertException;
import io.mptcp.tun.convert.DatagramsTlv;
import io.mptcp.tun.convert.Tlv;
import io.mptcp.tun.datagram.DatagramKeys;
import io.mptcp.tun.datagram.DatagramTunnel;
import io.mptcp.tun.datagram.FlowIds;
import io.mptcp.tun.datagram.PacketBuilder;
import io.mptcp.tun.datagram.PathSocket;
import io.mptcp.tun.datagram.UdpNat;
import io.mptcp.tun.stream.ClosesAtEnd;
import io.mptcp.tun.stream.Tls;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import io.netty.handler.ssl.SslHandler;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * The client's end of a session of datagrams with a relay: a connection to it, from whose TLS the keys come, and a UDP socket on each path. When it ends it is begun again.
 * On the loop.
 */
final class RelayTunnel implements DatagramTunnel.Output, AutoCloseable {
    private static final long DIAL_MILLIS = 20_000;
    private static final long AGAIN_SECONDS = 1;
    private static final long PATHS_MILLIS = 200;

    private final FlowRouting routing;
    private final Uplinks uplinks;
    private final TunLink device;
    private final UdpSettings settings;
    private final MemorySegment scratch = Arena.ofAuto().allocate(PacketBuilder.HEADROOM_BYTES + 0x10000);
    private final Map<Integer, PathSocket> sockets = new HashMap<>();
    private final Future<?> ticks;
    private final Future<?> pathChecks;
    private Runnable cancelDial;
    private RelayStream control;
    private IpEndpoint server;
    /** Null while there is no session. */
    private DatagramTunnel tunnel;
    private boolean closed;
    private long sent;
    private long received;

    RelayTunnel(FlowRouting routing, TunLink device, UdpSettings settings) {
        this.routing = routing;
        this.uplinks = routing.uplinks();
        this.device = device;
        this.settings = settings;
        ticks = uplinks.loop().scheduleAtFixedRate(this::tick, DatagramTunnel.TICK_NANOS, DatagramTunnel.TICK_NANOS, TimeUnit.NANOSECONDS);
        pathChecks = uplinks.loop().scheduleAtFixedRate(this::checkPaths, PATHS_MILLIS, PATHS_MILLIS, TimeUnit.MILLISECONDS);
        dial();
    }

    private long now() {
        return uplinks.loop().ticker().nanoTime();
    }

    private void dial() {
        if (closed) {
            return;
        }
        cancelDial = routing.dialer().dialDatagrams(settings.relay(), DIAL_MILLIS, new RelayDialer.Listener() {
            @Override
            public void connected(RelayStream stream) {
                begin(stream);
            }

            @Override
            public void failed(CloseReason reason) {
                dialAgain();
            }
        })::cancel;
    }

    private void dialAgain() {
        uplinks.loop().schedule(this::dial, AGAIN_SECONDS, TimeUnit.SECONDS);
    }

    private void begin(RelayStream stream) {
        control = stream;
        stream.channel().closeFuture().addListener(_ -> end());
        try {
            DatagramsTlv.Answer answer = DatagramsTlv.read(stream.answer().find(Tlv.DATAGRAMS));
            SslHandler tls = stream.channel().pipeline().get(SslHandler.class);
            DatagramKeys keys = new DatagramKeys(Tls.exported(tls, DatagramKeys.CLIENT_LABEL, DatagramKeys.EXPORTED_BYTES),
                    Tls.exported(tls, DatagramKeys.RELAY_LABEL, DatagramKeys.EXPORTED_BYTES));
            IpAddress connected = IpAddress.of(stream.channel().remoteAddress().getAddress().getAddress());
            server = new IpEndpoint(answer.address() == null ? connected : answer.address(), answer.port());
            tunnel = new DatagramTunnel(answer.session(), keys, this);
            checkPaths();
            stream.attach(new ClosesAtEnd());
        } catch (ConvertException e) {
            routing.dialer().problem(settings.relay(), "datagrams: " + e.getMessage());
            stream.channel().close();
        }
    }

    private void end() {
        tunnel = null;
        control = null;
        sockets.values().forEach(PathSocket::close);
        sockets.clear();
        if (!closed) {
            dialAgain();
        }
    }

    /** Paths come and go, and may change their addresses. */
    private void checkPaths() {
        if (tunnel == null) {
            return;
        }
        Map<Integer, PathSocket> gone = new HashMap<>(sockets);
        for (CountingLink link : uplinks.links()) {
            String kind = uplinks.kind(link.id());
            boolean usable = (kind.equals(PathSpec.Kind.PACKET.toString()) || kind.equals(PathSpec.Kind.RAW.toString()))
                    && uplinks.pathManager().role(link.id()) != PathRole.OFF && link.isUp();
            IpAddress local = usable ? link.localAddressFor(server.address()) : null;
            PathSocket socket = sockets.get(link.id());
            if (local != null && socket != null && socket.local().equals(local)) {
                gone.remove(link.id());
            } else if (local != null && socket == null) {
                int id = link.id();
                sockets.put(id, PathSocket.open(uplinks.loop(), link.name(), local, server, datagram -> arrived(id, datagram)));
                tunnel.addPath(id, uplinks.pathManager().role(id) == PathRole.BACKUP ? 1 : 0);
            }
        }
        gone.forEach((id, socket) -> {
            socket.close();
            sockets.remove(id);
            tunnel.removePath(id, now());
        });
    }

    private void arrived(int path, byte[] datagram) {
        if (tunnel != null) {
            tunnel.received(path, datagram, now());
        }
    }

    private void tick() {
        if (tunnel != null) {
            tunnel.tick(now());
        }
    }

    /** @return false for what it cannot carry, or not now */
    boolean packet(MemorySegment buffer, int offset, int length) {
        if (tunnel == null) {
            return false;
        }
        byte[] packet = buffer.asSlice(offset, length).toArray(JAVA_BYTE);
        if (!FlowIds.isUdp(packet) || !tunnel.send(FlowIds.of(packet, false), packet, settings.isDuplicated(FlowIds.destinationPort(packet)), now())) {
            return false;
        }
        sent++;
        return true;
    }

    @Override
    public void datagram(int path, byte[] sealed) {
        PathSocket socket = sockets.get(path);
        if (socket != null) {
            socket.send(sealed);
        }
    }

    @Override
    public void probed(int path) {
        // Its other end is the relay's one port.
    }

    @Override
    public void packet(byte[] buffer, int offset, int length, int path, boolean everywhere) {
        MemorySegment.copy(buffer, offset, scratch, JAVA_BYTE, PacketBuilder.HEADROOM_BYTES, length);
        if (device.inject(scratch, PacketBuilder.HEADROOM_BYTES, length)) {
            received++;
        }
    }

    UdpNat.Counts addTo(UdpNat.Counts other) {
        return new UdpNat.Counts(other.flows(), other.sent() + sent, other.received() + received, other.refused(), other.dropped());
    }

    @Override
    public void close() {
        closed = true;
        ticks.cancel(false);
        pathChecks.cancel(false);
        cancelDial.run();
        if (control != null) {
            control.channel().close();
        }
    }
}
