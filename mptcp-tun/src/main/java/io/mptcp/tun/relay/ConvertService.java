package io.mptcp.tun.relay;

import io.mptcp.netty.channel.MptcpSocketChannel;
import io.mptcp.netty.linux.KernelStreamSocket;
import io.mptcp.netty.linux.LinuxException;
import io.mptcp.tun.convert.ConnectTlv;
import io.mptcp.tun.convert.Tlv;
import io.mptcp.wire.IpAddress;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.epoll.EpollTcpInfo;
import io.netty.channel.socket.SocketChannel;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What the clients of one {@link ConvertListen} share: cookies, bounds, and which TCP options can be asked for. */
final class ConvertService {
    static final int SOL_TCP = 6;
    static final int TCP_FASTOPEN = 23;
    static final int TCP_FASTOPEN_NO_COOKIE = 34;

    private static final int KIND_WINDOW_SCALE = 3;
    private static final int KIND_SACK_PERMITTED = 4;
    private static final int KIND_TIMESTAMPS = 8;
    private static final int KIND_MPTCP = 30;
    /** Of struct tcp_info (include/uapi/linux/tcp.h): the state, and what the SYN and its answer have agreed on. */
    private static final int TCP_SYN_RECV = 3;
    private static final int TCP_CLOSE = 7;
    private static final int TCPI_OPT_SACK = 2;
    private static final int TCPI_OPT_WSCALE = 4;
    /** Bit of net.ipv4.tcp_fastopen: data of SYNs is taken. */
    private static final int TFO_SERVER_ENABLE = 2;
    private static final Path SYSCTLS = Path.of("/proc/sys/net/ipv4");

    private final ConvertListen config;
    private final AddressCookies cookies;
    private final ErrorBudget errorsToAnybody = new ErrorBudget();
    /** What is sent in a client's name by others uses up nothing of this. */
    private final ErrorBudget errorsToThoseWhoAnswer = new ErrorBudget();
    private final List<Integer> kinds;
    private final Map<IpAddress, Integer> connections = new HashMap<>();

    ConvertService(ConvertListen config) {
        this.config = config;
        this.cookies = config.cookies() ? new AddressCookies(config.secretBytes()) : null;
        this.kinds = supportedKinds(config.mptcp());
    }

    ConvertListen config() {
        return config;
    }

    /** Null where none are wanted. */
    AddressCookies cookies() {
        return cookies;
    }

    /** @param answered {@link #hasAnswered} */
    ErrorBudget errors(boolean answered) {
        return answered ? errorsToThoseWhoAnswer : errorsToAnybody;
    }

    // ---- bounds ----

    /** @return whether there is room for one more; then {@link #left} has to be called for it */
    synchronized boolean enters(IpAddress client) {
        return connections.merge(HalfOpen.client(client), 1, Integer::sum) <= config.connections() || left(client);
    }

    /** @return false */
    synchronized boolean left(IpAddress client) {
        connections.computeIfPresent(HalfOpen.client(client), (_, count) -> count == 1 ? null : count - 1);
        return false;
    }

    // ---- Fast Open of the kernel ----

    /**
     * Lets a socket take data of SYNs from anybody: of cookies there are those of Convert (RFC 8803 section 4.2).
     *
     * @param pending connections that may be unproven at a time
     * @throws LinuxException with one line when this kernel, or a setting of this host, does not let it
     */
    static void openFast(KernelStreamSocket socket, int pending) throws LinuxException {
        if ((sysctl("tcp_fastopen", 0) & TFO_SERVER_ENABLE) == 0) {
            throw LinuxException.explained("the kernel takes no data with SYNs: run sysctl net.ipv4.tcp_fastopen=3", 0);
        }
        socket.setOption(SOL_TCP, TCP_FASTOPEN, pending);
        socket.setOption(SOL_TCP, TCP_FASTOPEN_NO_COOKIE, 1);
    }

    /** Whether it has answered the SYN/ACK, and not by a reset: until then whoever has sent its SYN may have forged its address. */
    static boolean hasAnswered(SocketChannel client) {
        return switch (client) {
            case EpollSocketChannel kernel -> {
                int state = kernel.tcpInfo().state();
                yield state != TCP_SYN_RECV && state != TCP_CLOSE;
            }
            case MptcpSocketChannel ours -> ours.connection().subflows().stream().noneMatch(subflow -> subflow.initial() && subflow.state().equals("SYN_RECV"));
            default -> true;
        };
    }

    /**
     * Whether what is written now is sent. Of a connection of the kernel's Multipath TCP that was opened by a SYN with data it is not before the client has
     * answered the SYN/ACK, and then (Linux 6.18) not until something more is written.
     */
    static boolean mayWrite(SocketChannel client) {
        return !(client instanceof EpollSocketChannel kernel) || hasAnswered(kernel) || KernelStreamSocket.info(kernel.fd().intValue()) == null;
    }

    private static int sysctl(String name, int unknown) {
        try {
            return Integer.parseInt(Files.readString(SYSCTLS.resolve(name)).strip());
        } catch (IOException | NumberFormatException _) {
            return unknown;
        }
    }

    // ---- TCP options ----

    /** Those of the SYNs to destinations; MSS and window scale are not to be told (sections 7.1 and 7.2). */
    private static List<Integer> supportedKinds(boolean mptcp) {
        List<Integer> kinds = new ArrayList<>();
        if (sysctl("tcp_sack", 0) != 0) {
            kinds.add(KIND_SACK_PERMITTED);
        }
        if (sysctl("tcp_timestamps", 0) != 0) {
            kinds.add(KIND_TIMESTAMPS);
        }
        if (mptcp) {
            kinds.add(KIND_MPTCP);
        }
        return List.copyOf(kinds);
    }

    /** The answer to an Info TLV (section 6.2.4). */
    Tlv supported() {
        byte[] value = new byte[2 + kinds.size()];
        for (int i = 0; i < kinds.size(); i++) {
            value[2 + i] = kinds.get(i).byteValue();
        }
        return new Tlv(Tlv.SUPPORTED_TCP_EXTENSIONS, value);
    }

    boolean asksForMptcp() {
        return kinds.contains(KIND_MPTCP);
    }

    /** Those that cannot be had: other kinds, and any with a value, which the kernel does not let a program choose. */
    List<ConnectTlv.Option> unsupported(List<ConnectTlv.Option> options) {
        return options.stream().filter(option -> option.value().length > 0 || !kinds.contains(option.kind())).toList();
    }

    /**
     * What is known of the options of a destination's SYN/ACK (section 6.2.6): window scale and SACK as they were. Of Multipath TCP that it was there, without
     * the key. MSS, and the values of timestamps, the kernel does not tell.
     */
    Tlv extendedTcpHeader(SocketChannel destination) {
        ByteArrayOutputStream value = new ByteArrayOutputStream();
        value.writeBytes(new byte[2]);
        if (destination instanceof EpollSocketChannel kernel && kernel.isOpen()) {
            EpollTcpInfo info = kernel.tcpInfo();
            if ((info.options() & TCPI_OPT_SACK) != 0) {
                value.writeBytes(new byte[] {KIND_SACK_PERMITTED, 2});
            }
            if ((info.options() & TCPI_OPT_WSCALE) != 0) {
                value.writeBytes(new byte[] {KIND_WINDOW_SCALE, 3, (byte) info.sndWscale()});
            }
            if (asksForMptcp() && KernelStreamSocket.info(kernel.fd().intValue()) != null) {
                value.writeBytes(new byte[] {KIND_MPTCP, 2});
            }
        }
        return new Tlv(Tlv.EXTENDED_TCP_HEADER, value.toByteArray());
    }
}
