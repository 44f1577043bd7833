/** A small HTTP service over UNIX and TCP sockets: what the control socket, the metrics and the dashboard have in common. */
package io.mptcp.tun.http;
