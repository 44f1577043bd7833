/**
 * The {@code mptcp-tun} daemon: a TUN device whose TCP connections are ended here and carried on as Multipath TCP over the configured paths.
 * {@link io.mptcp.tun.TunDaemon} is the whole, {@link io.mptcp.netty.host.Uplinks} the part that other programs share.
 */
package io.mptcp.tun;
