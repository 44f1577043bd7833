/** {@code mptcp bench failover}: what an application sees when one of two equal paths dies, with this stack and with the kernel's MPTCP. */
package io.mptcp.cli.bench.failover;
