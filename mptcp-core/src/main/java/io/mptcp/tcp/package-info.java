/**
 * TCP (RFC 9293) that knows no MPTCP: it talks up through one interface, {@link io.mptcp.tcp.UpperLayer}. Sequence numbers are
 * 64-bit and relative to the initial sequence number (SYN = 0, first byte = 1), so plain comparison is right; only the wire has 32 bits.
 */
package io.mptcp.tcp;
