/** The messages of the 0-RTT TCP Convert Protocol (RFC 8803), and how a client proves in them who it is ({@code docs/relay-protocol.md}). */
package io.mptcp.tun.convert;
