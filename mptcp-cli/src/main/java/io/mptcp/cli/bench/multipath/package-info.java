/** {@code mptcp bench multipath}: what two paths are together, with this stack and with the kernel's MPTCP. */
package io.mptcp.cli.bench.multipath;
