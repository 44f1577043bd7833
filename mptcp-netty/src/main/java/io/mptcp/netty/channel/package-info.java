/**
 * Netty channels over this stack: {@link io.mptcp.netty.channel.MptcpSocketChannel} and {@link io.mptcp.netty.channel.MptcpServerSocketChannel} take the
 * place of Netty's own TCP channels in {@code Bootstrap} and {@code ServerBootstrap}.
 */
package io.mptcp.netty.channel;
