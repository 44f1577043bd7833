/** Sockets in virtual time over one stack: blocking calls, options and errors as Linux has them, IP packets in and out. No real socket, clock or thread. */
package io.mptcp.sim.socket;
