/** The sans-I/O engine. Nothing but java.base: no socket, channel, clock or thread. */
module io.mptcp.core {
    exports io.mptcp.wire;
    exports io.mptcp.buffer;
    exports io.mptcp.cc;
    exports io.mptcp.tcp;
    exports io.mptcp.spi;
    exports io.mptcp.stack;

    uses io.mptcp.spi.PacketSchedulerFactory;
}
