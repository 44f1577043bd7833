/** {@code mptcp bench speed}: how fast this stack is beside the kernel's, on a network that is as fast as the machine. */
package io.mptcp.cli.bench.speed;
