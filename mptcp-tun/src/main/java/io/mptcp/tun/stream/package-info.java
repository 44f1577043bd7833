/** Streams over Netty channels, with or without TLS: their ends, and two of them joined. */
package io.mptcp.tun.stream;
