/**
 * The stack on this host: paths as they are written in a configuration, made into links, with the engine and the driver over them. Daemon, commands
 * and library all begin here.
 */
package io.mptcp.netty.host;
