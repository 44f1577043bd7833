/** Datagrams that are carried beside connections: packets made and taken apart, and sent on as a NAT would. */
package io.mptcp.tun.datagram;
