/**
 * The far end of a client's connections: takes them by Multipath TCP and carries them on to where they want to go, as plain TCP.
 * {@link io.mptcp.tun.relay.RelayDaemon} is the whole; {@code docs/relay-protocol.md} has what client and relay say to each other.
 */
package io.mptcp.tun.relay;
