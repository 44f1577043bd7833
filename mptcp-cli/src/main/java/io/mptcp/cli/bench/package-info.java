/** {@code mptcp bench}: this stack's TCP measured against the kernel's over the same emulated paths, in the same run. */
package io.mptcp.cli.bench;
