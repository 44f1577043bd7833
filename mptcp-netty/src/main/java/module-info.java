/** Multipath TCP on Netty event loops: links, driver, the assembly of both, Netty channels and {@code java.net} sockets. */
module io.mptcp.netty {
    requires transitive io.mptcp.core;
    requires transitive io.mptcp.pm;
    requires io.mptcp.scheduler;
    requires transitive io.netty.buffer;
    requires transitive io.netty.common;
    requires transitive io.netty.transport;
    requires io.netty.transport.classes.epoll;
    requires io.netty.transport.unix.common;
    requires jdk.net;
    requires org.slf4j;
    requires static transitive micrometer.core;

    exports io.mptcp.netty;
    exports io.mptcp.netty.channel;
    exports io.mptcp.netty.host;
    exports io.mptcp.netty.linux;
    exports io.mptcp.netty.metrics;
    exports io.mptcp.netty.socket;
}
