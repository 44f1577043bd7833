/**
 * Multipath TCP as {@link java.net.Socket} and {@link java.net.ServerSocket}, for code that blocks: streams, timeouts, half-close and asynchronous close
 * as the JDK's own sockets have them. No thread is needed for a connection.
 */
package io.mptcp.netty.socket;
