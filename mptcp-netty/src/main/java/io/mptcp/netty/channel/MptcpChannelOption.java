package io.mptcp.netty.channel;

import io.netty.channel.ChannelOption;
import java.util.List;

/**
 * Options of {@link MptcpSocketChannel} beside those of any TCP channel. As options of a {@link MptcpServerSocketChannel} they are those of the connections
 * it accepts; what has to be known in the handshake can be set in no other way.
 */
public class MptcpChannelOption<T> extends ChannelOption<T> {
    /** Whether to speak MPTCP; false is plain TCP. Before connecting. Default: the stack's. */
    public static final ChannelOption<Boolean> MPTCP = valueOf(MptcpChannelOption.class, "MPTCP");
    /** Packet scheduler by name, see {@link io.mptcp.scheduler.Schedulers#names}. At any time. Default: the stack's. */
    public static final ChannelOption<String> SCHEDULER = valueOf(MptcpChannelOption.class, "SCHEDULER");
    /** Congestion controller by name: {@code cubic}, {@code newreno}, {@code lia}, {@code olia}, {@code balia}. Before connecting. Default: the stack's. */
    public static final ChannelOption<String> CONGESTION_CONTROL = valueOf(MptcpChannelOption.class, "CONGESTION_CONTROL");
    /** Whether to ask for DSS checksums (RFC 8684 section 3.3.1); they are used when the peer asks, too. Before connecting. Default: the stack's. */
    public static final ChannelOption<Boolean> CHECKSUM = valueOf(MptcpChannelOption.class, "CHECKSUM");
    /**
     * Who decides which subflows there are: {@code kernel}, endpoints and limits; {@code userspace}, the program, by {@link SubflowControl} or
     * {@link io.mptcp.pm.HostPathManager}. Before connecting. Default: the stack's.
     */
    public static final ChannelOption<String> PATH_MANAGER = valueOf(MptcpChannelOption.class, "PATH_MANAGER");
    /** Devices of the paths that may carry it, the others are not used for it, whatever becomes of these. Before connecting. Default: all paths. */
    public static final ChannelOption<List<String>> PATHS = valueOf(MptcpChannelOption.class, "PATHS");
    /** See {@link io.mptcp.tcp.SocketOptions#cork}. At any time, as the following. */
    public static final ChannelOption<Boolean> TCP_CORK = valueOf(MptcpChannelOption.class, "TCP_CORK");
    /** Silence of the peer in seconds before it is probed, if SO_KEEPALIVE is set. */
    public static final ChannelOption<Integer> TCP_KEEPIDLE = valueOf(MptcpChannelOption.class, "TCP_KEEPIDLE");
    /** Time between probes in seconds. */
    public static final ChannelOption<Integer> TCP_KEEPINTVL = valueOf(MptcpChannelOption.class, "TCP_KEEPINTVL");
    /** Unanswered probes after which the peer is given up. */
    public static final ChannelOption<Integer> TCP_KEEPCNT = valueOf(MptcpChannelOption.class, "TCP_KEEPCNT");
    /** Longest time in milliseconds that sent data may stay unacknowledged before the connection is given up (RFC 5482); 0 for the stack's retransmissions. */
    public static final ChannelOption<Integer> TCP_USER_TIMEOUT = valueOf(MptcpChannelOption.class, "TCP_USER_TIMEOUT");
    /** Bound of what is written and cannot be sent yet, in bytes, see {@link io.mptcp.tcp.SocketOptions#notSentLowatBytes}. */
    public static final ChannelOption<Integer> TCP_NOTSENT_LOWAT = valueOf(MptcpChannelOption.class, "TCP_NOTSENT_LOWAT");

    /**
     * With {@link ChannelOption#TCP_FASTOPEN_CONNECT}: data goes with the SYN whether or not there is a cookie, and none is sent or asked for. With
     * {@link ChannelOption#TCP_FASTOPEN}, on a server: data of a SYN is taken from anybody, who may use another's address. Before connecting or binding.
     */
    public static final ChannelOption<Boolean> TCP_FASTOPEN_NO_COOKIE = valueOf(MptcpChannelOption.class, "TCP_FASTOPEN_NO_COOKIE");

    @SuppressWarnings({"unused", "deprecation"})
    protected MptcpChannelOption() {
        super("unused");
    }
}
