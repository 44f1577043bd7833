/** Commands that ask a running {@code mptcp-tun} over its control socket. */
package io.mptcp.cli.control;
