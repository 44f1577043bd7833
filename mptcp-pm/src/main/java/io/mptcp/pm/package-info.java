/** Path managers: which subflows a connection has. Each instance serves one connection; events and commands are those of {@code io.mptcp.spi}. */
package io.mptcp.pm;
