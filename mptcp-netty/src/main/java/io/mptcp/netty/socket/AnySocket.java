package io.mptcp.netty.socket;

import io.mptcp.wire.IpEndpoint;
import java.io.IOException;
import java.net.SocketOption;

/** What a socket that connects and one that listens have in common. */
interface AnySocket {
    /** Null before there is one. */
    IpEndpoint local();

    /** An option of {@link SocketSettings#CLIENT}, or of {@link SocketSettings#SERVER}, except SO_TIMEOUT and SO_REUSEADDR; type and value have been checked. */
    <T> void setOption(SocketOption<T> option, T value) throws IOException;

    <T> T getOption(SocketOption<T> option) throws IOException;

    /** Ends it, and whatever call is under way. */
    void close() throws IOException;
}
